import { add, COST, operation, read, write } from '../operation.js'

const YEO_JOHNSON = COST.tanh + 3 * COST.exp + COST.log + 55

const derivatives = { slope: write('rows'), bend: write('rows'), fRaw: write('rows'), gRaw: write('rows') }

export const yeoJohnson = operation(
  'yeoJohnson',
  ['rows'],
  { raw: read('rows'), x: read('rows'), z: write('rows'), logDet: add('rows'), ...derivatives },
  {
    formula:
      'z = ((1 + x)^λ − 1)/λ where x ≥ 0, else −((1 − x)^(2 − λ) − 1)/(2 − λ), λ = 2σ(raw), logDet += (λ − 1)·sign(x)·ln(1 + |x|); ' +
      'powers go on by their tangents beyond e^40; z may be x',
    cost: ({ rows }) => YEO_JOHNSON * rows,
  },
)

export const yeoJohnsonInverse = operation(
  'yeoJohnsonInverse',
  ['rows'],
  { raw: read('rows'), z: read('rows'), x: write('rows'), logDet: add('rows'), ...derivatives },
  {
    formula:
      'x = (1 + λz)^(1/λ) − 1 where z ≥ 0, else 1 − (1 − (2 − λ)z)^(1/(2 − λ)), λ = 2σ(raw), logDet −= (λ − 1)·sign(x)·ln(1 + |x|); ' +
      'x may be z',
    cost: ({ rows }) => YEO_JOHNSON * rows,
  },
)

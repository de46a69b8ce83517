import { add, COST, operation, read, write } from '../operation.js'

// Onto (−1, 1) and (0, 1). What rounds to an end of the interval, or below the smallest normal number, is held inside.

export const hyperbolicTangent = operation(
  'hyperbolicTangent',
  ['rows'],
  { x: read('rows'), z: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'z = tanh x, logDet += 2(ln 2 − x − softplus(−2x)), slope = 1 − z², bend = −2z; z may be x',
    cost: ({ rows }) => (COST.tanh + COST.exp + COST.log + 12) * rows,
  },
)

export const hyperbolicTangentInverse = operation(
  'hyperbolicTangentInverse',
  ['rows'],
  { z: read('rows'), x: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'x = atanh z, logDet −= ln(1 − z²); logDet = −∞, slope = 1, bend = 0 where |z| ≥ 1; x may be z',
    cost: ({ rows }) => (2 * COST.log + 10) * rows,
  },
)

export const logistic = operation(
  'logistic',
  ['rows'],
  { x: read('rows'), z: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'z = σ(x), logDet −= softplus(x) + softplus(−x), slope = z(1 − z), bend = 1 − 2z; z may be x',
    cost: ({ rows }) => (COST.tanh + COST.exp + COST.log + 8) * rows,
  },
)

export const logisticInverse = operation(
  'logisticInverse',
  ['rows'],
  { z: read('rows'), x: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula:
      'x = ln(z/(1 − z)), logDet −= ln z(1 − z); logDet = −∞, slope = 1, bend = 0 where z ≤ 0 or z ≥ 1; x may be z',
    cost: ({ rows }) => (2 * COST.log + 8) * rows,
  },
)

export const softsign = operation(
  'softsign',
  ['rows'],
  { x: read('rows'), z: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'r = 1/(1 + |x|), z = x·r, logDet −= 2 ln(1 + |x|), slope = r², bend = −2r·sign x, 0 at 0; z may be x',
    cost: ({ rows }) => (COST.log + 10) * rows,
  },
)

export const softsignInverse = operation(
  'softsignInverse',
  ['rows'],
  { z: read('rows'), x: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula:
      'r = 1 − |z|, x = z/r, logDet −= 2 ln r, slope = r², bend = −2r·sign z, 0 at 0; logDet = −∞, slope = 1, bend = 0 where |z| ≥ 1; x may be z',
    cost: ({ rows }) => (COST.log + 12) * rows,
  },
)

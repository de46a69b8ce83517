import { add, COST, operation, read, write } from '../operation.js'

/** asinh and expm1, two logarithms of sums, and the quotients. */
const SINH_ARCSINH = 2 * COST.exp + 3 * COST.log + 40

const derivatives = {
  slope: write('rows'),
  bend: write('rows'),
  fSkew: write('rows'),
  gSkew: write('rows'),
  fRaw: write('rows'),
  gRaw: write('rows'),
}

export const sinhArcsinh = operation(
  'sinhArcsinh',
  ['rows'],
  { skew: read('rows'), raw: read('rows'), x: read('rows'), z: write('rows'), logDet: add('rows'), ...derivatives },
  {
    formula: 'z = sinh(e^raw·asinh x + skew), logDet += ln ∂z/∂x; sinh goes on by its tangents beyond ±20; z may be x',
    cost: ({ rows }) => SINH_ARCSINH * rows,
  },
)

export const sinhArcsinhInverse = operation(
  'sinhArcsinhInverse',
  ['rows'],
  { skew: read('rows'), raw: read('rows'), z: read('rows'), x: write('rows'), logDet: add('rows'), ...derivatives },
  {
    formula: 'x = sinh((asinh z − skew)/e^raw), logDet −= ln ∂z/∂x; x may be z',
    cost: ({ rows }) => SINH_ARCSINH * rows,
  },
)

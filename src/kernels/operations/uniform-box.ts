import { COST, operation, read, write } from '../operation.js'

export const uniformBox = operation(
  'uniformBox',
  ['dim', 'rows'],
  { z: read('dim', 'rows'), low: read('dim'), high: read('dim'), logDet: read('rows'), logProb: write('rows') },
  {
    formula: 'logProb = logDet − Σⱼ ln(high[j] − low[j]) where low ≤ z ≤ high in every coordinate, else −∞',
    cost: ({ dim, rows }) => dim * (2 * rows + COST.log),
  },
)

export const uniformBoxInverse = operation(
  'uniformBoxInverse',
  ['dim', 'rows'],
  { uniforms: read('dim', 'rows'), low: read('dim'), high: read('dim'), z: write('dim', 'rows') },
  { formula: 'z = low + uniforms·(high − low), at most high', cost: ({ dim, rows }) => 3 * dim * rows },
)

import { operation, read, write } from '../operation.js'

export const gaussian = operation(
  'gaussian',
  ['dim', 'rows'],
  { z: read('dim', 'rows'), logDet: read('rows'), logProb: write('rows') },
  {
    formula: 'logProb[t] = logDet[t] − ½ Σⱼ z[j, t]² − (dim/2)·ln 2π',
    cost: ({ dim, rows }) => (2 * dim + 3) * rows,
  },
)

export const gaussianBackward = operation(
  'gaussianBackward',
  ['dim', 'rows'],
  { z: read('dim', 'rows'), dLogProb: read('rows'), dz: write('dim', 'rows') },
  {
    formula: 'dz[j, t] = −z[j, t]·dLogProb[t], and exactly 0 where dLogProb[t] is 0 whatever z is',
    cost: ({ dim, rows }) => dim * rows,
  },
)

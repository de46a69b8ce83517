import { bounded, type OperationCase, ulps } from '../case.js'
import { blank, normals, TILES } from '../inputs.js'

const HALF_LN_2PI = Math.log(2 * Math.PI) / 2

export const gaussianCases: readonly OperationCase[] = [
  {
    kernel: 'gaussian',
    sizes: TILES,
    arrays: (dim, rows) => ({ z: normals(dim * rows, 61, 2), logDet: normals(rows, 62), logProb: blank(rows) }),
    outputs: (dim, rows) => ({
      // A square and dim − 1 additions, the constant, and the two differences.
      logProb: bounded('(dim + 3)·ε·(|logDet| + ½Σz² + (dim/2) ln 2π)', dim + 3, (t, { before }) => {
        let sum = Math.abs(before.logDet[t]) + dim * HALF_LN_2PI
        for (let j = 0; j < dim; j++) sum += before.z[j * rows + t] ** 2 / 2
        return sum
      }),
    }),
  },
  {
    kernel: 'gaussianBackward',
    sizes: TILES,
    arrays: (dim, rows) => ({
      z: normals(dim * rows, 63, 2),
      dLogProb: normals(rows, 64).map((d, t) => (t % 3 === 1 ? 0 : d)),
      dz: blank(dim * rows),
    }),
    outputs: () => ({ dz: ulps('dz', 0.5) }),
  },
]

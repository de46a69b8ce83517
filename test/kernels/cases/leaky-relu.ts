import { bounded, type OperationCase, type Outcome, ulps } from '../case.js'
import { EXP_ULP } from '../claims.js'
import { blank, normals, normalsWithEdges, TILES } from '../inputs.js'

/** Slopes of 0.14, 1 and 3.7. */
const RAWS = [-2, 0, 1.3]

/** [dim, rows, raw] */
const sizes = RAWS.flatMap((raw) => TILES.map((tile) => [...tile, raw]))

/** The slope is within EXP_ULP ulp, so 2·EXP_ULP·ε, and the product rounds once more. */
const SLOPE_ULP = 2 * EXP_ULP + 1

/** Forward or inverse: `from` to `to`, with the log-det. */
function direction(kernel: 'leakyReLU' | 'leakyReLUInverse', from: string, to: string): OperationCase {
  return {
    kernel,
    sizes,
    arrays: (dim, rows, raw) => ({
      raw: new Float32Array([raw]),
      [from]: normalsWithEdges(dim * rows, 31),
      [to]: blank(dim * rows),
      logDet: normals(rows, 32),
    }),
    outputs: (dim, _, raw) => ({
      [to]: ulps(to, SLOPE_ULP),
      logDet: bounded(
        'dim·ε·(|logDet| + dim·|raw|)',
        dim,
        (t, { before }) => Math.abs(before.logDet[t]) + dim * Math.abs(raw),
      ),
    }),
  }
}

/** A backward pass: `out` is the output of its direction, dOut and dIn the gradients. */
function backward(
  kernel: 'leakyReLUBackward' | 'leakyReLUInverseBackward',
  out: string,
  dOut: string,
  dIn: string,
): OperationCase {
  const magnitude = (_: number, { size: [dim, rows], before }: Outcome) => {
    let sum = Math.abs(before.dRaw[0])
    for (let i = 0; i < dim * rows; i++) {
      if (!(before[out][i] > 0)) sum += Math.abs(before[dOut][i] * before[out][i]) + Math.abs(before.dLogDet[i % rows])
    }
    return sum
  }
  return {
    kernel,
    sizes,
    arrays: (dim, rows, raw) => ({
      raw: new Float32Array([raw]),
      [out]: normalsWithEdges(dim * rows, 33),
      [dOut]: normals(dim * rows, 34),
      dLogDet: normals(rows, 35),
      [dIn]: blank(dim * rows),
      dRaw: normals(1, 36),
    }),
    outputs: (dim, rows) => ({
      [dIn]: ulps(dIn, SLOPE_ULP),
      // Of each term the product and the sum with dLogDet round, then n − 1 additions and the one to dRaw.
      dRaw: bounded('(n + 2)·ε·(|dRaw| + Σ|terms|), n = dim·rows', dim * rows + 2, magnitude),
    }),
  }
}

export const leakyReLUCases: readonly OperationCase[] = [
  direction('leakyReLU', 'x', 'z'),
  direction('leakyReLUInverse', 'z', 'x'),
  backward('leakyReLUBackward', 'z', 'dz', 'dx'),
  backward('leakyReLUInverseBackward', 'x', 'dx', 'dz'),
]

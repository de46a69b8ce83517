import type { Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'

/** Addresses a run of base draws: rows firstRow, firstRow + 1, … of the sample with this seed. */
export interface BaseDraw {
  keyLow: number
  keyHigh: number
  firstRow: number
  purpose: number
}

/** What a flow maps its data onto. */
export interface Base {
  readonly type: string
  readonly dim: number
  /** logProb[t] = logDet[t] + log p(z[·, t]); z [dim, rows] */
  logProb(kernels: Kernels, rows: number, z: Offset, logDet: Offset, logProb: Offset): void
  /** dz = ∂log p/∂z · dLogProb; the gradient with respect to logDet is dLogProb itself. */
  logProbBackward(kernels: Kernels, rows: number, z: Offset, dLogProb: Offset, dz: Offset): void
  /** z ~ p, row by row addressed by the draw's seed and row number alone. */
  sample(kernels: Kernels, rows: number, draw: BaseDraw, z: Offset): void
}

const TWO_POW_32 = 4294967296

/** N(0, I): log p(z) = −½‖z‖² − (dim/2) ln 2π, in nats. */
export function standardNormal(dim: number): Base {
  return {
    type: 'standardNormal',
    dim,
    logProb(kernels, rows, z, logDet, logProb) {
      kernels.gaussian(dim, rows, z, logDet, logProb)
    },
    /** dz = −z · dLogProb */
    logProbBackward(kernels, rows, z, dLogProb, dz) {
      kernels.gaussianBackward(dim, rows, z, dLogProb, dz)
    },
    sample(kernels, rows, { keyLow, keyHigh, firstRow, purpose }, z) {
      const high = Math.floor(firstRow / TWO_POW_32)
      kernels.normal(dim, rows, keyLow, keyHigh, firstRow % TWO_POW_32, high, purpose, z)
    },
  }
}

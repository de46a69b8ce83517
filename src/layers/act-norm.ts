import * as v from 'valibot'
import {
  actNormBackward,
  actNormInverse,
  actNormInverseBackward,
  actNorm as normalise,
} from '../kernels/operations/act-norm.js'
import type { Values } from '../nets/parameters.js'
import { checkSpec } from '../options.js'
import { ln } from '../random/elementary.js'
import type { Layer, LayerSpec } from './layer.js'

/**
 * Log-scales count as far as this: e^30 ≈ 10¹³ leaves float32 room on both sides, and a standardised column never needs
 * it. Beyond it a log-scale has no gradient, and weight decay alone brings it back.
 */
const LARGEST_LOG_SCALE = 30

/**
 * Each column shifted and scaled, z = (x + t)·e^s; ln|det ∂z/∂x| = Σ s.
 *
 * Parameters: s [dim], t [dim], 0 at the start; |s| counts up to 30. Before the first training step they are set so that
 * every column of what reaches the layer has mean 0 and population sd 1: t = −mean, s = −ln sd (0 for a constant column).
 * State: initialised [1], 1 from then on and saved, so that a second fit or a loaded model keeps what it has. Within
 * `invert` nothing is set by data. Source: Kingma & Dhariwal, Glow, arXiv:1807.03039 §3.1.
 */
export function actNorm(): LayerSpec {
  return { type: 'actNorm' }
}

/** t = −mean, s = −ln sd of every column, once. */
function settle(rows: Float64Array, { s, t }: Values, { initialised }: Values): void {
  if (initialised[0] !== 0) return
  const dim = s.length
  const count = rows.length / dim
  for (let j = 0; j < dim; j++) {
    const column = Array.from({ length: count }, (_, i) => rows[i * dim + j])
    const mean = column.reduce((sum, x) => sum + x, 0) / count
    const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count
    // The mean of equal numbers need not be any of them.
    const constant = column.every((x) => x === column[0])
    const log = constant ? 0 : -0.5 * ln(variance)
    t[j] = -mean
    s[j] = Math.min(Math.max(log, -LARGEST_LOG_SCALE), LARGEST_LOG_SCALE)
  }
  initialised[0] = 1
}

export function buildActNorm(spec: LayerSpec, dim: number): Layer {
  checkSpec(spec, v.strictObject({}))
  const bound = LARGEST_LOG_SCALE
  return {
    spec,
    label: 'ActNorm',
    parameters: [
      { name: 's', shape: [dim] },
      { name: 't', shape: [dim] },
    ],
    state: [{ name: 'initialised', shape: [1] }],
    initialise({ s, t }) {
      s.fill(0)
      t.fill(0)
    },
    settle,
    forward(pass, { params: { s, t }, from: x, to: z, logDet }) {
      normalise(pass, { bound, s, t, x, z, logDet })
      /**
       * With z = (x + t) e^s:
       *   dx = dz e^s
       *   dt += Σₜ dz e^s
       *   ds += Σₜ (dz z + dLogDet)                   (∂z/∂s = z, ∂logDet/∂s = 1)
       */
      return ({ dParams: { s: ds, t: dt }, dTo: dz, dFrom: dx, dLogDet }) =>
        actNormBackward(pass, { bound, s, z, dz, dLogDet, dx, ds, dt })
    },
    inverse(pass, { params: { s, t }, from: z, to: x, logDet }) {
      actNormInverse(pass, { bound, s, t, z, x, logDet })
      /**
       * With x = z e^−s − t:
       *   dz = dx e^−s
       *   dt −= Σₜ dx
       *   ds −= Σₜ (dx z e^−s + dLogDet)              (∂x/∂s = −z e^−s, ∂logDet/∂s = −1)
       */
      return ({ dParams: { s: ds, t: dt }, dTo: dx, dFrom: dz, dLogDet }) =>
        actNormInverseBackward(pass, { bound, s, z, dx, dLogDet, dz, ds, dt })
    },
  }
}

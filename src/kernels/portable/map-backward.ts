import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/map-backward.js'
import { clamp, limitsOf } from './limits.js'

export function portableMapBackward({ real, precision }: Heap): Portable<typeof operations> {
  const { largest } = limitsOf(precision)
  return {
    // z = f(x): dx = dz·f′; logDet += ln f′: dx += dLogDet·∂ln f′/∂x
    mapBackward({ rows, slope, bend, dz, dLogDet, dx }) {
      for (let t = 0; t < rows; t++) {
        real[dx + t] = real[dz + t] * real[slope + t] + real[dLogDet + t] * real[bend + t]
      }
    },
    // x = f⁻¹(z) and logDet −= ln f′(x): both depend on z by x alone, and dx/dz = 1/f′
    mapInverseBackward({ rows, slope, bend, dx, dLogDet, dz }) {
      for (let t = 0; t < rows; t++) {
        const total = real[dx + t] - real[dLogDet + t] * real[bend + t]
        real[dz + t] = clamp(total / real[slope + t], -largest, largest)
      }
    },
    numberBackward({ rows, fTheta, gTheta, dz, dLogDet, dTheta }) {
      for (let t = 0; t < rows; t++) {
        real[dTheta + t] = real[dz + t] * real[fTheta + t] + real[dLogDet + t] * real[gTheta + t]
      }
    },
    // f(x, θ) = z stays: ∂x/∂θ = −f_θ/f′, so that dx·∂x/∂θ − dLogDet·(g_θ + bend·∂x/∂θ) = −dz·f_θ − dLogDet·g_θ
    numberInverseBackward({ rows, fTheta, gTheta, dz, dLogDet, dTheta }) {
      for (let t = 0; t < rows; t++) {
        real[dTheta + t] = -real[dz + t] * real[fTheta + t] - real[dLogDet + t] * real[gTheta + t]
      }
    },
  }
}

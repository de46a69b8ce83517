import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/affine-maps.js'

/** value modulo 2·box, in [−box, box): rounding may leave it at box, which is −box. */
function wrap(value: number, box: number): number {
  const inside = value - 2 * box * Math.floor((value + box) / (2 * box))
  return Math.max(inside, -box) - (inside >= box ? 2 * box : 0)
}

export function portableAffineMaps({ real }: Heap): Portable<typeof operations> {
  return {
    clampedAffine({ rows, bound, a, t, x, z, logDet, slope, bend, fA, gA }) {
      for (let i = 0; i < rows; i++) {
        const divisor = 1 + Math.abs(real[a + i]) / bound
        const s = real[a + i] / divisor
        const scale = Math.exp(s)
        const result = (real[x + i] + real[t + i]) * scale
        real[z + i] = result
        real[logDet + i] += s
        real[slope + i] = scale
        real[bend + i] = 0
        real[fA + i] = result / divisor ** 2
        real[gA + i] = 1 / divisor ** 2
      }
    },
    clampedAffineInverse({ rows, bound, a, t, z, x, logDet, slope, bend, fA, gA }) {
      for (let i = 0; i < rows; i++) {
        const divisor = 1 + Math.abs(real[a + i]) / bound
        const s = real[a + i] / divisor
        const scale = Math.exp(s)
        const value = real[z + i]
        real[x + i] = value / scale - real[t + i]
        real[logDet + i] -= s
        real[slope + i] = scale
        real[bend + i] = 0
        real[fA + i] = value / divisor ** 2
        real[gA + i] = 1 / divisor ** 2
      }
    },
    circularShift({ rows, box, phi, x, z }) {
      for (let t = 0; t < rows; t++) real[z + t] = wrap(real[x + t] + real[phi + t], box)
    },
    circularShiftInverse({ rows, box, phi, z, x }) {
      for (let t = 0; t < rows; t++) real[x + t] = wrap(real[z + t] - real[phi + t], box)
    },
  }
}

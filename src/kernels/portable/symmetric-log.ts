import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/symmetric-log.js'
import { limitsOf } from './limits.js'

export function portableSymmetricLog({ real, precision }: Heap): Portable<typeof operations> {
  const { largest } = limitsOf(precision)
  return {
    symmetricLog({ rows, x, z, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        const log = Math.log1p(Math.abs(value))
        const r = 1 / (1 + Math.abs(value))
        real[logDet + t] -= log
        real[z + t] = Math.sign(value) * log
        real[slope + t] = r
        real[bend + t] = -Math.sign(value) * r
      }
    },
    symmetricLogInverse({ rows, z, x, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[z + t]
        const distance = Math.min(Math.expm1(Math.abs(value)), largest)
        const r = 1 / (1 + distance)
        real[logDet + t] += Math.abs(value)
        real[x + t] = Math.sign(value) * distance
        real[slope + t] = r
        real[bend + t] = -Math.sign(value) * r
      }
    },
  }
}

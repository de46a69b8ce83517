import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/positive-maps.js'
import { logOnePlusExp, sigma } from './functions.js'
import { clamp, limitsOf } from './limits.js'

export function portablePositiveMaps({ real, precision }: Heap): Portable<typeof operations> {
  const { smallest, largest } = limitsOf(precision)
  return {
    softplus({ rows, x, z, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        real[logDet + t] -= logOnePlusExp(-value)
        real[z + t] = Math.max(logOnePlusExp(value), smallest)
        real[slope + t] = sigma(value)
        real[bend + t] = sigma(-value)
      }
    },
    softplusInverse({ rows, z, x, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const given = real[z + t]
        const outside = given <= 0
        const value = Math.max(given, smallest)
        const e = Math.exp(-value)
        const rise = -Math.expm1(-value)
        const log = value > Math.LN2 ? Math.log1p(-e) : Math.log(rise)
        real[logDet + t] = outside ? -Infinity : real[logDet + t] - log
        real[x + t] = value + log
        real[slope + t] = outside ? 1 : rise
        real[bend + t] = outside ? 0 : e
      }
    },
    exponential({ rows, x, z, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        const power = clamp(Math.exp(value), smallest, largest)
        real[logDet + t] += value
        real[z + t] = power
        real[slope + t] = power
        real[bend + t] = 1
      }
    },
    exponentialInverse({ rows, z, x, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const given = real[z + t]
        const outside = given <= 0
        const value = Math.max(given, smallest)
        const log = Math.log(value)
        real[logDet + t] = outside ? -Infinity : real[logDet + t] - log
        real[x + t] = log
        real[slope + t] = outside ? 1 : value
        real[bend + t] = outside ? 0 : 1
      }
    },
  }
}

import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/bounded-maps.js'
import { logOnePlusExp, sigma } from './functions.js'
import { clamp, limitsOf } from './limits.js'

export function portableBoundedMaps({ real, precision }: Heap): Portable<typeof operations> {
  const { belowOne, smallest } = limitsOf(precision)
  return {
    hyperbolicTangent({ rows, x, z, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        const tanh = Math.tanh(value)
        const e = Math.exp(-2 * Math.abs(value))
        // 2(ln 2 − |x| − ln(1 + e)) = ln 4e/(1 + e)² = ln(1 − tanh²)
        const far = 2 * (Math.LN2 - Math.abs(value) - Math.log1p(e))
        real[logDet + t] += Math.abs(value) < 0.5 ? Math.log1p(-tanh * tanh) : far
        real[z + t] = clamp(tanh, -belowOne, belowOne)
        real[slope + t] = (4 * e) / (1 + e) ** 2
        real[bend + t] = -2 * tanh
      }
    },
    hyperbolicTangentInverse({ rows, z, x, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const given = real[z + t]
        const outside = Math.abs(given) >= 1
        const value = clamp(given, -belowOne, belowOne)
        const product = (1 - value) * (1 + value)
        const log = Math.abs(value) < 0.5 ? Math.log1p(-value * value) : Math.log(product)
        real[logDet + t] = outside ? -Infinity : real[logDet + t] - log
        real[x + t] = Math.atanh(value)
        real[slope + t] = outside ? 1 : product
        real[bend + t] = outside ? 0 : -2 * value
      }
    },
    logistic({ rows, x, z, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        real[logDet + t] -= logOnePlusExp(value) + logOnePlusExp(-value)
        real[z + t] = clamp(sigma(value), smallest, belowOne)
        real[slope + t] = sigma(value) * sigma(-value)
        real[bend + t] = -Math.tanh(0.5 * value)
      }
    },
    logisticInverse({ rows, z, x, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const given = real[z + t]
        const outside = given <= 0 || given >= 1
        const value = clamp(given, smallest, belowOne)
        // |x| = ln(1 + |1 − 2z|/min(z, 1 − z)), accurate about ½ too
        const distance = Math.log1p(Math.abs(1 - 2 * value) / Math.min(value, 1 - value))
        const product = value * (1 - value)
        real[logDet + t] = outside ? -Infinity : real[logDet + t] - Math.log(product)
        real[x + t] = value < 0.5 ? -distance : distance
        real[slope + t] = outside ? 1 : product
        real[bend + t] = outside ? 0 : 1 - 2 * value
      }
    },
    softsign({ rows, x, z, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        const onePlus = 1 + Math.abs(value)
        real[logDet + t] -= 2 * Math.log1p(Math.abs(value))
        real[z + t] = clamp(value / onePlus, -belowOne, belowOne)
        real[slope + t] = (1 / onePlus) ** 2
        real[bend + t] = (-2 * Math.sign(value)) / onePlus
      }
    },
    softsignInverse({ rows, z, x, logDet, slope, bend }) {
      for (let t = 0; t < rows; t++) {
        const given = real[z + t]
        const outside = Math.abs(given) >= 1
        const value = clamp(given, -belowOne, belowOne)
        const rest = 1 - Math.abs(value)
        real[logDet + t] = outside ? -Infinity : real[logDet + t] - 2 * Math.log1p(-Math.abs(value))
        real[x + t] = value / rest
        real[slope + t] = outside ? 1 : rest * rest
        real[bend + t] = outside ? 0 : -2 * Math.sign(value) * rest
      }
    },
  }
}

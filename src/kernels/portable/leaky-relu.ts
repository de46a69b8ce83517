import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as leaky from '../operations/leaky-relu.js'

export function portableLeakyReLU({ real }: Heap): Portable<typeof leaky> {
  return {
    leakyReLU({ dim, rows, raw, x, z, logDet }) {
      const logSlope = real[raw]
      const slope = Math.exp(logSlope)
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const at = j * rows + t
          const positive = real[x + at] > 0
          real[z + at] = positive ? real[x + at] : slope * real[x + at]
          if (!positive) real[logDet + t] += logSlope
        }
      }
    },
    leakyReLUInverse({ dim, rows, raw, z, x, logDet }) {
      const logSlope = real[raw]
      const slope = Math.exp(-logSlope)
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const at = j * rows + t
          const positive = real[z + at] > 0
          real[x + at] = positive ? real[z + at] : slope * real[z + at]
          if (!positive) real[logDet + t] -= logSlope
        }
      }
    },
    leakyReLUBackward({ dim, rows, raw, z, dz, dLogDet, dx, dRaw }) {
      const slope = Math.exp(real[raw])
      let sum = 0
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const at = j * rows + t
          const positive = real[z + at] > 0
          if (!positive) sum += real[dz + at] * real[z + at] + real[dLogDet + t]
          real[dx + at] = positive ? real[dz + at] : slope * real[dz + at]
        }
      }
      real[dRaw] += sum
    },
    leakyReLUInverseBackward({ dim, rows, raw, x, dx, dLogDet, dz, dRaw }) {
      const slope = Math.exp(-real[raw])
      let sum = 0
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const at = j * rows + t
          const positive = real[x + at] > 0
          if (!positive) sum += real[dx + at] * real[x + at] + real[dLogDet + t]
          real[dz + at] = positive ? real[dx + at] : slope * real[dx + at]
        }
      }
      real[dRaw] -= sum
    },
  }
}

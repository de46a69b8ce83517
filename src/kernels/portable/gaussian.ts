import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as gaussians from '../operations/gaussian.js'

const LN_2PI = 1.8378770664093453

export function portableGaussian({ real }: Heap): Portable<typeof gaussians> {
  return {
    gaussian({ dim, rows, z, logDet, logProb }) {
      for (let t = 0; t < rows; t++) {
        let squares = 0
        for (let j = 0; j < dim; j++) squares += real[z + j * rows + t] * real[z + j * rows + t]
        real[logProb + t] = real[logDet + t] - 0.5 * squares - 0.5 * dim * LN_2PI
      }
    },
    gaussianBackward({ dim, rows, z, dLogProb, dz }) {
      for (let t = 0; t < rows; t++) {
        const weight = real[dLogProb + t]
        for (let j = 0; j < dim; j++) real[dz + j * rows + t] = weight === 0 ? 0 : -real[z + j * rows + t] * weight
      }
    },
  }
}

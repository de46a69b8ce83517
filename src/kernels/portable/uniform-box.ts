import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as boxes from '../operations/uniform-box.js'

export function portableUniformBox({ real }: Heap): Portable<typeof boxes> {
  return {
    uniformBox({ dim, rows, z, low, high, logDet, logProb }) {
      let logVolume = 0
      for (let j = 0; j < dim; j++) logVolume += Math.log(real[high + j] - real[low + j])
      for (let t = 0; t < rows; t++) {
        let inside = true
        for (let j = 0; j < dim; j++) {
          const value = real[z + j * rows + t]
          inside &&= value >= real[low + j] && value <= real[high + j]
        }
        real[logProb + t] = inside ? real[logDet + t] - logVolume : Number.NEGATIVE_INFINITY
      }
    },
    uniformBoxInverse({ dim, rows, uniforms, low, high, z }) {
      for (let j = 0; j < dim; j++) {
        const [from, width] = [real[low + j], real[high + j] - real[low + j]]
        for (let t = 0; t < rows; t++) {
          const at = j * rows + t
          real[z + at] = Math.min(from + real[uniforms + at] * width, real[high + j])
        }
      }
    },
  }
}

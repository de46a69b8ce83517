import { type Heap, NONE } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as products from '../operations/dense.js'

/** Sums of products, each in double precision and in the order of its index. */
export function portableDense({ real }: Heap): Portable<typeof products> {
  return {
    dense({ outDim, inDim, rows, x, weight, outStride, bias, y }) {
      for (let o = 0; o < outDim; o++) {
        const first = bias === NONE ? 0 : real[bias + o]
        for (let t = 0; t < rows; t++) {
          let sum = first
          for (let i = 0; i < inDim; i++) sum += real[weight + o * outStride + i] * real[x + i * rows + t]
          real[y + o * rows + t] = sum
        }
      }
    },
    denseWeightGradient({ outDim, inDim, rows, x, dy, dWeight, outStride, dBias }) {
      for (let o = 0; o < outDim; o++) {
        for (let i = 0; i < inDim; i++) {
          let sum = 0
          for (let t = 0; t < rows; t++) sum += real[dy + o * rows + t] * real[x + i * rows + t]
          real[dWeight + o * outStride + i] += sum
        }
        if (dBias === NONE) continue
        let sum = 0
        for (let t = 0; t < rows; t++) sum += real[dy + o * rows + t]
        real[dBias + o] += sum
      }
    },
    denseInputGradient({ outDim, inDim, rows, dy, weight, outStride, dx }) {
      for (let i = 0; i < inDim; i++) {
        for (let t = 0; t < rows; t++) {
          let sum = 0
          for (let o = 0; o < outDim; o++) sum += real[weight + o * outStride + i] * real[dy + o * rows + t]
          real[dx + i * rows + t] = sum
        }
      }
    },
  }
}

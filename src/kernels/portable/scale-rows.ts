import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/scale-rows.js'

export function portableScaleRows({ real }: Heap): Portable<typeof operations> {
  return {
    scaleRows({ units, rows, gamma, x, y }) {
      for (let i = 0; i < units; i++) {
        for (let t = i * rows; t < (i + 1) * rows; t++) real[y + t] = real[gamma + i] * real[x + t]
      }
    },
    scaleRowsBackward({ units, rows, gamma, x, dy, dx, dGamma }) {
      for (let i = 0; i < units; i++) {
        let sum = 0
        for (let t = i * rows; t < (i + 1) * rows; t++) {
          sum += real[dy + t] * real[x + t]
          real[dx + t] = real[gamma + i] * real[dy + t]
        }
        real[dGamma + i] += sum
      }
    },
  }
}

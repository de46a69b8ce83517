import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as spreads from '../operations/spread.js'

export function portableSpread({ real }: Heap): Portable<typeof spreads> {
  return {
    spread({ n, rows, x, y }) {
      for (let i = 0; i < n; i++) real.fill(real[x + i], y + i * rows, y + (i + 1) * rows)
    },
    spreadBackward({ n, rows, dy, dx }) {
      for (let i = 0; i < n; i++) {
        let sum = 0
        for (let t = 0; t < rows; t++) sum += real[dy + i * rows + t]
        real[dx + i] += sum
      }
    },
  }
}

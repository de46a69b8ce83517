import { type Heap, NONE } from '../heap.js'
import type { Kernels } from '../kernels.js'
import type { Portable } from '../operation.js'
import type * as memory from '../operations/memory.js'

type Memory = Pick<Kernels, 'sum' | 'gather' | 'scatter'>

/** Sums, and the transposition between row-major data and feature-major tiles. */
export function portableRows({ real, f64, i32 }: Heap): Memory {
  return {
    sum(n, x, total) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += real[x + i]
      f64[total] += sum
    },
    gather(columns, rows, count, source, indices, x) {
      for (let t = 0; t < rows; t++) {
        const valid = t < count ? t : count - 1
        const row = source + (indices === NONE ? valid : i32[indices + valid]) * columns
        for (let j = 0; j < columns; j++) real[x + j * rows + t] = real[row + j]
      }
    },
    scatter(columns, rows, count, x, target) {
      for (let t = 0; t < count; t++) {
        for (let j = 0; j < columns; j++) real[target + t * columns + j] = real[x + j * rows + t]
      }
    },
  }
}

export function portableMemory({ real }: Heap): Portable<typeof memory> {
  return {
    fill: ({ n, value, y }) => void real.fill(value, y, y + n),
    copy: ({ n, x, y }) => void real.copyWithin(y, x, x + n),
    add({ n, x, y }) {
      for (let i = 0; i < n; i++) real[y + i] += real[x + i]
    },
  }
}

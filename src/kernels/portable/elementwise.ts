import type { Heap, Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as elementwise from '../operations/elementwise.js'

/** The element-wise operations by Math.*, in double precision whatever the heap stores. */
export function portableElementwise({ real }: Heap): Portable<typeof elementwise> {
  function map(n: number, x: Offset, y: Offset, f: (value: number) => number): void {
    for (let i = 0; i < n; i++) real[y + i] = f(real[x + i])
  }
  return {
    exp: ({ n, x, y }) => map(n, x, y, Math.exp),
    log: ({ n, x, y }) => map(n, x, y, Math.log),
    tanh({ n, x, y }) {
      for (let i = 0; i < n; i++) real[y + i] = Math.tanh(real[x + i])
    },
    tanhBackward({ n, y, dy, dx }) {
      for (let i = 0; i < n; i++) real[dx + i] = real[dy + i] * (1 - real[y + i] * real[y + i])
    },
    relu({ n, x, y }) {
      for (let i = 0; i < n; i++) real[y + i] = Math.max(real[x + i], 0)
    },
    reluBackward({ n, y, dy, dx }) {
      for (let i = 0; i < n; i++) real[dx + i] = real[y + i] > 0 ? real[dy + i] : 0
    },
  }
}

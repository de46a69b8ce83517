import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, type Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import type { Prepared } from './declared.js'

/** A kernel that is called outside of passes. */
export interface Direct {
  readonly name: string
  /** Of `LENGTH` numbers between −4 and 4 at x, and as many zeros at y, which it writes. */
  run(kernels: Kernels, x: Offset, y: Offset): void
}

const LENGTH = 4096
const ROWS = 128
/** Short calls are as long as the clock. */
const CALLS = 64

export const direct: readonly Direct[] = [
  { name: `normal, 2 × ${ROWS}`, run: (k, _, y) => k.normal(2, ROWS, 1, 2, 3, 4, 5, y) },
  { name: `sum, ${LENGTH}`, run: (k, x, y) => k.sum(LENGTH, x, y / 2) },
  { name: `dot, ${LENGTH}`, run: (k, x, y) => k.dot(LENGTH, x, x, y / 2) },
  { name: `squares, ${LENGTH}`, run: (k, x, y) => k.squares(LENGTH, x, y / 2) },
  { name: `addScaled, ${LENGTH}`, run: (k, x, y) => k.addScaled(LENGTH, 1e-3, x, y) },
  { name: `approach, ${LENGTH}`, run: (k, x, y) => k.approach(LENGTH, 1e-3, x, y) },
  {
    name: 'adamw, 1024',
    run: (k, x, y) => k.adamw(1024, y, x, y + 1024, y + 2048, 1, 1e-4, 0.9, 0.999, 1e-8, 1e-4, 1, 1),
  },
]

export function prepareDirect(kind: KernelKind, { run }: Direct): Prepared {
  const arena = new Arena('float32')
  const [x, y] = [arena.real(LENGTH), arena.real(LENGTH)]
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  for (let i = 0; i < LENGTH; i++) real[x + i] = ((i * 37) % 800) / 100 - 4
  return {
    calls: CALLS,
    run() {
      for (let i = 0; i < CALLS; i++) run(kernels, x, y)
    },
    results: () => [...real.subarray(y, y + LENGTH)],
  }
}

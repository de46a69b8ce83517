import { expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { MLP } from '#nets/mlp.js'

/** What lies around the arrays of a call, and must be there afterwards. */
const GUARD = 1234.5

it.each([
  ['wide', [16, 24], 3, 4],
  ['narrowing', [48, 8], 20, 2],
  ['narrow', [1], 1, 1],
  ['with a wide end', [2], 1, 40],
] as const)('a %s net stays within the tape and the scratch it asks for', (_, hidden, inputs, outputs) => {
  const net = new MLP({ inputs, hidden, outputs, activation: 'tanh', lastLayerScale: 1 })
  for (const rows of [1, 7, 64]) {
    const parameters = net.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)
    const lengths = {
      params: parameters,
      dParams: parameters,
      x: inputs * rows,
      y: outputs * rows,
      dx: inputs * rows,
      dy: outputs * rows,
      tape: net.tapeLength(rows),
      scratch: net.scratchLength(rows),
    }
    const arena = new Arena('float32')
    const starts = Object.entries(lengths).map(([name, length]) => [name, arena.real(length + 4096)] as const)
    const { heap, ...kernels } = createKernels(createHeap(arena, 'simd', false))
    heap.real.fill(GUARD)
    const call = { rows, ...(Object.fromEntries(starts) as Record<keyof typeof lengths, number>) }
    for (const [name, at] of starts) heap.real.fill(0.1, at, at + lengths[name as keyof typeof lengths])
    net.forward({ heap, ...kernels }, call)
    net.backward({ heap, ...kernels }, call)
    for (const [name, at] of starts) {
      const end = at + lengths[name as keyof typeof lengths]
      expect(
        heap.real.subarray(end, end + 4096).every((value) => value === GUARD),
        `${name} of ${rows} rows`,
      ).toBe(true)
    }
  }
})

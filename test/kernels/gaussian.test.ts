import { expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'

const kinds: readonly KernelKind[] = ['simd', 'portable']

it.each(kinds)('%s gaussianBackward is exactly 0 where dLogProb is 0, whatever z is', (kind) => {
  const arena = new Arena('float32')
  const rows = 7
  const [z, dLogProb, dz] = [arena.real(2 * rows), arena.real(rows), arena.real(2 * rows)]
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  const strange = [Infinity, -Infinity, NaN, 2 ** 127, 1, -0, 0]
  real.set([...strange, ...strange.toReversed()], z)
  real.set([0, -0, 0, -0, 0, 0, -0], dLogProb)
  kernels.call('gaussianBackward', { dim: 2, rows, z, dLogProb, dz })
  expect([...real.subarray(dz, dz + 2 * rows)].every((value) => value === 0)).toBe(true)
})

it.each(kinds)('%s gaussian is −∞ at z = ±∞ and NaN at NaN, in that row alone', (kind) => {
  const arena = new Arena('float32')
  const [z, logDet, logProb] = [arena.real(5), arena.real(5), arena.real(5)]
  const kernels = createKernels(createHeap(arena, kind, false))
  kernels.heap.real.set([0, Infinity, -Infinity, NaN, 0], z)
  kernels.call('gaussian', { dim: 1, rows: 5, z, logDet, logProb })
  const atZero = Math.fround(-Math.log(2 * Math.PI) / 2)
  expect([...kernels.heap.real.subarray(logProb, logProb + 5)]).toEqual([atZero, -Infinity, -Infinity, NaN, atZero])
})

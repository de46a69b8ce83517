import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { normals } from './inputs.js'

const [outDim, hidden, rows] = [9, 18, 37]

/** Arrays of the two layers, [name, length]. */
const LENGTHS = {
  x: rows,
  slope: hidden,
  offset: hidden,
  weight: outDim * hidden,
  bias: outDim,
  piece: rows,
  y: outDim * rows,
  h: hidden * rows,
  dy: outDim * rows,
  dh: hidden * rows,
  dx: rows,
  dSlope: hidden,
  dOffset: hidden,
  dWeight: outDim * hidden,
  dBias: outDim,
  scratch: 8192,
} as const

type Name = keyof typeof LENGTHS

/** Results of both layers, there and back, by one operation or by those of its layers; units without a slope among them. */
function results(kind: KernelKind, together: boolean) {
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const at = Object.fromEntries(
    Object.entries(LENGTHS).map(([name, length]) => [name, arena.real(length)]),
  ) as Readonly<Record<Name, number>>
  const k = createKernels(createHeap(arena, kind, false))
  for (const [seed, name] of (['x', 'slope', 'offset', 'weight', 'bias', 'dy'] as const).entries()) {
    k.heap.real.set(normals(LENGTHS[name], 120 + seed), at[name])
  }
  k.heap.real.set([0, -0, 0], at.slope)
  k.heap.real.set([1, -1, 0], at.offset)
  const { x, slope, offset, weight, bias, y, h, dy, dh, dx, dSlope, dOffset, dWeight, dBias, scratch } = at
  if (together) {
    k.call('hinges', { outDim, hidden, rows, ...at })
    k.call('hingesBackward', { outDim, hidden, rows, ...at })
  } else {
    const [one, two] = [
      { outDim: hidden, inDim: 1, rows, outStride: 1 },
      { outDim, inDim: hidden, rows, outStride: hidden },
    ]
    k.call('dense', { ...one, x, weight: slope, bias: offset, y: h })
    k.call('relu', { n: hidden * rows, x: h, y: h })
    k.call('dense', { ...two, x: h, weight, bias, y })
    k.call('denseWeightGradient', { ...two, x: h, dy, dWeight, dBias, scratch })
    k.call('denseInputGradient', { ...two, dy, weight, dx: dh })
    k.call('reluBackward', { n: hidden * rows, y: h, dy: dh, dx: dh })
    k.call('denseWeightGradient', { ...one, x, dy: dh, dWeight: dSlope, dBias: dOffset, scratch: NONE })
    k.call('denseInputGradient', { ...one, dy: dh, weight: slope, dx })
  }
  const names = ['y', 'dx', 'dSlope', 'dOffset', 'dWeight', 'dBias'] as const
  return names.map((name) => [name, [...k.heap.real.subarray(at[name], at[name] + LENGTHS[name])]] as const)
}

describe('hinges are two layers with ReLU units between them, there and back', () => {
  it.each([
    ['portable', 1e-12],
    ['simd', 1e-4],
  ] as const)('%s', (kind, tolerance) => {
    const apart = new Map(results(kind, false))
    for (const [name, got] of results(kind, true)) {
      const miss = got.findIndex((value, i) => !(Math.abs(value - (apart.get(name)?.[i] ?? 0)) <= tolerance))
      expect(miss, name).toBe(-1)
    }
  })
})

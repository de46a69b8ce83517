import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { LENGTHS } from '../kernels/inputs.js'

type Address = readonly [keyLow: number, keyHigh: number, low: number, high: number, purpose: number]

/** Numbers of [dim, rows] between guards, which must stand. */
function draw(
  kind: KernelKind,
  dim: number,
  rows: number,
  address: Address,
  precision: 'float32' | 'float64' = 'float32',
) {
  const arena = new Arena(precision)
  const at = arena.real(dim * rows + 40) + 19
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  real.fill(7)
  kernels.uniform(dim, rows, ...address, at)
  expect(real.subarray(at - 19, at).every((value) => value === 7)).toBe(true)
  expect(real.subarray(at + dim * rows, at + dim * rows + 19).every((value) => value === 7)).toBe(true)
  return [...real.subarray(at, at + dim * rows)]
}

const KEY = [0x12345678, 0x9abcdef0] as const
const ALL = 0xffffffff

it('simd uniform is within 1 ulp of the reference in float64', () => {
  for (const dim of [1, 2, 3, 4, 5, 9]) {
    for (const rows of LENGTHS) {
      const expected = draw('portable', dim, rows, [...KEY, 100, 0, 3], 'float64')
      draw('simd', dim, rows, [...KEY, 100, 0, 3]).forEach((u, i) => {
        expect(Math.abs(u / expected[i] - 1)).toBeLessThanOrEqual(2 ** -23)
      })
    }
  }
})

describe.each(['simd', 'portable'] as const)('%s uniform', (kind) => {
  it('gives column c the same numbers whatever the dimension', () => {
    const [rows, widest] = [9, 11]
    const all = draw(kind, widest, rows, [...KEY, 100, 0, 3])
    for (let dim = 1; dim < widest; dim++) {
      expect(draw(kind, dim, rows, [...KEY, 100, 0, 3])).toEqual(all.slice(0, dim * rows))
    }
  })

  it('gives row index + t the same numbers wherever a run of rows starts', () => {
    const all = draw(kind, 1, 37, [...KEY, ALL - 10, 1, 3])
    for (let t = 0; t < 37; t++) {
      const low = ALL - 10 + t
      expect(draw(kind, 1, 1, [...KEY, low >>> 0, low > ALL ? 2 : 1, 3])).toEqual([all[t]])
    }
  })

  it('gives other numbers for another purpose', () => {
    const [one, other] = [3, 4].map((purpose) => draw(kind, 1, 20, [...KEY, 0, 0, purpose]))
    expect(one.filter((u, t) => u === other[t])).toEqual([])
  })

  it('is the number next to 1 where the word is nearly 2³², and far above 0 where it is nearly 0', () => {
    // Found by search: the first words of these blocks are 2³² − 20 and 21.
    expect(draw(kind, 1, 1, [0, 0, 38471471, 0, 0])).toEqual([1 - 2 ** -24])
    expect(draw(kind, 1, 1, [0, 0, 48643752, 0, 0])).toEqual([21.5 / 2 ** 32])
  })
})

it('portable uniform keeps all 33 bits in float64', () => {
  expect(draw('portable', 1, 1, [0, 0, 38471471, 0, 0], 'float64')).toEqual([(2 ** 32 - 19.5) / 2 ** 32])
})

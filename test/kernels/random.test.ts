import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'

const kinds: readonly KernelKind[] = ['simd', 'portable']

/** Kernels with room for `reals` numbers at `z` and as many words at `words`. */
function kernelsFor(kind: KernelKind, reals: number) {
  const arena = new Arena('float32')
  const [z, words] = [arena.real(reals), arena.int(reals)]
  return { kernels: createKernels(createHeap(arena, kind, false)), z, words }
}

type Block = readonly [keyLow: number, keyHigh: number, low: number, high: number, purpose: number, draw: number]

function hexOf(kind: KernelKind, rows: number, ...block: Block): string[] {
  const { kernels, words } = kernelsFor(kind, 4 * rows)
  kernels.philox(rows, ...block, words)
  return Array.from({ length: rows }, (_, t) =>
    [...kernels.heap.i32.subarray(words + 4 * t, words + 4 * t + 4)]
      .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
      .join(' '),
  )
}

/** 2³² − 1 */
const ALL = 0xffffffff

describe.each(kinds)('%s philox', (kind) => {
  it('gives the known answers of Random123 for philox4x32-10', () => {
    expect(hexOf(kind, 1, 0, 0, 0, 0, 0, 0)).toEqual(['6627e8d5 e169c58d bc57ac4c 9b00dbd8'])
    expect(hexOf(kind, 1, ALL, ALL, ALL, ALL, ALL, ALL)).toEqual(['408f276d 41c83b0e a20bc7c6 6d5451fd'])
    expect(hexOf(kind, 1, 0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344)).toEqual([
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ])
  })

  it.each([1, 2, 3, 4, 6])('carries from the low to the high word of the index after %i rows', (before) => {
    const first = 2 ** 32 - before
    const singly = Array.from({ length: 12 }, (_, t) => {
      return hexOf(kind, 1, 1, 2, (first + t) >>> 0, t < before ? 5 : 6, 7, 8)[0]
    })
    expect(hexOf(kind, 12, 1, 2, first, 5, 7, 8)).toEqual(singly)
  })
})

const KEY = [0x12345678, 0x9abcdef0] as const

describe.each(kinds)('%s normal', (kind) => {
  it('gives column c the same numbers whatever the dimension', () => {
    const [rows, widest] = [9, 11]
    const { kernels, z } = kernelsFor(kind, widest * rows)
    const draw = (dim: number) => {
      kernels.normal(dim, rows, ...KEY, 100, 0, 3, z)
      return [...kernels.heap.real.subarray(z, z + dim * rows)]
    }
    const all = draw(widest)
    for (let dim = 1; dim < widest; dim++) expect(draw(dim)).toEqual(all.slice(0, dim * rows))
  })

  it('gives row index + t the same numbers wherever a run of rows starts', () => {
    const { kernels, z } = kernelsFor(kind, 40)
    kernels.normal(1, 37, ...KEY, ALL - 10, 1, 3, z)
    const all = [...kernels.heap.real.subarray(z, z + 37)]
    for (let t = 0; t < 37; t++) {
      const low = ALL - 10 + t
      kernels.normal(1, 1, ...KEY, low >>> 0, low > ALL ? 2 : 1, 3, z)
      expect(kernels.heap.real[z]).toBe(all[t])
    }
  })

  it('is ±0 where u rounds to 1, and as far out as a tiny u says', () => {
    const { kernels, z, words } = kernelsFor(kind, 4)
    // Found by search: the first words of these blocks are 2³² − 20 and 21.
    const [largest, tiny] = [38471471, 48643752]
    kernels.philox(1, 0, 0, largest, 0, 0, 0, words)
    expect(kernels.heap.i32[words]).toBe(-20)
    kernels.normal(2, 1, 0, 0, largest, 0, 0, z)
    expect(Math.hypot(kernels.heap.real[z], kernels.heap.real[z + 1])).toBeLessThan(1e-4)
    kernels.philox(1, 0, 0, tiny, 0, 0, 0, words)
    expect(kernels.heap.i32[words]).toBe(21)
    kernels.normal(2, 1, 0, 0, tiny, 0, 0, z)
    const radius = Math.sqrt(-2 * Math.log(21.5 / 2 ** 32))
    expect(Math.hypot(kernels.heap.real[z], kernels.heap.real[z + 1])).toBeCloseTo(radius, 5)
  })
})

describe('simd normal', () => {
  const [dim, rows, tiles] = [4, 1 << 13, 32]
  const n = rows * tiles
  const { kernels, z } = kernelsFor('simd', dim * rows)
  /** Σ zᵖ of each column, p = 1 … 4, and the sums of products of columns. */
  const powers = Array.from({ length: dim }, () => [0, 0, 0, 0])
  const products = new Map<string, number>()
  let largest = 0
  for (let tile = 0; tile < tiles; tile++) {
    kernels.normal(dim, rows, ...KEY, tile * rows, 0, 3, z)
    const columns = Array.from({ length: dim }, (_, j) =>
      Float64Array.from(kernels.heap.real.subarray(z + j * rows, z + (j + 1) * rows)),
    )
    columns.forEach((column, j) => {
      for (const value of column) {
        largest = Math.max(largest, Math.abs(value))
        let power = 1
        for (let p = 0; p < 4; p++) {
          power *= value
          powers[j][p] += power
        }
      }
      for (let k = 0; k < j; k++) {
        const sum = column.reduce((total, value, t) => total + value * columns[k][t], 0)
        products.set(`${k}, ${j}`, (products.get(`${k}, ${j}`) ?? 0) + sum)
      }
    })
  }

  // Moments of N(0, 1) and the variances of their estimates: 1, 2, 15, 96 over n.
  it.each([
    ['mean 0', 0, 0, 1],
    ['variance 1', 1, 1, 2],
    ['third moment 0', 2, 0, 15],
    ['fourth moment 3', 3, 3, 96],
  ])('has %s in every column, within four standard errors', (_, p, moment, variance) => {
    for (const sums of powers) expect(Math.abs(sums[p] / n - moment)).toBeLessThan(4 * Math.sqrt(variance / n))
  })

  it('has uncorrelated columns, within four standard errors', () => {
    for (const sum of products.values()) expect(Math.abs(sum / n)).toBeLessThan(4 / Math.sqrt(n))
  })

  it('stays within 6.77, and comes near 5 in a million draws', () => {
    // The largest radius, of the smallest u = 2⁻³³.
    expect(Math.sqrt(66 * Math.LN2)).toBeLessThan(6.77)
    expect(largest).toBeLessThanOrEqual(6.77)
    expect(largest).toBeGreaterThan(4.5)
  })
})

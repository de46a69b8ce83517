import { describe, expect, test } from 'vitest'
import { PURPOSE } from '#random/purposes.js'
import { permutationInto, randomStream } from '#random/stream.js'

const COUNT = 200_000

function moments(draw: () => number, count = COUNT): number[] {
  const sums = [0, 0, 0, 0]
  for (let i = 0; i < count; i++) {
    const x = draw()
    for (let k = 0; k < 4; k++) sums[k] += x ** (k + 1)
  }
  return sums.map((s) => s / count)
}

describe('randomStream', () => {
  test('uniform is (a·2^26 + b)/2^53 of the first Philox words', () => {
    // Words of key 0, counter 0 from Random123: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    const stream = randomStream(0, 0, 0)
    expect(stream.uniform()).toBe(((0x6627e8d5 >>> 5) * 2 ** 26 + (0xe169c58d >>> 6)) / 2 ** 53)
    expect(stream.uniform()).toBe(((0xbc57ac4c >>> 5) * 2 ** 26 + (0x9b00dbd8 >>> 6)) / 2 ** 53)
  })

  test('uniform moments are 1/2, 1/3, 1/4, 1/5 within 4 standard errors', () => {
    const stream = randomStream(1, PURPOSE.data, 0)
    const found = moments(stream.uniform)
    for (let k = 1; k <= 4; k++) {
      const se = Math.sqrt((1 / (2 * k + 1) - 1 / (k + 1) ** 2) / COUNT)
      expect(Math.abs(found[k - 1] - 1 / (k + 1))).toBeLessThan(4 * se)
    }
  })

  test('normal moments are 0, 1, 0, 3 within 4 standard errors', () => {
    const found = moments(randomStream(2, PURPOSE.data, 0).normal)
    const variances = [1, 2, 15, 96]
    for (const [k, expected] of [0, 1, 0, 3].entries()) {
      expect(Math.abs(found[k] - expected)).toBeLessThan(4 * Math.sqrt(variances[k] / COUNT))
    }
  })

  test('normals fall below −2, −1, 0, 1, 2 as often as Φ says (scipy), within 4 standard errors', () => {
    const stream = randomStream(3, PURPOSE.data, 0)
    const draws = Float64Array.from({ length: COUNT }, () => stream.normal())
    for (const [z, p] of [
      [-2, 0.02275013194817921],
      [-1, 0.15865525393145707],
      [0, 0.5],
      [1, 0.8413447460685429],
      [2, 0.9772498680518208],
    ]) {
      const share = draws.filter((x) => x < z).length / COUNT
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / COUNT))
    }
  })

  test('the two normals of a pair are uncorrelated within 4 standard errors', () => {
    const stream = randomStream(4, PURPOSE.data, 0)
    let product = 0
    for (let i = 0; i < COUNT; i++) product += stream.normal() * stream.normal()
    expect(Math.abs(product / COUNT)).toBeLessThan(4 / Math.sqrt(COUNT))
  })

  test('integer(3 · 2^30) has no modulo bias: each third is as likely', () => {
    // Without rejection the first third would come up half of the time.
    const stream = randomStream(5, PURPOSE.data, 0)
    let first = 0
    for (let i = 0; i < COUNT; i++) if (stream.integer(3 * 2 ** 30) < 2 ** 30) first++
    expect(Math.abs(first / COUNT - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / COUNT))
  })

  test('integer reaches both ends and no further', () => {
    const stream = randomStream(6, PURPOSE.data, 0)
    const seen = new Set(Array.from({ length: 1000 }, () => stream.integer(7)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(stream.integer(1)).toBe(0)
    expect(stream.integer(2 ** 32)).toBeLessThan(2 ** 32)
  })

  test('seeds, purposes and indices above 2^32 each give numbers of their own; seek returns to the first', () => {
    const first = (seed: number, purpose: number, index: number) => randomStream(seed, purpose, index).uniform()
    const all = [
      first(0, 1, 0),
      first(1, 1, 0),
      first(2 ** 32, 1, 0),
      first(0, 2, 0),
      first(0, 1, 1),
      first(0, 1, 2 ** 32),
    ]
    expect(new Set(all).size).toBe(6)
    const stream = randomStream(0, 1, 2 ** 32)
    const normal = stream.normal()
    // The second normal of the pair is still waiting; seek forgets it.
    stream.seek(2 ** 32)
    expect(stream.normal()).toBe(normal)
    stream.seek(0)
    expect(stream.uniform()).toBe(all[0])
    stream.seek(2 ** 32)
    expect(stream.uniform()).toBe(all[5])
  })
})

/** Of 0 … n − 1, over whatever was there before. */
function permutation(n: number, seed: number, purpose: number, index: number): Int32Array {
  const order = new Int32Array(n).fill(-5)
  permutationInto(order, seed, purpose, index)
  return order
}

describe('permutationInto', () => {
  test('holds every index once, and depends on seed, purpose and index', () => {
    const order = permutation(1000, 7, PURPOSE.shuffle, 0)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    for (const other of [
      permutation(1000, 8, PURPOSE.shuffle, 0),
      permutation(1000, 7, PURPOSE.split, 0),
      permutation(1000, 7, PURPOSE.shuffle, 1),
    ]) {
      expect(other).not.toEqual(order)
    }
    expect(permutation(0, 0, 0, 0)).toHaveLength(0)
  })

  test('all 24 orders of four come up equally often (χ² with 23 degrees below its 99.99 % point, 57.1)', () => {
    const counts = new Map<string, number>()
    const rounds = 24_000
    for (let i = 0; i < rounds; i++) {
      const key = permutation(4, 9, PURPOSE.shuffle, i).join('')
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - rounds / 24) ** 2 / (rounds / 24), 0)
    expect(chi).toBeLessThan(57.1)
  })
})

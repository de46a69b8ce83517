import { describe, expect, test } from 'vitest'
import { RowSet } from '#data/row-set.js'

const draw = (total: number, size: number, seed: number) => RowSet.draw(total, size, seed, 2, 0)

describe('RowSet', () => {
  test.each([
    [10, 0],
    [10, 10],
    [1000, 1],
    [1000, 999],
    [1033, 500],
  ])('of %i rows holds %i, each once, in order; the complement holds the others', (total, size) => {
    const set = draw(total, size, 4)
    const others = set.complement()
    expect([set.size, others.size]).toEqual([size, total - size])
    expect([[...set].length, [...others].length]).toEqual([size, total - size])
    expect([...set, ...others].sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i))
    for (const part of [set, others]) {
      expect([...part]).toEqual([...part].sort((a, b) => a - b))
      expect(Array.from({ length: total + 40 }, (_, i) => i).filter((row) => part.has(row))).toEqual([...part])
    }
  })

  test('nothing else is in it, nor in its complement', () => {
    const set = draw(10, 3, 1)
    for (const row of [-1, -32, 10, 0.5, 1e10, NaN])
      expect([set.has(row), set.complement().has(row)]).toEqual([false, false])
  })

  test('its members can be asked for by place', () => {
    const set = RowSet.of([70, 3, 31], 100)
    expect([0, 1, 2].map((place) => set.member(place))).toEqual([3, 31, 70])
    expect(set.complement().member(3)).toBe(4)
    expect(() => set.member(3)).toThrow('There is no row 3 among 3.')
  })

  test('the seed decides', () => {
    expect([...draw(1000, 100, 1)]).toEqual([...draw(1000, 100, 1)])
    expect([...draw(1000, 100, 1)]).not.toEqual([...draw(1000, 100, 2)])
  })

  test('every pair out of five is equally likely', () => {
    const counts = new Map<string, number>()
    const seeds = 10_000
    for (let seed = 0; seed < seeds; seed++) {
      const pair = [...draw(5, 2, seed)].join()
      counts.set(pair, (counts.get(pair) ?? 0) + 1)
    }
    expect(counts.size).toBe(10)
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - seeds / 10) ** 2 / (seeds / 10), 0)
    // The 99.9 % quantile of χ² with 9 degrees of freedom.
    expect(chiSquare).toBeLessThan(27.88)
  })
})

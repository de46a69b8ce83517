import { describe, expect, test } from 'vitest'
import { splitOffTest, splitRows } from '#train/split.js'

describe('splitOffTest', () => {
  test('keeps round(rows · share) rows; rest and test are every row once, in order', () => {
    const { rest, test } = splitOffTest(1000, 0.15, 4)
    expect([rest.size, test.size]).toEqual([850, 150])
    expect([...rest, ...test].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  })

  test('the seed chooses, and not as it chooses for validation', () => {
    const held = (seed: number) => [...splitOffTest(1000, 0.1, seed).test]
    expect(held(1)).toEqual(held(1))
    expect(held(1)).not.toEqual(held(2))
    expect(held(1)).not.toEqual([...splitRows(1000, 0.1, 1).validation])
  })

  test('a share of 0 keeps none, any other at least one', () => {
    expect(splitOffTest(10, 0, 0).test.size).toBe(0)
    expect(splitOffTest(10, 0.001, 0).test.size).toBe(1)
  })

  test('refuses to leave fewer than two rows', () => {
    expect(() => splitOffTest(10, 0.95, 0)).toThrow('A test share of 0.95 leaves 0 of 10 rows; expected 2 or more.')
  })
})

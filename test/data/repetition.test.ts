import { jang } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { findRepetition } from '#data/repetition.js'

const matrix = (rows: number[][]) => ({
  data: Float64Array.from(rows.flat()),
  rows: rows.length,
  columns: rows[0].length,
})

describe('findRepetition', () => {
  test('counts the rows that equal an earlier one, −0 as 0', () => {
    const { duplicateRows } = findRepetition(
      matrix([
        [1, 2],
        [2, 1],
        [1, 2],
        [0, 0],
        [-0, 0],
        [1, 2],
      ]),
    )
    expect(duplicateRows).toBe(3)
  })

  test('agrees with a set of texts on 20 000 rows of a coarse grid', () => {
    const { data } = jang(20_000, { seed: 3 })
    const coarse = Float64Array.from(data as Float64Array, (value) => Math.round(value * 4) / 4 + 0)
    const texts = new Set(Array.from({ length: 20_000 }, (_, i) => `${coarse[2 * i]} ${coarse[2 * i + 1]}`))
    expect(findRepetition({ data: coarse, rows: 20_000, columns: 2 }).duplicateRows).toBe(20_000 - texts.size)
  })

  test('finds nothing in points of a continuous distribution', () => {
    const found = findRepetition({ data: jang(5000).data as Float64Array, rows: 5000, columns: 2 })
    expect(found).toEqual({ duplicateRows: 0, discreteColumns: [] })
  })

  test('names columns whose values are shared by five rows or more on average', () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i % 20, i % 21, i + 0.5, i % 3])
    const { discreteColumns } = findRepetition(matrix(rows))
    expect(discreteColumns).toEqual([
      { column: 0, values: 20 },
      { column: 3, values: 3 },
    ])
  })
})

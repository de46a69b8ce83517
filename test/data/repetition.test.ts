import { jang } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { findRepetition } from '#data/repetition.js'
import { matrixSource } from '#data/row-source.js'

const repetitionIn = (data: Float64Array, columns: number) =>
  findRepetition(matrixSource({ data, rows: data.length / columns, columns }))

describe('findRepetition', () => {
  test('counts the rows that equal an earlier one, −0 as 0', async () => {
    const rows = [1, 2, 2, 1, 1, 2, 0, 0, -0, 0, 1, 2]
    expect((await repetitionIn(Float64Array.from(rows), 2)).duplicateRows).toEqual({ count: 3, exact: true })
  })

  test('agrees with a set of texts on 20 000 rows of a coarse grid', async () => {
    const { data } = jang(20_000, { seed: 3 })
    const coarse = Float64Array.from(data as Float64Array, (value) => Math.round(value * 4) / 4 + 0)
    const texts = new Set(Array.from({ length: 20_000 }, (_, i) => `${coarse[2 * i]} ${coarse[2 * i + 1]}`))
    const { duplicateRows } = await repetitionIn(coarse, 2)
    expect(duplicateRows).toEqual({ count: 20_000 - texts.size, exact: true })
  })

  test.each([5000, 600_000])('finds nothing in %i points of a continuous distribution', async (rows) => {
    const found = await repetitionIn(jang(rows).data as Float64Array, 2)
    expect(found).toEqual({ duplicateRows: { count: 0, exact: rows === 5000 }, discreteColumns: [] })
  })

  test('names columns whose values are shared by five rows or more on average', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i % 20, i % 21, i + 0.5, i % 3])
    const { discreteColumns } = await repetitionIn(Float64Array.from(rows.flat()), 4)
    expect(discreteColumns).toEqual([
      { column: 0, values: { count: 20, exact: true } },
      { column: 3, values: { count: 3, exact: true } },
    ])
  })

  test.each<[string, number, (i: number) => number]>([
    ['in many pairs', 1 / 3, (i: number) => (2 * i) / 3],
    ['by one row of all kinds', 0.3, (i: number) => (i % 10 < 3 ? -1 : i)],
    ['by one row in a hundred', 0.01, (i: number) => (i % 100 === 0 ? -1 : i)],
    // The sample has about every second kind of rows.
    ...[-1, -2, -3, -4].map((one): [string, number, (i: number) => number] => [
      `by one row in two thousand, ${one} at the end`,
      0.0005,
      (i) => (i > 1_200_000 - 600 ? one : i),
    ]),
  ])('estimates repetition that it cannot count: %s', async (_, share, pointOf) => {
    const rows = 1_200_000
    // A point is a number that no other has, and one that many have.
    const data = new Float64Array(2 * rows)
    for (let i = 0; i < rows; i++) {
      const point = Math.floor(pointOf(i))
      data.set([Math.sin(point), point % 40_000], 2 * i)
    }
    const { duplicateRows, discreteColumns } = await repetitionIn(data, 2)
    expect(duplicateRows.exact).toBe(false)
    // A row that comes often counts once in 2, so that what is said of it is off by a factor of 2 at most.
    expect(duplicateRows.count / (share * rows)).toBeGreaterThan(0.97)
    expect(duplicateRows.count / (share * rows)).toBeLessThan(share < 0.005 ? 4 : 1.2)
    expect(discreteColumns).toEqual([{ column: 1, values: { count: expect.any(Number), exact: false } }])
    // 2048 values or more in the sample: a standard error of 2.1 % at most.
    const values = new Set(data.filter((_, at) => at % 2 === 1)).size
    expect(Math.abs(discreteColumns[0].values.count / values - 1)).toBeLessThan(0.07)
  })

  test('takes no more memory than the rows call for', async () => {
    const before = process.memoryUsage().arrayBuffers
    await repetitionIn(new Float64Array(5000 * 20), 5000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23)
  })
})

import { flow, reverse } from 'pushforward'
import { expect, test } from 'vitest'
import { RowSet } from '#data/row-set.js'
import { matrixSource } from '#data/row-source.js'
import { toMatrix } from '#data/rows.js'
import { strangestRows } from '#train/strangest-rows.js'

/** A standard normal: ln p = −ln 2π − r²/2. */
const normal = flow(2, [reverse()])
/** Row i is i/10 from the middle, but for row 30, which is farthest of all. */
const rows = Array.from({ length: 60 }, (_, i) => (i === 30 ? [0, -20] : [i / 10, 0]))
const source = matrixSource(toMatrix(rows, 2, 'Rows'))

test('the ten rows of lowest density, the lowest first, with −ln 2π − r²/2 for a standard normal', async () => {
  const found = await strangestRows(normal, { rows: source }, [], { threads: 0 })
  expect(found.map(({ row }) => row)).toEqual([30, 59, 58, 57, 56, 55, 54, 53, 52, 51])
  expect(found[0].values).toEqual([0, -20])
  for (const { logProb, values } of found) {
    expect(logProb).toBeCloseTo(-Math.log(2 * Math.PI) - (values[0] ** 2 + values[1] ** 2) / 2, 3)
  }
})

test('rows keep their numbers in the data that they are some of, and rows of weight 0 are none', async () => {
  const places = Array.from({ length: 60 }, (_, i) => 3 * i + 1)
  const set = RowSet.of(places, 200)
  const weights = Float64Array.from(rows, (_, i) => (i === 59 ? 0 : 1))
  const found = await strangestRows(normal, { rows: source, weights }, [set], { threads: 0 })
  expect(found.slice(0, 3).map(({ row }) => row)).toEqual([91, 175, 172])
})

test('a row whose density is 0 has none to tell', async () => {
  const far = matrixSource(
    toMatrix(
      [
        [1e300, 0],
        [0, 0],
      ],
      2,
      'Rows',
    ),
  )
  const [first, second] = await strangestRows(normal, { rows: far }, [], { threads: 0 })
  expect([first.logProb, first.row, second.row]).toEqual([null, 0, 1])
})

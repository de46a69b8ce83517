import { expect, test } from 'vitest'
import { inFormat, parseDate } from '#columns/iso-dates.js'
import type { TableCodec } from '#columns/kinds.js'
import { tableValues } from '#columns/table-values.js'
import { parseTypedTable } from '#columns/typed-table.js'

const dated = (text: string) => parseDate(text) as NonNullable<ReturnType<typeof parseDate>>

test.each([
  ['2024-02-29T00:00:00.000Z', '2024-02-29'],
  ['2024-02-28T23:30:00.000Z', '2024-02-29T01:00+01:30'],
  ['2024-02-29T05:00:00.000Z', '2024-02-29 00:00:00-05:00'],
  ['2024-02-29T01:02:03.004Z', '2024-02-29T01:02:03.004'],
])('the instant %s is %s', (instant, text) => {
  const [from, to] = [dated(instant), dated(text)]
  expect(inFormat(from.format, to.format)?.(from.value)).toBe(to.value)
})

test('cells that are written in another way are no dates of a format', () => {
  const [day, minute] = [dated('2024-02-29').format, dated('2024-02-29T00:00').format]
  expect(inFormat(day, minute)).toBeUndefined()
  expect(inFormat(minute, day)).toBeUndefined()
})

test('an instant that a format cannot write is named with its row', async () => {
  const kind = { kind: 'date', format: dated('2024-02-29').format, low: 19_000, high: 20_000, step: 1 } as const
  const codec: TableCodec = { columns: [{ name: 'd', kind }], given: [], seed: 0 }
  const read = (noon: string) => parseTypedTable(`d\n2024-02-29T00:00:00.000Z\n${noon}\n`)
  const { source } = await tableValues(read('2024-03-01T00:00:00.000Z'), codec)
  expect([...(source.blocks(2) as Iterable<Float64Array>)].map((block) => [...block])).toEqual([[19_782, 19_783]])
  const { source: other } = await tableValues(read('2024-03-01T12:00:00.000Z'), codec)
  expect(() => [...(other.blocks(2) as Iterable<Float64Array>)]).toThrow(
    'Row 1 (counted from 0): column "d" has "2024-03-01T12:00:00.000Z", where the model knows dates such as 2022-01-08.',
  )
})

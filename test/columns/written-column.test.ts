import { expect, test } from 'vitest'
import type { ColumnKind } from '#columns/kinds.js'
import { RowCodec } from '#columns/table-codec.js'
import { parseTypedTable } from '#columns/typed-table.js'
import { asRead, writtenColumns } from '#columns/written-column.js'

const grid = (low: number, high: number): ColumnKind => ({ kind: 'integer', low, high, step: 1, decimals: 0 })
const columns: [string, ColumnKind][] = [
  ['n', grid(-5, 2 ** 31 - 1)],
  ['long', grid(0, 2 ** 31)],
  ['x', { kind: 'continuous', decimals: 0 }],
  ['level', { kind: 'category', levels: ['a', 'true'] }],
  ['flag', { kind: 'category', levels: ['false', 'true'] }],
  ['day', { kind: 'date', format: { unit: 'day', between: 'T', zone: '' }, low: 0, high: 9, step: 1 }],
  ['given', grid(0, 9)],
]
const written = writtenColumns(
  new RowCodec({ columns: columns.map(([name, kind]) => ({ name, kind })), given: ['given'], seed: 0 }),
)

test('columns have the types of what their kinds can be, given ones of any number', () => {
  const day = { unit: 'day', between: 'T', zone: '' }
  expect(written.map(({ type }) => type)).toEqual(['int32', 'int64', 'number', 'text', 'boolean', day, 'number'])
  expect(written.flatMap(({ text }) => text?.(1) ?? [])).toEqual(['true', 'true', '1970-01-02'])
})

test.each([
  ['1\n-7', 'int32'],
  ['1\n3e9', 'int64'],
  ['1\n2.5', 'number'],
  ['1e300\n1', 'number'],
])('a file that has whole numbers as %j has them as %s', (rows, type) => {
  const { columns } = parseTypedTable(`n\n${rows}\n`)
  expect(asRead(written[0], columns[0]).type).toBe(type)
  // Numbers that may have decimals have a type of their own, whatever those of one file are.
  expect(asRead(written[2], columns[0]).type).toBe('number')
})

import { columnsOf, decodeRows, encodeRows, parseTypedTable } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { columnsText } from '#columns/columns-text.js'
import { RowCodec } from '#columns/table-codec.js'
import { evenRows } from '#data/row-sample.js'

const LINES = ['1.5,b,7,2020-01-03,x', ',a,9,2020-01-01,x', '2.25,,,2020-01-02,y', '4,b,11,,x', '3.5,a,8,2020-01-05,']
const table = () => parseTypedTable(`length,side,count,day,group\n${LINES.join('\n')}\n`)
const found = () =>
  columnsOf(table(), {
    kinds: { length: 'plain', side: 'category', count: 'integer', day: 'date', group: 'category' },
    given: ['count', 'group'],
    missing: 'model',
  })

describe('columns whose cells may be missing', () => {
  test('have a column beside them that says so, and given ones their median or commonest level', async () => {
    const { codec } = await found()
    expect(codec.columns.map(({ name, missing }) => [name, missing])).toEqual([
      ...[
        ['length', true],
        ['side', true],
      ],
      ...[
        ['count', 9],
        ['day', true],
        ['group', 0],
      ],
    ])
    const rows = new RowCodec(codec)
    expect(rows.names).toEqual([
      ...['length', 'side', 'day', 'length missing', 'side missing', 'day missing'],
      ...['count', 'count missing', 'group=y', 'group missing'],
    ])
    expect(rows.dim).toBe(6)
    expect(rows.supports.slice(3)).toEqual([0, 1, 2].map(() => ({ low: 0, high: 2 })))
  })

  test('become numbers and come back as they were, whatever stands in for what is missing', async () => {
    const { codec } = await found()
    const { rows } = await encodeRows(table(), codec)
    const { data, columns } = await evenRows(rows, rows.rows)
    expect(rows.rows).toBe(5)
    const isGone = (i: number, j: number) => Math.floor(data[i * columns + j])
    expect(LINES.map((_, i) => [3, 4, 5, 7, 9].map((j) => isGone(i, j)))).toEqual([
      ...[
        [0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [0, 1, 0, 1, 0],
      ],
      ...[
        [0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1],
      ],
    ])
    expect(data[columns]).toBeNaN()
    expect(data[2 * columns + 6]).toBe(9)
    const whole = data.map((value) => (Number.isNaN(value) ? 0.5 : value))
    expect(decodeRows(codec, whole).map((row) => Object.values(row))).toEqual([
      [1.5, 'b', 7, '2020-01-03', 'x'],
      [null, 'a', 9, '2020-01-01', 'x'],
      [2.25, null, null, '2020-01-02', 'y'],
      [4, 'b', 11, null, 'x'],
      [3.5, 'a', 8, '2020-01-05', null],
    ])
  })

  test('are told in the table of columns', async () => {
    const lines = columnsText(table(), await found()).map((line) => line.replace(/ +/g, ' '))
    expect(lines[1]).toBe(' length continuous 1.5 … 4 1 as it is; modelled which are missing')
    expect(lines[3]).toBe(
      ' count given, continuous 7 … 11 1 as it is (labels? --column count:category); missing as 9, and 0 or 1',
    )
    expect(lines[5]).toBe(' group given, category of 2 x, y 1 0 and 1 for 1 of its levels; missing as x, and 0 or 1')
  })

  test('have no such column where nothing is missing, or nothing was said', async () => {
    const { codec } = await columnsOf(table(), { all: 'category' })
    expect(codec.columns.some((column) => 'missing' in column)).toBe(false)
    expect((await encodeRows(table(), codec)).rows.rows).toBe(1)
  })

  test('have another name where one is called so already', () => {
    const kind = { kind: 'continuous' } as const
    const columns = [
      { name: 'a', kind, missing: true as const },
      { name: 'a missing', kind },
    ]
    expect(new RowCodec({ columns, given: [], seed: 0 }).names).toEqual(['a', 'a missing', 'a missing 2'])
  })
})

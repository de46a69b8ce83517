import { describe, expect, test } from 'vitest'
import { parseKind } from '#columns/asked-kind.js'
import type { Category } from '#columns/kinds.js'
import { type ColumnsOptions, columnsOf } from '#columns/table-kinds.js'
import { parseTypedTable } from '#columns/typed-table.js'
import { randomStream } from '#random/stream.js'

const stream = randomStream(1, 2, 0)
const ROWS = 200
const column = (cell: (i: number) => unknown) => Array.from({ length: ROWS }, (_, i) => String(cell(i)))
const table = (columns: Readonly<Record<string, string[]>>) => {
  const lines = Array.from({ length: ROWS }, (_, i) =>
    Object.values(columns)
      .map((cells) => cells[i])
      .join(','),
  )
  return parseTypedTable(`${Object.keys(columns).join(',')}\n${lines.join('\n')}\n`, { source: 'table.csv' })
}
/** With a column beside it that can always be modelled. */
async function kindOf(cells: string[], options?: ColumnsOptions, name = 'c') {
  const { columns } = await columnsOf(table({ [name]: cells, other: column(() => stream.normal()) }), options)
  return columns[0].found
}
const asked = (kind: string) => ({ kinds: { c: kind } })

describe('a column is', () => {
  test('continuous where its numbers have many digits, with the decimals it has', async () => {
    expect(await kindOf(column(() => stream.normal()))).toEqual({ kind: 'continuous', decimals: undefined })
    expect(await kindOf(column(() => stream.normal().toFixed(6)))).toEqual({ kind: 'continuous', decimals: 6 })
  })

  test('integer where all are whole, by the step that they have in common', async () => {
    expect(await kindOf(column((i) => 18 + ((i * 7) % 60)))).toEqual({
      ...{ kind: 'integer', low: 18, high: 77, step: 1, decimals: 0 },
    })
    expect(await kindOf(column((i) => 2700 + 25 * ((i * 7) % 60)))).toMatchObject({ step: 25, high: 4175 })
  })

  test('integer within its bounds where its values are few, two of them included', async () => {
    expect(await kindOf(column((i) => i % 2))).toEqual({
      ...{ kind: 'integer', low: 0, high: 1, step: 1, decimals: 0, support: { low: 0, high: 2 } },
    })
  })

  test('rounded where values with few decimals repeat, and not where each comes once', async () => {
    expect(await kindOf(column((i) => (30 + ((i * 7) % 50) / 10).toFixed(1)))).toMatchObject({
      ...{ kind: 'rounded', low: 30, step: 0.1, decimals: 1 },
    })
    expect(await kindOf(column((i) => (30 + i / 100).toFixed(2)))).toEqual({ kind: 'continuous', decimals: 2 })
  })

  test('continuous where a grid would have far more places than values', async () => {
    expect(await kindOf(column((i) => (i % 9 === 4 ? '12.73333333' : (8 + (i % 50) / 10).toFixed(1))))).toMatchObject({
      ...{ kind: 'continuous', decimals: 8 },
    })
    expect(await kindOf(column((i) => 1_700_000_000 + ((i * 7919) % 200) * 86_400 + i))).toEqual({
      ...{ kind: 'continuous', decimals: 0 },
    })
    const time = (i: number) => new Date(1.7e12 + ((i * 7919) % 200) * 8.64e7 + 137 * i).toISOString()
    expect(await kindOf(column(time))).toMatchObject({ kind: 'date', fine: true })
  })

  test('positive where the logarithm shortens a long tail, and not where there is none', async () => {
    expect(await kindOf(column(() => Math.exp(stream.normal())))).toMatchObject({ kind: 'positive' })
    expect(await kindOf(column(() => 10 + stream.normal()))).toMatchObject({ kind: 'continuous' })
    expect(await kindOf(column((i) => (i === 9 ? -1 : Math.exp(stream.normal()))))).toMatchObject({
      kind: 'continuous',
    })
  })

  test('positive with zeros where many of them come before a long tail', async () => {
    const values = column((i) => (i % 4 === 0 ? 0 : Math.exp(stream.normal())))
    const least = Math.min(...values.map(Number).filter((value) => value > 0))
    expect(await kindOf(values)).toMatchObject({ kind: 'positive', zeros: { below: least } })
  })

  test('a category where texts are few, numbers among them included, and left out where they are many', async () => {
    expect(await kindOf(column((i) => ['b', 'a', 'c'][i % 3]))).toMatchObject({
      kind: 'category',
      levels: ['a', 'b', 'c'],
    })
    expect(await kindOf(column((i) => ['two', 'one', '3', 'four'][i % 4]))).toMatchObject({ kind: 'category' })
    // The drive of cars, four wheels, front or rear, whichever comes first.
    for (const first of [0, 1]) {
      expect(await kindOf(column((i) => ['4', 'f', 'r'][(i + first) % 3]))).toMatchObject({
        ...{ kind: 'category', levels: ['4', 'f', 'r'] },
      })
    }
    await expect(kindOf(column((i) => (i % 10 === 9 ? 'x' : i % 7)))).rejects.toThrow(/other text in 20 of 200 cells/)
    expect(await kindOf(column((i) => `row ${i}`))).toEqual({ kind: 'drop', why: 'another text in every row' })
    expect(await kindOf(column((i) => `t${i % 150}`))).toEqual({ kind: 'drop', why: '150 different texts' })
  })

  test('a category whose levels have as much room as they have rows, and half a row more', async () => {
    // 150 of a, 40 of b, 10 of c; texts and numbers among them alike.
    for (const names of [
      ['a', 'b', 'c'],
      ['x', '1', 'y'],
      ['x', 'y', '1'],
    ]) {
      const kind = await kindOf(column((i) => names[i % 20 === 7 ? 2 : i % 5 === 3 ? 1 : 0]))
      const { levels, edges } = kind as Category
      const widths = names.map((name) => levels.indexOf(name)).map((k) => (edges?.[k + 1] ?? 0) - (edges?.[k] ?? 0))
      for (const [k, rows] of [150, 40, 10].entries()) expect(widths[k]).toBeCloseTo((3 * (rows + 0.5)) / 201.5, 12)
      expect([edges?.[0], edges?.[3]]).toEqual([0, 3])
    }
  })

  test('left out where every row has the same', async () => {
    expect(await kindOf(column(() => 'same'))).toEqual({ kind: 'drop', why: 'the same text in every row' })
    expect(await kindOf(column(() => 2.5))).toEqual({ kind: 'drop', why: 'the same number in every row' })
    expect(await kindOf(column(() => '2026-02-28'))).toEqual({ kind: 'drop', why: 'the same date in every row' })
    expect(await kindOf(column((i) => (i === 9 ? 3 : 2.5)))).toMatchObject({ kind: 'rounded' })
  })

  test('a date where all cells are written as one, and a category of texts where one is not', async () => {
    expect(await kindOf(column((i) => `2026-01-${String(1 + (i % 28)).padStart(2, '0')}`))).toEqual({
      ...{ kind: 'date', low: 20454, high: 20481, step: 1 },
      format: { unit: 'day', between: 'T', zone: '' },
    })
    expect(await kindOf(column((i) => `2026-01-01 ${10 + (i % 12)}:30:00Z`))).toMatchObject({
      ...{ kind: 'date', step: 3600, format: { unit: 'second', between: ' ', zone: 'Z' } },
    })
    expect(await kindOf(column((i) => (i % 2 === 0 ? '2026-02-28' : '2026-02-30')))).toMatchObject({ kind: 'category' })
  })

  test('left out where it counts the rows, unless the others are given it', async () => {
    expect(await kindOf(column((i) => i))).toEqual({ kind: 'drop', why: 'counts the rows' })
    expect(
      await kindOf(
        column((i) => 5000 + i),
        {},
        'order_id',
      ),
    ).toEqual({ kind: 'drop', why: 'counts the rows' })
    expect(
      await kindOf(
        column((i) => 1826 + i),
        {},
        'year',
      ),
    ).toMatchObject({ kind: 'integer' })
    expect(
      await kindOf(
        column((i) => i),
        { given: ['c'] },
      ),
    ).toEqual({ kind: 'continuous' })
  })
})

describe('a column that is said to be something', () => {
  test('is that', async () => {
    const angles = column((i) => ((i * 37) % 360) / 3.7)
    expect(await kindOf(angles, asked('circular'))).toMatchObject({ kind: 'circular', period: 360, from: 0 })
    expect(await kindOf(angles, asked('circular(100)'))).toMatchObject({ kind: 'circular', period: 100 })
    expect(await kindOf(angles, asked('bounded(-1,400)'))).toMatchObject({ kind: 'bounded', low: -1, high: 400 })
    expect(
      await kindOf(
        column((i) => i % 3),
        asked('category'),
      ),
    ).toMatchObject({ kind: 'category', levels: ['0', '1', '2'] })
    expect(
      await kindOf(
        column((i) => i),
        asked('integer'),
      ),
    ).toMatchObject({ kind: 'integer', high: 199 })
    expect(
      await kindOf(
        column((i) => i % 3),
        asked('continuous'),
      ),
    ).toEqual({ kind: 'continuous', decimals: 0 })
  })

  test.each([
    ['positive', column((i) => i - 5), /--column c:positive does not fit: its values are -5 … 194/],
    ['integer', column((i) => i / 2), /not all of its numbers are whole/],
    ['bounded(0,1)', column((i) => (i % 11) / 10), /0 is there, at a bound/],
    ['bounded(0,1)', column((i) => i), /its values are 0 … 199/],
    ['integer', column((i) => `t${i % 3}`), /its cells are not all numbers \("t0", table.csv:2\)/],
    ['date', column((i) => i), /its cells are not all dates/],
  ])('%s is refused where it does not fit', async (kind, cells, message) => {
    await expect(kindOf(cells, asked(kind))).rejects.toThrow(message)
  })

  test.each([
    ['intger', /--column c is "intger"; expected .*\. Did you mean integer\?/],
    ['bounded', /expected .*bounded\(LOW,HIGH\)/],
    ['bounded(1,0)', /expected/],
    ['circular(-1)', /expected/],
    ['integer(3)', /expected/],
  ])('%s is no kind', (kind, message) => {
    expect(() => parseKind(kind, '--column c')).toThrow(message)
  })
})

test('text among numbers is refused, with its place and the ways out', async () => {
  await expect(kindOf(column((i) => (i === 7 ? 'oops' : i)))).rejects.toThrow(
    'table.csv:9: column "c" has "oops", not a number. Correct the cell or remove the row.',
  )
  await expect(kindOf(column((i) => (i % 20 === 7 ? '5+' : i % 9)))).rejects.toThrow(
    /table\.csv:9: column "c" has "5\+" and other text in 10 of 200 cells.*--column c:category.*--drop c/,
  )
  await expect(kindOf(column((i) => `$${i % 9}`))).rejects.toThrow(/column "c" has "\$0", a number with "\$"/)
})

test('a row of units below the header is named, with the way out', async () => {
  const table = parseTypedTable('height,weight\ncm,kg\n180,75\n160,50\n170,60\n', { source: 'units.csv' })
  await expect(columnsOf(table)).rejects.toThrow(
    /^units\.csv:2: no numbers below the header, but in the row after it \("cm"\): units\? .*--skip-rows 2 --header 'height,weight'\.$/,
  )
})

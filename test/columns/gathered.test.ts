import { describe, expect, test } from 'vitest'
import type { ColumnKind, TableCodec } from '#columns/kinds.js'
import { positiveOf } from '#columns/number-kinds.js'
import { NumberShape } from '#columns/number-shape.js'
import { RowCodec } from '#columns/table-codec.js'
import { tailsOf } from '#train/calibration/normal-scores.js'

const ROWS = 4000

function encoded(kind: ColumnKind, value: (row: number) => number, missing = false): Float64Array {
  const table: TableCodec = { columns: [{ name: 'c', kind, ...(missing && { missing: true }) }], given: [], seed: 1 }
  const codec = new RowCodec(table)
  const numbers = Array.from({ length: ROWS }, (_, row) => row)
  const out = codec.encode(Float64Array.from(numbers, value), numbers, new Float64Array(ROWS * codec.names.length))
  // Of a column that may have gaps, what says whether there is one.
  return out.filter((_, at) => at % codec.names.length === codec.names.length - 1)
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value / values.length, 0)

/** What of a normal with the numbers' mean and sd lies above a number. */
function massAbove(border: number, numbers: Float64Array): number {
  const centre = mean(numbers)
  const sd = Math.sqrt(mean(numbers.map((number) => (number - centre) ** 2)))
  return tailsOf((border - centre) / sd).above
}

const logit = (share: number) => Math.log(share / (1 - share))

describe('a normal of the rows that have a value puts next to nothing where another one is', () => {
  test('cells that are there beside those that are missing: spread evenly it would be a tenth', () => {
    const told = encoded({ kind: 'continuous' }, () => 3, true)
    expect(
      massAbove(
        logit(1 / 2),
        told.map((number) => logit(number / 2)),
      ),
    ).toBeLessThan(0.01)
    const evenly = Float64Array.from({ length: ROWS }, (_, i) => logit((i + 0.5) / ROWS / 2))
    expect(massAbove(logit(1 / 2), evenly)).toBeGreaterThan(0.08)
  })

  test('zeros beside the least positive number, both by their logarithms: a tenth of 4 %', () => {
    const positive = Float64Array.from({ length: 200 }, (_, i) => Math.exp(1.2 * Math.sin(i))).sort()
    const shape = new NumberShape()
    for (const value of [0, ...positive]) shape.add(value)
    const kind = positiveOf(shape, positive)
    expect(massAbove(Math.log(positive[0]), encoded(kind, () => 0).map(Math.log))).toBeLessThan(0.005)
  })
})

describe('rows that a flow is fitted to', () => {
  const ends = (numbers: Float64Array) => [Math.min(...numbers), Math.max(...numbers)]

  test('have whole numbers anywhere in their intervals, but for zeros that are modelled by the logarithm', () => {
    const grid = { kind: 'integer', low: 0, high: 90, step: 1, decimals: 0 } as const
    const [low, high] = ends(encoded(grid, () => 0))
    expect([low < 0.01, high > 0.99]).toEqual([true, true])
    const counts = { ...grid, support: { low: 0 } }
    const [least, greatest] = ends(encoded(counts, () => 0))
    expect([least < 0.01, greatest <= 0.75]).toEqual([true, true])
    const [one, two] = ends(encoded(counts, () => 1))
    expect([one < 1.01, two > 1.99]).toEqual([true, true])
  })

  test('are scored over the whole of them: what a density has at the border counts', () => {
    const counts = { kind: 'integer', low: 0, high: 90, step: 1, decimals: 0, support: { low: 0 } } as const
    const codec = new RowCodec({ columns: [{ name: 'c', kind: counts }], given: [], seed: 1 })
    for (const u of [0.01, 0.99]) expect([...codec.encodeAt(Float64Array.of(0), [u], new Float64Array(1))]).toEqual([u])
  })
})

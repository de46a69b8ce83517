import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCodec } from '#columns/codec-schema.js'
import { columnCodec } from '#columns/column-codec.js'
import { latinUniforms, RowUniforms } from '#columns/dequantise.js'
import { formatDate, parseDate } from '#columns/iso-dates.js'
import { type ColumnKind, supportOf, type TableCodec } from '#columns/kinds.js'
import { RowCodec } from '#columns/table-codec.js'

const DAY = { unit: 'day', between: 'T', zone: '' } as const
const kinds: Readonly<Record<string, [ColumnKind, number[]]>> = {
  continuous: [{ kind: 'continuous', decimals: 2 }, [-3.25, 0, 17.01, 1e7]],
  'continuous of all digits': [{ kind: 'continuous' }, [-Math.PI, 1e-300, 1e300]],
  positive: [{ kind: 'positive', decimals: 1 }, [0.1, 3, 1e6]],
  'positive with zeros': [{ kind: 'positive', zeros: { below: 0.25, width: 1.5 } }, [0, 0, 0.25, 0.3, 90]],
  bounded: [{ kind: 'bounded', low: 0, high: 1, decimals: 2 }, [0.01, 0.5, 0.99]],
  'circular in degrees': [
    { kind: 'circular', period: 360, cut: 217, from: 0, decimals: 1 },
    [0, 10.5, 216.9, 217, 359.9],
  ],
  'circular in radians': [{ kind: 'circular', period: 2 * Math.PI, cut: 1, from: -Math.PI }, [-3.1, 0.5, 3.1]],
  'circular and rounded': [
    { kind: 'circular', period: 360, cut: 100, from: 0, decimals: 0, grid: { low: 0, step: 5 } },
    [0, 95, 100, 355],
  ],
  integer: [{ kind: 'integer', low: -3, high: 900, step: 1, decimals: 0 }, [-3, 0, 17, 900]],
  'integer by 25': [{ kind: 'integer', low: 2700, high: 6300, step: 25, decimals: 0 }, [2700, 2725, 6300]],
  rounded: [{ kind: 'rounded', low: 32.1, high: 59.6, step: 0.1, decimals: 1 }, [32.1, 32.2, 40.7, 59.6]],
  category: [{ kind: 'category', levels: ['a', 'b', 'c'] }, [0, 1, 2]],
  'category by frequency': [{ kind: 'category', levels: ['a', 'b', 'c'], edges: [0, 0.01, 2.5, 3] }, [0, 1, 2]],
  'date, not spread': [
    { kind: 'date', format: { ...DAY, unit: 'second' }, low: 1.7e9, high: 1.8e9, step: 1, fine: true },
    [1.7e9, 1.7e9 + 1, 1.75e9, 1.8e9],
  ],
  date: [{ kind: 'date', format: DAY, low: 20454, high: 20481, step: 1 }, [20454, 20470, 20481]],
}

describe.each(Object.entries(kinds))('%s', (_, [kind, values]) => {
  test('comes back as it was, whatever the uniform number', () => {
    for (const given of [false, true]) {
      const codec = columnCodec(kind, given)
      const row = new Float64Array(codec.endings.length)
      for (const u of [2 ** -21, 0.3, 0.7, 1 - 2 ** -21]) {
        for (const value of values) {
          codec.encode(value, u, row, 0)
          expect(codec.decode(row, 0)).toBeCloseTo(value, kind.kind === 'circular' && given ? 9 : 12)
        }
      }
    }
  })

  test('has its numbers within its support, and is drawn within the range of the file from any number', () => {
    const codec = columnCodec(kind, false)
    const { low = -Infinity, high = Infinity } = supportOf(kind)
    const row = new Float64Array(1)
    for (const value of values) {
      codec.encode(value, 2 ** -21, row, 0)
      expect(row[0]).toBeGreaterThan(low)
      expect(row[0]).toBeLessThan(high)
    }
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: Math.max(low, -1e9), max: Math.min(high, 1e9) }), (number) => {
        row[0] = number
        const drawn = codec.decode(row, 0)
        if (kind.kind === 'circular') return drawn >= kind.from && drawn < kind.from + kind.period
        if (kind.kind === 'category') return drawn >= 0 && drawn < 3 && Number.isInteger(drawn)
        if ('low' in kind && kind.kind !== 'bounded') return drawn >= kind.low && drawn <= kind.high
        return kind.kind === 'positive'
          ? drawn >= 0 && (kind.zeros !== undefined || drawn > 0)
          : drawn > low && drawn < high
      }),
    )
  })

  test('is read from JSON as it is written', () => {
    const codec: TableCodec = { columns: [{ name: 'c', kind }], given: [], seed: 3 }
    expect(readCodec(JSON.parse(JSON.stringify(codec)))).toEqual(JSON.parse(JSON.stringify(codec)))
  })
})

describe('uniform numbers', () => {
  test('depend on seed, row and column alone', () => {
    const forwards = new RowUniforms(5)
    const all = Array.from({ length: 60 }, (_, i) => forwards.at(Math.floor(i / 6), i % 6))
    const backwards = new RowUniforms(5)
    for (let i = 59; i >= 0; i--) expect(backwards.at(Math.floor(i / 6), i % 6)).toBe(all[i])
    expect(new Set(all).size).toBe(60)
    expect(new RowUniforms(6).at(0, 0)).not.toBe(all[0])
  })

  test('have the mean 1/2 and variance 1/12 of a uniform distribution, and every twentieth its share', () => {
    const uniforms = new RowUniforms(1)
    const values = Array.from({ length: 20_000 }, (_, row) => uniforms.at(row, 3))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / values.length))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002)
    for (let part = 0; part < 20; part++) {
      const count = values.filter((value) => Math.floor(value * 20) === part).length
      expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(950))
    }
  })

  test('of scores lie one in each of 8 parts', () => {
    const points = latinUniforms(4, 2, 8)
    expect([...points].map((u) => Math.floor(u * 8)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(latinUniforms(4, 3, 8)).not.toEqual(points)
  })
})

test('rows are modelled columns in the order of the table, then those given in the order given', () => {
  const codec = new RowCodec({
    columns: [
      { name: 'species', kind: { kind: 'category', levels: ['Adelie', 'Chinstrap', 'Gentoo'] } },
      { name: 'mass', kind: { kind: 'integer', low: 0, high: 9, step: 1, decimals: 0 } },
      { name: 'size', kind: { kind: 'continuous' } },
      { name: 'length', kind: { kind: 'continuous' } },
    ],
    given: ['size', 'species'],
    seed: 0,
  })
  expect(codec.names).toEqual(['mass', 'length', 'size', 'species=Chinstrap', 'species=Gentoo'])
  expect(codec.dim).toBe(2)
  const values = Float64Array.of(2, 7, 1.5, -4, 0, 3, 2.5, -5)
  const rows = codec.encode(values, [10, 11], new Float64Array(10))
  expect([...rows.subarray(1, 5), ...rows.subarray(6)]).toEqual([-4, 1.5, 0, 1, -5, 2.5, 0, 0])
  expect(codec.decode(rows, new Float64Array(8))).toEqual(values)
  expect(codec.encode(values.subarray(4), [11], new Float64Array(5))).toEqual(rows.subarray(5))
})

describe('dates', () => {
  test('are read and written alike', () => {
    for (const text of ['2026-11-26', '1969-12-31T23:59', '2026-11-26 10:00:59Z', '0001-01-01T00:00:00.125+05:30']) {
      const { value, format } = parseDate(text) as NonNullable<ReturnType<typeof parseDate>>
      expect(formatDate(value, format)).toBe(text)
    }
    expect(parseDate('2000-03-01')?.value).toBe(11017)
  })

  test.each(['2026-02-30', '2026-13-01', '2026-11-26T24:00', '26-11-2026', '2026-11', '2026-11-26T10'])(
    '%s is none',
    (text) => expect(parseDate(text)).toBeUndefined(),
  )
})

describe('JSON of a codec is refused', () => {
  const good = {
    columns: [{ name: 'c', kind: { kind: 'integer', low: 0, high: 5, step: 1, decimals: 0 } }],
    given: [],
    seed: 0,
  }
  const kind = (change: object) => ({ ...good, columns: [{ name: 'c', kind: { ...good.columns[0].kind, ...change } }] })
  test.each<[string, unknown]>([
    ['no object', 3],
    ['no columns', { ...good, columns: [] }],
    ['two of a name', { ...good, columns: [...good.columns, ...good.columns] }],
    ['all given', { ...good, given: ['c'] }],
    ['a given one that is not there', { ...good, given: ['d'] }],
    ['an unknown kind', kind({ kind: 'magic' })],
    ['a step of 0', kind({ step: 0 })],
    ['ends off the grid', kind({ high: 5.5 })],
    ['low above high', kind({ low: 9 })],
    ['decimals that toFixed does not take', kind({ decimals: 1000 })],
    ['infinity', kind({ high: Number.POSITIVE_INFINITY })],
    ['an unknown entry', { ...good, more: 1 }],
    ['a seed below 0', { ...good, seed: -1 }],
    ...[
      [0, 1],
      [0, 1, 3],
      [0.1, 1, 2],
      [0, 2, 2],
      [0, Number.NaN, 2],
    ].map((edges): [string, unknown] => [
      `edges ${edges} of two levels`,
      { ...good, columns: [{ name: 'c', kind: { kind: 'category', levels: ['a', 'b'], edges } }] },
    ]),
    ['one level', { ...good, columns: [{ name: 'c', kind: { kind: 'category', levels: ['a'] } }] }],
    [
      'a date beyond all calendars',
      { ...good, columns: [{ name: 'c', kind: { kind: 'date', format: DAY, low: 0, high: 1e9, step: 1 } }] },
    ],
  ])('with %s', (_, json) => {
    expect(readCodec(json)).toEqual(expect.any(String))
  })

  test('and not as it should be', () => expect(readCodec(good)).toEqual(good))
})

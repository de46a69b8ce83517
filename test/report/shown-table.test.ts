import { flow, leakyReLU } from 'pushforward'
import { describe, expect, test } from 'vitest'
import type { ColumnKind, TableCodec } from '#columns/kinds.js'
import { toMatrix } from '#data/rows.js'
import { angleTicks, dateTicks, levelTicks, wholeTicks } from '#report/axis-ticks.js'
import { axisBins, axisOf } from '#report/column-axis.js'
import { comparedNoise } from '#report/held-out.js'
import { shownTable } from '#report/shown-table.js'
import { picturesOf } from '#report/write-plots.js'
import { expectApart, expectSound, parse, texts } from './svg.js'

const DAY = { unit: 'day', between: 'T', zone: '' } as const
const KINDS = {
  species: { kind: 'category', levels: ['Adelie', 'Chinstrap', 'Gentoo'] },
  count: { kind: 'integer', low: 10, high: 30, step: 10, decimals: 0 },
  day: { kind: 'date', format: DAY, low: 19_000, high: 19_400, step: 1 },
  wind: { kind: 'circular', period: 360, cut: 90, from: 0, grid: { low: 0, step: 10 }, decimals: 0 },
  claim: { kind: 'positive', decimals: 1, zeros: { below: 0.5, width: 1 } },
  length: { kind: 'continuous', decimals: 1 },
} satisfies Record<string, ColumnKind>

const codec = (names: (keyof typeof KINDS)[], given: string[] = [], missing: string[] = []): TableCodec => ({
  columns: names.map((name) => ({
    ...{ name, kind: KINDS[name] },
    ...(missing.includes(name) && { missing: true as const }),
  })),
  given,
  seed: 0,
})

const places = (table: TableCodec, rows: number[][]) => [
  ...shownTable(table).places(toMatrix(rows, rows[0].length, 'Rows')).data,
]

describe('the place of a number of a flow', () => {
  test.each<[keyof typeof KINDS, number, number]>([
    // The second level, and a fifth of the room of it before its middle.
    ['species', 1.3, 0.8],
    ['count', 20, 15],
    ['count', 27.5, 22.5],
    // Above what there is the flow's samples become the greatest.
    ['count', 66, 31],
    // Three days behind the first.
    ['day', 3.5, 19_003],
    // Once around, and the seventh tenth of the step from 80 to 90.
    ['wind', 447, 82],
    ['claim', 0.49, 0],
    ['claim', 7.04, 7],
    ['length', 3.14, 3.1],
  ])('of %s, %d: %d', (name, number, place) => {
    expect(places(codec([name]), [[number]])[0]).toBeCloseTo(place, 9)
  })

  test('of a level with an interval of its own is as far in its room, and leads not back at one scale', () => {
    const levels = ['a', 'b', 'c']
    const table = { columns: [{ name: 'c', kind: { kind: 'category' as const, levels, edges: [0, 2, 2.5, 3] } }] }
    const shown = shownTable({ ...table, given: [], seed: 0 })
    const own = [[0.5], [2.4], [3.2]]
    for (const [i, place] of [-0.25, 1.3, 2.5].entries())
      expect(shown.places(toMatrix(own, 1, 'Rows')).data[i]).toBeCloseTo(place, 9)
    expect(shown.numbers).toBeUndefined()
  })

  test('is none where the cell is missing', () => {
    // count, length, and whether a length is missing.
    const table = codec(['count', 'length'], [], ['length'])
    expect(
      places(table, [
        [15, 2, 0.9],
        [15, 2, 1.1],
      ]),
    ).toEqual([10, 2, 10, Number.NaN])
    expect(shownTable(table).numbers).toBeUndefined()
  })

  test('leads back to it, at the same distances', () => {
    const own = [1.3, 27.5, 3.5, 447, 3.1]
    const table = shownTable(codec(['species', 'count', 'day', 'wind', 'length']))
    const { data } = table.places(toMatrix([own], 5, 'Rows'))
    for (const [j, number] of [...(table.numbers?.(Float64Array.from(data)) ?? [])].entries())
      expect(number).toBeCloseTo(own[j], 9)
  })

  test('stands behind those that are modelled where it is given, names in one column', () => {
    const table = codec(['species', 'length'], ['species'])
    expect(shownTable(table).columns).toEqual(['length', 'species'])
    // length, species=Chinstrap, species=Gentoo
    const [length, species] = places(table, [[2, 0, 1]])
    expect([length, Math.round(species)]).toEqual([2, 2])
  })
})

describe('bins', () => {
  const values = (count: number, of: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => of(i))

  test('of whole numbers have each in the middle of one, or of equally many', () => {
    const few = values(1000, (i) => i % 5)
    const { domain, bins } = axisBins(few, few, axisOf({ ...KINDS.count, low: 0, high: 4, step: 1 }))
    expect((domain[0] + 0.5) % 1).toBeCloseTo(0, 9)
    expect(domain[1] - domain[0]).toBeCloseTo(bins, 9)
    const many = values(1000, (i) => (7 * i) % 101)
    const wide = axisBins(many, many, axisOf({ ...KINDS.count, low: 0, high: 100, step: 1 }))
    expect(((wide.domain[1] - wide.domain[0]) / wide.bins) % 1).toBeCloseTo(0, 9)
    expect(wide.bins).toBeGreaterThan(20)
    expect(wide.bins).toBeLessThanOrEqual(41)
  })

  test('of names are one each, of angles all around in equal parts', () => {
    const none = new Float64Array(0)
    expect(axisBins(none, none, axisOf(KINDS.species))).toEqual({ domain: [-0.5, 2.5], bins: 3 })
    const levels = Array.from({ length: 50 }, (_, i) => `l${i}`)
    expect(axisBins(none, none, axisOf({ kind: 'category', levels })).bins).toBe(50)
    const many = values(5000, (i) => i % 360)
    const around = { ...KINDS.wind, grid: { low: 0, step: 1 } }
    expect(axisBins(many, many, axisOf(around))).toEqual({ domain: [-0.5, 359.5], bins: 40 })
  })
})

describe('what is written at an axis', () => {
  const written = (found: ReturnType<typeof wholeTicks>) => found.values.map(found.format)
  const days = (text: string) => Date.parse(text) / 86_400_000

  test('of days is days, months or years, as many as fit', () => {
    const ticks = (low: string, high: string) => written(dateTicks(DAY)([days(low), days(high)], 250, 'across'))
    expect(ticks('2021-01-28', '2021-02-05')).toEqual(['2021-01-28', '2021-02-04'])
    expect(ticks('2020-12-10', '2021-07-01')).toEqual(['2021-01', '2021-04', '2021-07'])
    expect(ticks('2019-06-01', '2022-05-01')).toEqual(['2020', '2021', '2022'])
    expect(ticks('1901-06-01', '2022-05-01')).toEqual(['1950', '2000'])
  })

  test('of times is their hours and minutes', () => {
    const format = { unit: 'minute', between: ' ', zone: '' } as const
    const at = (text: string) => Date.parse(`${text}Z`) / 60_000
    const found = dateTicks(format)([at('2021-03-01T22:10'), at('2021-03-02T04:00')], 300, 'across')
    expect(written(found)).toEqual(['03-02 00:00', '03-02 03:00'])
  })

  test('of whole numbers is whole, and of years without a comma', () => {
    expect(written(wholeTicks([0.5, 3.5], 250, 'across'))).toEqual(['1', '2', '3'])
    expect(written(wholeTicks([1990, 2014], 250, 'across'))).toEqual(['1990', '1995', '2000', '2005', '2010'])
  })

  test('of names is each that fits, of degrees quarters of a turn', () => {
    expect(written(levelTicks(['male', 'female'])([-0.5, 1.5], 250, 'across'))).toEqual(['male', 'female'])
    const [first] = written(levelTicks(['w'.repeat(90), 'b'])([-0.5, 1.5], 140, 'across'))
    expect(first).toMatch(/^w{3,8}…$/)
    const many = Array.from({ length: 50 }, (_, i) => `l${i}`)
    expect(written(levelTicks(many)([-0.5, 49.5], 140, 'up')).length).toBeLessThanOrEqual(10)
    expect(written(angleTicks(360)([0, 360], 250, 'across'))).toEqual(['0', '90', '180', '270', '360'])
  })
})

describe('pictures of a model that knows a table', () => {
  const model = (names: (keyof typeof KINDS)[], given: string[] = [], missing: string[] = []) => {
    const table = codec(names, given, missing)
    const contexts = given.length === 0 ? 0 : KINDS.species.levels.length - 1
    const it = flow(names.length - given.length + missing.length, [leakyReLU()], { context: contexts })
    it.data = { columns: undefined, sha256: undefined, table }
    return it
  }
  const losses = Float64Array.of(3, 2, 1)
  const some = (rows: number, ...of: ((i: number) => number)[]) =>
    Array.from({ length: rows }, (_, i) => of.map((number) => number(i)))

  test('have its names, dates and angles at their axes, and its columns alone', () => {
    const rows = some(
      300,
      (i) => (i * 0.61) % 3,
      (i) => i % 400,
      (i) => 90 + ((i * 7) % 360),
      () => 0.5,
      () => 1.5,
      (i) => i % 2,
    )
    const pictures = picturesOf({
      flow: model(['species', 'day', 'wind', 'length'], [], ['wind', 'length']),
      rows,
      losses,
    })
    const svg = pictures.get('marginals.svg')?.() ?? ''
    expectSound(svg)
    expectApart(svg)
    const found = texts(svg)
    expect(found).toEqual(
      expect.arrayContaining(['Adelie', 'Chinstrap', 'Gentoo', '2022-07', '90', '270', 'species', 'share', 'length']),
    )
    expect(found).not.toContain('length missing')
    expect(found.join(' ')).toMatch(
      /Missing cells: 100 % of wind in the data, .* in the samples; 50 % of length in the data, /,
    )
    const pairs = pictures.get('pairs.svg')?.() ?? ''
    expectSound(pairs)
    expect(texts(pairs)).toContain('Gentoo')
  })

  test('show its density where values stand: half a step below the numbers of the flow', () => {
    const it = model(['count', 'length'])
    const rows = some(
      200,
      (i) => 10 + ((i * 3.7) % 30),
      (i) => Math.sin(i),
    )
    const found = picturesOf({ flow: it, rows, losses })
    for (const name of ['density.svg', 'samples.svg']) expectSound(found.get(name)?.() ?? '')
    expect(texts(found.get('density.svg')?.() ?? '')).toContain('count')
    // The mass of a standard normal between 5 and 35 is that of the flow's numbers between 10 and 40.
    const table = shownTable(codec(['count', 'length']))
    expect([...(table.numbers?.(Float64Array.of(5, 0.1)) ?? [])]).toEqual([10, 0.1])
  })

  test('are histograms where zeros have a mass beside a density', () => {
    const names = (it: ReturnType<typeof model>, rows: number[][]) => [...picturesOf({ flow: it, rows, losses }).keys()]
    const claims = (i: number) => 0.3 + (i % 9)
    expect(names(model(['claim']), some(20, claims))).not.toContain('density.svg')
    expect(names(model(['claim', 'length']), some(20, claims, Math.sin))).toEqual(
      expect.arrayContaining(['marginals.svg', 'pairs.svg']),
    )
    expect(names(model(['length']), some(20, Math.sin))).toContain('density.svg')
  })

  test('show what is given as one column', () => {
    const it = model(['species', 'length'], ['species'])
    const rows = some(
      60,
      Math.sin,
      (i) => Number(i % 3 === 1),
      (i) => Number(i % 3 === 2),
    )
    const pictures = picturesOf({ flow: it, rows, losses })
    expect(parse(pictures.get('marginals.svg')?.() ?? '').filter(({ name }) => name === 'svg')).toHaveLength(2)
    expect(texts(pictures.get('pairs.svg')?.() ?? '')).toEqual(expect.arrayContaining(['species', 'Chinstrap']))
  })

  test('compare the columns of an ensemble as the table has them', () => {
    const table = shownTable(codec(['day', 'length']))
    const rows = toMatrix([[3.5, 0.1]], 2, 'Rows')
    const own = { dim: 2, contextDim: 0, data: {} } as unknown as Parameters<typeof comparedNoise>[0]
    const [day] = comparedNoise(own, rows, rows, table)
    expect([day.name, ...day.rows]).toEqual(['day', 19_003])
  })
})

import { affineCoupling, alternatingMask, fit, flow, jang, leakyReLU, preprocess } from 'pushforward'
import { describe, expect, test } from 'vitest'
import type { TableCodec } from '#columns/kinds.js'
import { RowSet } from '#data/row-set.js'
import { matrixSource } from '#data/row-source.js'
import { toMatrix } from '#data/rows.js'
import { DominatingRowsSearch } from '#train/dominating-rows.js'
import { evaluate } from '#train/evaluation.js'
import { contextsOf } from '#train/given-rows.js'
import { RunningMean, withinNoise } from '#train/mean-nll.js'
import { QuartilesFit } from '#train/quartiles.js'
import { samplesOutside } from '#train/samples-outside.js'
import { splitRows } from '#train/split.js'
import { stillFalling } from '#train/still-falling.js'
import { meanOf, standardNormals } from '../fixtures/normals.js'

const tiny = () =>
  flow(
    2,
    [0, 1].flatMap((i) => [leakyReLU(), affineCoupling({ mask: alternatingMask(2, i), hidden: [2] })]),
  )

describe('RunningMean with weights', () => {
  const values = Float64Array.from({ length: 50 }, (_, i) => Math.sin(3 * i) + 1e6)
  const weights = Float64Array.from(values, (_, i) => i % 4)

  test('is Σ w x / Σ w ± √(n/(n − 1) Σ w² (x − m)²) / Σ w, in whatever blocks', () => {
    const mean = new RunningMean()
    for (let i = 0; i < 50; i += 7) mean.add(values.subarray(i, i + 7), weights.subarray(i, i + 7))
    const all = [...values.keys()]
    const total = all.reduce((sum, i) => sum + weights[i], 0)
    const m = all.reduce((sum, i) => sum + weights[i] * values[i], 0) / total
    const squares = all.reduce((sum, i) => sum + (weights[i] * (values[i] - m)) ** 2, 0)
    const n = weights.filter((weight) => weight > 0).length
    expect(mean.end()).toEqual({
      mean: expect.closeTo(m, 8),
      standardError: expect.closeTo(Math.sqrt((n / (n - 1)) * squares) / total, 8),
      rows: 50,
    })
  })

  test('all 3 are as all 1, and what has weight 0 may be infinite', () => {
    const [ones, threes] = [new RunningMean(), new RunningMean()]
    ones.add(values)
    threes.add(
      values,
      values.map(() => 3),
    )
    expect(threes.end().mean).toBeCloseTo(ones.end().mean ?? 0, 8)
    expect(threes.end().standardError).toBeCloseTo(ones.end().standardError ?? 0, 10)
    const mean = new RunningMean()
    mean.add(Float64Array.of(1, Number.POSITIVE_INFINITY, 3), Float64Array.of(1, 0, 1))
    expect(mean.end()).toEqual({ mean: 2, standardError: 1, rows: 3 })
  })

  test('a difference of two standard errors is within noise, one of more is not', () => {
    expect(withinNoise({ mean: -2, standardError: 1, rows: 9 })).toBe(true)
    expect(withinNoise({ mean: -2.1, standardError: 1, rows: 9 })).toBe(false)
    expect(withinNoise({ mean: 5, standardError: null, rows: 1 })).toBe(true)
  })
})

describe('rows that dominate a mean', () => {
  const found = (values: number[], weights?: number[]) => {
    const search = new DominatingRowsSearch(values.length)
    for (let i = 0; i < values.length; i += 11) {
      search.add(Float64Array.from(values.slice(i, i + 11)), weights && Float64Array.from(weights.slice(i, i + 11)))
    }
    return search.end()
  }
  const ordinary = Array.from({ length: 400 }, (_, i) => Math.sin(i))

  test('one of −18 818 among 400: it is named, with its nats of the mean and the mean of the others', () => {
    const others = meanOf(ordinary.toSpliced(123, 1))
    expect(found(ordinary.with(123, 18818))).toEqual({
      rows: [{ row: 123, nll: 18818, share: expect.closeTo((18818 - others) / 400, 9) }],
      meanWithout: expect.closeTo(others, 9),
    })
  })

  test('several do not hide each other; ordinary rows are none, nor is any of a few', () => {
    expect(found(ordinary.with(7, 500).with(300, 400).with(301, 450))?.rows.map(({ row }) => row)).toEqual([
      7, 301, 300,
    ])
    expect(found(ordinary)).toBeUndefined()
    expect(found(ordinary.slice(0, 19).with(3, 1000))).toBeUndefined()
    expect(found(ordinary.slice(0, 20).with(3, 1000))?.rows.length).toBe(1)
  })

  test('a density of 0 has no share to tell, and does not hide the mean of the others', () => {
    const others = meanOf(ordinary.toSpliced(5, 1))
    expect(found(ordinary.with(5, Number.POSITIVE_INFINITY))).toEqual({
      rows: [{ row: 5, nll: null, share: null }],
      meanWithout: expect.closeTo(others, 9),
    })
  })

  test('one far out without weight is none, one of great weight is', () => {
    const ones = ordinary.map(() => 1)
    expect(found(ordinary.with(9, 1000), ones.with(9, 0))).toBeUndefined()
    expect(found(ordinary.with(9, 3), ones.with(9, 100))?.rows).toEqual([
      { row: 9, nll: 3, share: expect.closeTo((100 * (3 - meanOf(ordinary.toSpliced(9, 1)))) / 499, 9) },
    ])
  })

  test('evaluate names them by their number in the whole table', async () => {
    // A row in the tail of a heavy column, put where the seed trains on it.
    const rows = standardNormals(300, 2, 5).map((row, i) => (i === 170 ? [40, -40] : row))
    const kept = RowSet.of(
      [...rows.keys()].filter((i) => i % 3 !== 0),
      300,
    )
    const given = [...kept].map((i) => rows[i])
    const model = tiny()
    const result = await fit(model, given, { steps: 2, threads: 0, preprocess: preprocess({ gaussianise: false }) })
    const numbers = { rows: kept, test: kept.complement() }
    const { dominating } = await evaluate(model, given, result, { threads: 0, numbers })
    expect(dominating?.train?.rows.map(({ row }) => row)).toEqual([170])
  })
})

test('contexts are drawn as often as the weights of their rows say', async () => {
  const given = flow(1, [leakyReLU()], { context: 1 })
  const source = matrixSource(
    toMatrix(
      [
        [0, 10],
        [0, 20],
        [0, 30],
        [0, 40],
      ],
      2,
      'Rows',
    ),
  )
  expect([...(await contextsOf(given, source, 4)).data]).toEqual([10, 20, 30, 40])
  expect([...(await contextsOf(given, source, 4, Float64Array.of(0, 3, 0, 1))).data]).toEqual([20, 20, 20, 40])
})

test('quartiles of 0 … 100, and with weights those of rows that are there as often', () => {
  const quartiles = (values: number[], weights?: number[]) => {
    const fit = new QuartilesFit(values.length)
    fit.add(Float64Array.from(values), weights && Float64Array.from(weights))
    return fit.end()
  }
  expect(quartiles(Array.from({ length: 101 }, (_, i) => (37 * i) % 101))).toEqual([25, 50, 75])
  expect(quartiles([4, 1, 3, 2])).toEqual([1.5, 2.5, 3.5])
  expect(quartiles([10, 20, 30, 40], [0, 2, 1, 1])).toEqual(quartiles([20, 20, 30, 40]))
  expect(quartiles([1, 2, Number.POSITIVE_INFINITY])).toEqual([1, 2, null])
})

describe('samples beyond the range of the training rows', () => {
  const source = (rows: number[][]) => matrixSource(toMatrix(rows, 2, 'Rows', { infinite: true }))
  /** x from −1 to 1 of sd 1, y from 0 to 20 of sd 10. */
  const training = [
    [-1, 0],
    [1, 20],
  ]

  test('are counted by column and in total, those more than 3 sd outside too', async () => {
    const samples = [
      [0, 10],
      [1, 20],
      [1.5, 21],
      [-4.1, 10],
      [0, 51],
      [0, 49],
      [Number.NEGATIVE_INFINITY, 10],
      [0, 0],
    ]
    const outside = await samplesOutside(flow(2, [leakyReLU()]), { rows: source(training) }, source(samples))
    expect(outside).toEqual({
      samples: 8,
      share: 5 / 8,
      farShare: 3 / 8,
      columns: [
        { name: 'x1', low: -1, high: 1, sd: 1, least: null, greatest: 1.5, share: 3 / 8, farShare: 2 / 8 },
        { name: 'x2', low: 0, high: 20, sd: 10, least: 0, greatest: 51, share: 3 / 8, farShare: 1 / 8 },
      ],
    })
  })

  test('are of the values that a table would have: a column of numbers beside names, dates, angles and gaps', async () => {
    const model = flow(6, [leakyReLU()])
    const format = { unit: 'day', between: 'T', zone: '' } as const
    const table = {
      columns: [
        { name: 'kind', kind: { kind: 'category', levels: ['a', 'b'] } },
        { name: 'count', kind: { kind: 'integer', low: 10, high: 50, step: 10, decimals: 0 } },
        { name: 'claim', kind: { kind: 'positive', decimals: 1, zeros: { below: 0.5, width: 1 } }, missing: true },
        { name: 'day', kind: { kind: 'date', format, low: 19_000, high: 19_100, step: 1 } },
        { name: 'wind', kind: { kind: 'circular', period: 360, cut: 90, from: 0 } },
      ],
      given: [],
      seed: 0,
    } satisfies TableCodec
    model.data = { columns: undefined, sha256: undefined, table }
    const rows = (values: number[][]) => matrixSource(toMatrix(values, 6, 'Rows', { infinite: true }))
    // kind, count, claim, day, wind, claim missing: counts of 10, 30 and 50, claims of 0 and 8, one that is not there.
    const own = [
      [0.2, 10.7, 0.4, 3, 100, 0.1],
      [1.9, 39.9, 8.02, 90, 440, 0.6],
      [1.9, 39.9, 1e6, 90, 440, 1.6],
      [0.2, 50.5, 0.4, 3, 100, 0.1],
    ]
    const samples = [
      [-5, 1, 0.2, 400, 449.9, 0.3],
      [7, 500, 24, -7, 95, 0.9],
      [0.5, 20, 1e9, 5, 100, 1.2],
      [0.5, 20, Number.POSITIVE_INFINITY, 5, 100, 0.2],
    ]
    expect(await samplesOutside(model, { rows: rows(own) }, rows(samples))).toEqual({
      ...{ samples: 4, share: 1 / 2, farShare: 1 / 2 },
      columns: [
        { name: 'count', low: 10, high: 50, sd: Math.sqrt(200), least: 10, greatest: 50, share: 0, farShare: 0 },
        {
          name: 'claim',
          low: 0,
          high: 8,
          sd: Math.sqrt(128 / 9),
          least: 0,
          greatest: null,
          share: 1 / 2,
          farShare: 1 / 2,
        },
      ].map((column) => ({ ...column, sd: expect.closeTo(column.sd, 12) })),
    })
  })

  test('a training row without weight widens no range', async () => {
    const part = { rows: source([...training, [9, 99]]), weights: Float64Array.of(1, 1, 0) }
    const { columns } = await samplesOutside(flow(2, [leakyReLU()]), part, source([[5, 5]]))
    expect(columns.map(({ high, sd, share }) => [high, sd, share])).toEqual([
      [1, 1, 1],
      [20, 10, 0],
    ])
  })
})

describe('a loss still falls', () => {
  const run = (losses: number[], rest: object = {}) =>
    stillFalling({
      losses: Float64Array.from(losses),
      validationLosses: new Float64Array(),
      stopped: 'steps',
      finalRate: 1,
      rowsSeen: 1000,
      split: splitRows(1000, 0.1, 0),
      ...rest,
    })
  const steps = Array.from({ length: 1000 }, (_, i) => i)
  const noise = standardNormals(1000, 1, 8).map(([value]) => value)
  const falling = steps.map((i) => 3 - i / 1000)

  test('where a line through its last fifth does, beyond its noise and by something', () => {
    expect(run(falling)).toBe(true)
    expect(run(steps.map(() => 3))).toBe(false)
    expect(run(steps.map((i) => 3 + Math.exp(-i / 50)))).toBe(false)
    // 0.2 nats in noise of 5: the line is known to 5·√(12/200) = 1.2. Of 0.1: to 0.02.
    expect(run(falling.map((loss, i) => loss + 5 * noise[i]))).toBe(false)
    expect(run(falling.map((loss, i) => loss + 0.1 * noise[i]))).toBe(true)
    expect(run(steps.map((i) => 3 - i / 50_000))).toBe(false)
    expect(run(steps.map((i) => 3 + i / 1000))).toBe(false)
  })

  test('by the rows held out where those were asked ten times or more', () => {
    const validationLosses = Float64Array.from({ length: 20 }, (_, i) => 3 - Math.min(i, 9) / 10)
    expect(run(falling, { validationLosses })).toBe(false)
    expect(run(falling, { validationLosses: validationLosses.subarray(0, 9) })).toBe(true)
  })

  test('never where patience or a number of steps ended it, and nobody knows after 29 steps or some of the rows', () => {
    expect(run(falling, { stopped: 'patience' })).toBe(false)
    expect(run(falling, { stopped: 'after' })).toBe(false)
    expect(run(falling, { stopped: 'aborted' })).toBe(true)
    expect([run(falling.slice(0, 29)), run(falling.slice(0, 30))]).toEqual([null, true])
    expect([run(falling, { rowsSeen: 899 }), run(falling, { rowsSeen: 900 })]).toEqual([null, true])
  })

  test('where a schedule went down, if its second half did and it came below the first loss', () => {
    const ended = (losses: number[]) => run(losses, { finalRate: 0.01 })
    const levelled = steps.map((i) => 3 - Math.min(i, 700) / 1000)
    expect([run(levelled), ended(levelled)]).toEqual([false, true])
    // By 0.0333 nats and 0.0167.
    expect([15_000, 30_000].map((slowness) => ended(steps.map((i) => 3 - i / slowness)))).toEqual([true, false])
    expect(ended(steps.map((i) => 3 + Math.exp(-i / 50)))).toBe(false)
    // Stirred up by the first steps, and back at 2.001.
    expect(ended(falling.map((loss, i) => (i === 0 ? 2 : loss)))).toBe(false)
    expect(ended(falling.map((loss, i) => (i === 0 ? 2.1 : loss)))).toBe(true)
  })

  test('the last rate of a run is what its schedule says', async () => {
    const { cosine } = await import('pushforward')
    const { finalRate } = await fit(tiny(), jang(50), { steps: 20, schedule: cosine(), threads: 0 })
    expect(finalRate).toBeCloseTo((1 + Math.cos((Math.PI * 19) / 20)) / 2, 12)
    expect((await fit(tiny(), jang(50), { steps: 20, threads: 0 })).finalRate).toBe(1)
    const stopped = async (after: number) =>
      (await fit(tiny(), jang(50), { steps: 20, stopping: { after }, threads: 0 })).stopped
    expect([await stopped(19), await stopped(20)]).toEqual(['after', 'steps'])
  })
})

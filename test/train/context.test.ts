import { DataError, encodeFlow, type FitOptions, fit, flow, leakyReLU, type RowSource, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { randomStream } from '#random/stream.js'
import { evaluate } from '#train/evaluation.js'
import { contextsOf } from '#train/given-rows.js'
import { lineLayers, planeFlow } from '../fixtures/conditional.js'

/** x = 2c + 1 + ½ε with c ~ N(3, 1), so that x | c ~ N(2c + 1, ¼). */
function line(rows: number, seed: number): { rows: number[][]; context: number[][]; logProb: number[] } {
  const stream = randomStream(seed, 99, 0)
  const pairs = Array.from({ length: rows }, () => [3 + stream.normal(), stream.normal()])
  return {
    rows: pairs.map(([c, e]) => [2 * c + 1 + 0.5 * e]),
    context: pairs.map(([c]) => [c]),
    logProb: pairs.map(([, e]) => -0.5 * e * e - Math.log(0.5) - 0.5 * Math.log(2 * Math.PI)),
  }
}

/** The same with each row's context behind it, read in blocks of 7 rows at most. */
function source({ rows, context }: { rows: number[][]; context: number[][] }): RowSource {
  const joined = rows.map((row, i) => [...row, ...context[i]])
  return {
    rows: rows.length,
    columns: joined[0].length,
    *blocks(most) {
      const step = Math.min(most, 7)
      for (let first = 0; first < rows.length; first += step) {
        yield Float64Array.from(joined.slice(first, first + step).flat())
      }
    },
  }
}

const training = line(2000, 1)
const options: FitOptions = { steps: 1500, optimizer: { ...adam(), learningRate: 5e-3 }, threads: 0, validation: 0.2 }

function adam() {
  return { type: 'adamW', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
function deviation(values: ArrayLike<number>): number {
  const centre = mean(values)
  return Math.sqrt(mean(Array.from(values, (value) => (value - centre) ** 2)))
}

describe('a flow fitted to x | c ~ N(2c + 1, ¼)', async () => {
  const model = flow(1, lineLayers(3), { context: 1, seed: 1 })
  const result = await fit(model, training, options)

  it('is on fresh rows no likelier than the truth, and less than 0.005 nats short of it', () => {
    const fresh = line(20_000, 2)
    const density = model.logProb(fresh.rows, { context: fresh.context })
    const excess = fresh.logProb.map((value, i) => value - density[i])
    const standardError = deviation(excess) / Math.sqrt(excess.length)
    expect(mean(excess)).toBeGreaterThan(-3 * standardError)
    expect(mean(excess)).toBeLessThan(0.005)
  })

  it('draws the mean and the sd that x has at a c', () => {
    for (const c of [1.5, 3, 4.5]) {
      const { data } = model.sample(20_000, { context: [c], seed: 3 })
      expect(Math.abs(mean(data) - (2 * c + 1))).toBeLessThan(0.08)
      expect(Math.abs(deviation(data) - 0.5)).toBeLessThan(0.08)
    }
  })

  it('has standardised x and c by the training rows, and losses without the spread of c', () => {
    const rows = [...result.split.training]
    const columns = [training.rows, training.context].map((all) => rows.map((row) => all[row][0]))
    for (const [j, column] of columns.entries()) {
      expect(model.scaler.mean[j]).toBeCloseTo(mean(column), 9)
      expect(model.scaler.sd[j]).toBeCloseTo(deviation(column), 9)
    }
    expect(result.logScale).toBeCloseTo(Math.log(model.scaler.sd[0]), 12)
    const held = [...result.split.validation]
    const density = model.logProb(
      held.map((row) => training.rows[row]),
      { context: held.map((row) => training.context[row]) },
    )
    expect(result.bestLoss + result.logScale).toBeCloseTo(-mean(density), 5)
  })

  it('is evaluated on rows given their context, beside the regression line', async () => {
    const evaluation = await evaluate(model, training, result, { threads: 0, test: source(line(500, 4)) })
    const rows = [...result.split.training]
    const density = model.logProb(
      rows.map((row) => training.rows[row]),
      { context: rows.map((row) => training.context[row]) },
    )
    expect(evaluation.nll.train.mean).toBeCloseTo(-mean(density), 6)
    expect(evaluation.nllStandardised.train.mean).toBeCloseTo(-mean(density) - result.logScale, 6)
    const [xs, cs] = [training.rows, training.context].map((all) => rows.map((row) => all[row][0]))
    const covariance = mean(xs.map((x, i) => (x - mean(xs)) * (cs[i] - mean(cs))))
    const residual = deviation(xs) ** 2 - covariance ** 2 / deviation(cs) ** 2
    expect(evaluation.gaussianBaseline?.train.mean).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E * residual), 9)
    expect(evaluation.nll.test?.rows).toBe(500)
    expect(evaluation.worstRoundTrip).toBeLessThan(1e-4)
    expect(evaluation.leftOut).toMatch(/Left out.*∫ p, and pictures of the density/)
    expect(evaluation).not.toHaveProperty('integralOfDensity')
  })
})

it('a flow on two columns given one is evaluated without an integral', async () => {
  const { rows, context } = line(200, 5)
  const wide = { rows: rows.map(([x], i) => [x, Math.sin(i)]), context }
  const model = flow(2, [leakyReLU()], { context: 1 })
  const evaluation = await evaluate(model, wide, await fit(model, wide, { steps: 3, threads: 0 }), { threads: 0 })
  expect(evaluation).not.toHaveProperty('integralOfDensity')
})

it('rows and context fit as one source that has both, or as two, to the same bits', async () => {
  const fitted = async (rows: Parameters<typeof fit>[1]) => {
    const model = flow(1, lineLayers(2), { context: 1, seed: 1 })
    await fit(model, rows, { steps: 20, threads: 0, validation: 0.1, batch: 300, seed: 4 })
    return encodeFlow(model)
  }
  const expected = await fitted(training)
  expect(await fitted(source(training))).toEqual(expected)
  const { rows, context } = training
  const parts = {
    rows: Float64Array.from(rows.flat()),
    context: source({ rows: context, context: rows.map(() => []) }),
  }
  expect(await fitted(parts)).toEqual(expected)
})

it('a flow given a context keeps its scaler, and its first loss is the mean −ln p of the rows', async () => {
  const model = planeFlow('float64')
  const { scaler } = model
  const rows = Array.from({ length: 90 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(5 * i)])
  const context = rows.map((_, i) => [4 + 0.25 * Math.cos(i), -5 + 8 * Math.sin(2 * i)])
  model.scaled = true
  const before = model.nll(rows, { context }).nll
  const { losses, logScale } = await fit(model, { rows, context }, { steps: 2, threads: 0 })
  expect(model.scaler).toBe(scaler)
  expect(logScale).toBeCloseTo(Math.log(2 * 0.5 * 4), 12)
  expect(losses[0] + logScale).toBeCloseTo(before, 10)
})

describe('what cannot be is refused:', () => {
  const { rows, context } = line(20, 6)
  const conditional = () => flow(1, lineLayers(1), { context: 1 })
  const cases: [string, Parameters<typeof fit>[1], string][] = [
    [
      'rows without their context',
      rows,
      'This flow is conditioned on 1 column: give { rows, context }, or a source of 2 columns, the context last.',
    ],
    ['a source of the rows alone', source({ rows, context: rows.map(() => []) }), 'a source of 2 columns'],
    [
      'a row more than there is context',
      { rows: [...rows, [1]], context },
      'Training data has 21 rows, its context 20; expected as many.',
    ],
    [
      'a context of two columns',
      { rows, context: context.map(([c]) => [c, c]) },
      'Context of training data has 2 columns in row 0, but this flow expects 1.',
    ],
    ['rows of two columns', { rows: rows.map(([c]) => [c, c]), context }, 'Training data has 2 columns'],
    [
      'NaN in the context',
      { rows, context: context.with(3, [Number.NaN]) },
      'Context of training data has NaN in row 3',
    ],
  ]
  it.each(cases)('%s', async (_, given, message) => {
    await expect(fit(conditional(), given, { steps: 1 })).rejects.toThrow(message)
  })

  it('a context for a flow that has none', async () => {
    const run = fit(flow(1, [leakyReLU()]), { rows, context }, { steps: 1 })
    await expect(run).rejects.toThrow(UsageError)
  })

  it('a context that is the same everywhere', async () => {
    const constant = { rows, context: rows.map(() => [7]) }
    const refused = 'Context column 0 is constant (7 in every row), so nothing can depend on it: leave it out.'
    await expect(fit(conditional(), constant, { steps: 1, threads: 0 })).rejects.toThrow(refused)
    const named = conditional()
    named.data = { columns: ['x', 'c'], sha256: undefined }
    await expect(fit(named, constant, { steps: 1, threads: 0 })).rejects.toThrow('Column "c" is constant')
  })

  it('a context beyond 10⁶ standard deviations, by its row', async () => {
    const far = { rows, context: context.with(11, [1e7]) }
    const run = fit(conditional(), far, { steps: 1, preprocess: 'none', threads: 0 })
    await expect(run).rejects.toThrow(DataError)
    await expect(run).rejects.toThrow('Row 11 ')
  })
})

it('contexts of evenly spaced rows: all of them, or every so many', async () => {
  const wide: RowSource = source({
    rows: Array.from({ length: 100 }, (_, i) => [i]),
    context: Array.from({ length: 100 }, (_, i) => [10 * i, 10 * i + 1]),
  })
  const model = flow(1, [leakyReLU()], { context: 2 })
  const firsts = async (count: number) => {
    const { data, rows, columns } = await contextsOf(model, wide, count)
    expect([data.length, rows, columns]).toEqual([2 * count, count, 2])
    return Array.from({ length: count }, (_, i) => data[2 * i] / 10)
  }
  expect(await firsts(100)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  expect(await firsts(4)).toEqual([0, 25, 50, 75])
  expect(await firsts(3)).toEqual([0, 33, 66])
  expect(await firsts(1)).toEqual([0])
})

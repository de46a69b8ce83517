import { affineCoupling, fit, flow, generators, leakyReLU, preprocess } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { evaluate } from '#train/evaluation.js'
import { standardNormals } from '../fixtures/normals.js'

const jang = generators.get('jang')
if (!jang) throw new Error('there is no generator jang')

const tiny = (dim = 2) =>
  flow(dim, [leakyReLU(), affineCoupling({ mask: Array.from({ length: dim }, (_, j) => j % 2), hidden: [2] })])

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

describe('evaluate', () => {
  const rows = jang.generate(300, { seed: 5 })
  const pick = (chosen: Iterable<number>) => Array.from(chosen, (i) => [rows.get(i, 0), rows.get(i, 1)])

  test('gives −mean ln p of the rows trained on and of those held out, with their standard errors', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 30, validation: 0.2, seed: 1, threads: 0 })
    const { nll } = await evaluate(model, rows, result, { threads: 0 })
    const held = model.logProb(pick(result.split.validation))
    expect(nll.train).toMatchObject({
      mean: expect.closeTo(-mean(model.logProb(pick(result.split.training))), 6),
      rows: 240,
    })
    expect(nll.validation).toMatchObject({ mean: expect.closeTo(-mean(held), 6), rows: 60 })
    const variance = mean(Array.from(held, (value) => (value - mean(held)) ** 2)) * (60 / 59)
    expect(nll.validation?.standardError).toBeCloseTo(Math.sqrt(variance / 60), 6)
  })

  test("the Gaussian's NLL on its own rows is its entropy, ½ ln det(2πe Σ)", async () => {
    const model = tiny()
    const { gaussianBaseline } = await evaluate(model, rows, await fit(model, rows, { steps: 1, threads: 0 }), {
      threads: 0,
    })
    const [a, b] = [0, 1].map((j) => Array.from({ length: 300 }, (_, i) => rows.get(i, j)))
    const covariance = (x: number[], y: number[]) => mean(x.map((value, i) => (value - mean(x)) * (y[i] - mean(y))))
    const determinant = covariance(a, a) * covariance(b, b) - covariance(a, b) ** 2
    expect(gaussianBaseline?.train.mean).toBeCloseTo(Math.log(2 * Math.PI * Math.E) + Math.log(determinant) / 2, 9)
    expect(gaussianBaseline).not.toHaveProperty('validation')
  })

  test("the gain is the mean of the rows' ln p_flow − ln p_Gaussian, with the standard error of that difference", async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 30, validation: 0.2, seed: 1, threads: 0 })
    const { nll, gaussianBaseline, gaussianGain } = await evaluate(model, rows, result, { threads: 0 })
    const training = pick(result.split.training)
    const held = pick(result.split.validation)
    const center = [0, 1].map((j) => mean(training.map((row) => row[j])))
    const [a, b, c] = [
      [0, 0],
      [0, 1],
      [1, 1],
    ].map(([i, j]) => mean(training.map((row) => (row[i] - center[i]) * (row[j] - center[j]))))
    const gaussian = held.map(([x, y]) => {
      const [u, v] = [x - center[0], y - center[1]]
      const square = (c * u * u - 2 * b * u * v + a * v * v) / (a * c - b * b)
      return -Math.log(2 * Math.PI) - Math.log(a * c - b * b) / 2 - square / 2
    })
    const difference = Array.from(model.logProb(held), (value, i) => value - gaussian[i])
    const variance = mean(difference.map((value) => (value - mean(difference)) ** 2)) * (60 / 59)
    expect(gaussianGain?.validation).toEqual({
      mean: expect.closeTo(mean(difference), 6),
      standardError: expect.closeTo(Math.sqrt(variance / 60), 6),
      rows: 60,
    })
    const apart = (gaussianBaseline?.validation?.mean ?? 0) - (nll.validation?.mean ?? 0)
    expect(gaussianGain?.validation?.mean).toBeCloseTo(apart, 9)
  })

  test('the mixture of Gaussians is about the truth where that is one, on rows it has not seen; none where it is one', async () => {
    const four = (count: number, seed: number) =>
      standardNormals(count, 2, seed).map(([x, y], i) => [x / 2 + 5 * (i % 2), 1e3 * (y / 2 + 5 * ((i >> 1) % 2))])
    const points = four(1000, 1)
    const test = four(1000, 2)
    const model = tiny()
    const result = await fit(model, points, { steps: 1, threads: 0 })
    const { mixtureBaseline, mixtureGain } = await evaluate(model, points, result, { threads: 0, test })
    // Rows held out take more where that is better by half a standard error.
    expect(mixtureBaseline?.components).toBeGreaterThanOrEqual(4)
    // Entropy: ln 4 + 1 + ln 2π + ln(½ · 500), and 0.01 nats for its 23 numbers.
    const entropy = Math.log(4) + 1 + Math.log(2 * Math.PI) + Math.log(250)
    expect(Math.abs((mixtureBaseline?.test?.mean ?? 0) - entropy)).toBeLessThan(0.1)
    expect(mixtureGain?.test?.mean).toBeCloseTo((mixtureBaseline?.test?.mean ?? 0) + mean(model.logProb(test)), 6)
    const one = standardNormals(600, 2, 3)
    const plain = await evaluate(model, one, await fit(tiny(), one, { steps: 1, threads: 0 }), { threads: 0 })
    expect([plain.mixtureBaseline, plain.mixtureGain]).toEqual([null, null])
  })

  test.each(['standardise', preprocess()] as const)(
    'rows of weight 2 count as if they were there twice, and those of weight 0 as if not: %#',
    async (choice) => {
      const weights = Array.from({ length: 300 }, (_, i) => i % 3)
      const repeated = pick([...weights.keys()].flatMap((i) => Array.from({ length: weights[i] }, () => i)))
      const model = tiny()
      const given = { rows, weights }
      const result = await fit(model, given, { steps: 3, threads: 0, preprocess: choice })
      const weighted = await evaluate(model, given, result, { threads: 0, test: given })
      const { nll, nllStandardised, gaussianBaseline, samplesOutside } = weighted
      expect(nll.train.mean).toBeCloseTo(-mean(model.logProb(repeated)), 6)
      expect([nll.test, nll.train.rows]).toEqual([nll.train, 300])
      // The loss of a step, weighted too, has the same shift between the units.
      expect(nllStandardised.train.mean).toBeCloseTo((nll.train.mean ?? 0) - result.logScale, 6)
      const twice = await evaluate(model, repeated, await fit(tiny(), repeated, { steps: 1, threads: 0 }), {
        threads: 0,
      })
      expect(gaussianBaseline?.train.mean).toBeCloseTo(twice.gaussianBaseline?.train.mean ?? 0, 9)
      expect(samplesOutside.columns).toEqual(
        twice.samplesOutside.columns.map((column) => ({ ...column, sd: expect.closeTo(column.sd, 9) })),
      )
    },
  )

  test('the excess is how much less likely the training rows are than under the truth', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 1, validation: 0.5, threads: 0 })
    const { excess, entropyFloor } = await evaluate(model, rows, result, { truth: jang, threads: 0 })
    const training = pick(result.split.training)
    expect(excess?.train.mean).toBeCloseTo(
      mean(training.map(([x1, x2]) => jang.logProb(x1, x2))) - mean(model.logProb(training)),
      5,
    )
    expect(entropyFloor).toBeCloseTo(1 + Math.log(8 * Math.PI), 12)
  })

  test('fresh rows tell how much less likely the flow holds what the truth draws', async () => {
    const model = tiny()
    const fresh = jang.generate(2000, { seed: 6 })
    const result = await fit(model, rows, { steps: 1, threads: 0 })
    const { excess, freshNll } = await evaluate(model, rows, result, { truth: jang, fresh, threads: 0 })
    const truth = Array.from({ length: 2000 }, (_, i) => jang.logProb(fresh.get(i, 0), fresh.get(i, 1)))
    expect(freshNll).toMatchObject({ mean: expect.closeTo(-mean(model.logProb(fresh)), 6), rows: 2000 })
    expect(excess?.fresh?.mean).toBeCloseTo(mean(truth) - mean(model.logProb(fresh)), 6)
    expect(excess?.fresh?.mean ?? 0).toBeGreaterThan(3 * (excess?.fresh?.standardError ?? 0))
  })

  test('test rows are judged as the others are, by flow and Gaussian; without them it says so', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 5, threads: 0 })
    const test = jang.generate(100, { seed: 7 })
    const { nll, nllStandardised, gaussianBaseline, note } = await evaluate(model, rows, result, { test, threads: 0 })
    expect(nll.test).toMatchObject({ mean: expect.closeTo(-mean(model.logProb(test)), 6), rows: 100 })
    expect(nllStandardised.test?.mean).toBeCloseTo((nll.test?.mean ?? 0) - result.logScale, 12)
    expect(gaussianBaseline?.test?.rows).toBe(100)
    expect(note).toBeUndefined()
    expect((await evaluate(model, rows, result, { threads: 0 })).note).toMatch(/the very rows trained on/)
  })

  test('rows from a source are judged as those in memory', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 5, validation: 0.2, threads: 0 })
    const source = {
      rows: 300,
      columns: 2,
      *blocks() {
        for (let first = 0; first < 300; first += 7) yield (rows.data as Float64Array).slice(2 * first, 2 * first + 14)
      },
    }
    const options = { truth: jang, threads: 0, test: rows } as const
    const held = await evaluate(model, rows, result, options)
    const read = await evaluate(model, source, result, { ...options, test: source })
    // The same but for the order of sums.
    const rounded = (evaluation: object) =>
      JSON.parse(JSON.stringify(evaluation, (_, value) => (typeof value === 'number' ? value.toPrecision(9) : value)))
    expect(rounded(read)).toEqual(rounded(held))
  })

  test('refuses other rows than the flow was fitted to, and ends with the signal', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 1, threads: 0 })
    await expect(evaluate(model, jang.generate(299), result)).rejects.toThrow(
      'Data has 299 rows, but the flow was fitted to 300.',
    )
    const signal = AbortSignal.abort(new Error('enough'))
    let blocks = 0
    const source = {
      rows: 300,
      columns: 2,
      *blocks() {
        for (let i = 0; i < 3; i++, blocks++) yield (rows.data as Float64Array).subarray(200 * i, 200 * i + 200)
      },
    }
    await expect(evaluate(model, source, result, { signal })).rejects.toThrow('enough')
    expect(blocks).toBe(0)
  })

  test('no test rows have no mean', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 1, threads: 0 })
    const { nll } = await evaluate(model, rows, result, { threads: 0, test: [] })
    expect(nll.test).toEqual({ mean: null, standardError: null, rows: 0 })
  })

  test('the density of a flow has mass 1 and its inverse undoes it', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 5000, threads: 0 })
    const { integralOfDensity, worstRoundTrip } = await evaluate(model, rows, result, { threads: 0 })
    expect(Math.abs((integralOfDensity?.value ?? 0) - 1)).toBeLessThan(1e-3)
    expect(integralOfDensity?.converged).toBe(true)
    expect(integralOfDensity?.lastDifference).toBeLessThan(2e-4)
    expect(worstRoundTrip).toBeGreaterThan(0)
    expect(worstRoundTrip).toBeLessThan(1e-5)
  })

  test('its integral has four points at most for each row that went through a step, but 512² at least', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 300, threads: 0 })
    // Steep enough that no grid within the bounds will do.
    for (let i = 0; i < model.parameters.length; i++) model.parameters[i] *= 40
    const side = async (rowsSeen: number) =>
      (await evaluate(model, rows, { ...result, rowsSeen }, { threads: 0 })).integralOfDensity?.side
    expect([await side(1000), await side(512 ** 2 - 1), await side(512 ** 2)]).toEqual([512, 512, 1024])
  })

  test('sums up the losses', async () => {
    const model = tiny()
    const result = await fit(model, rows, { steps: 30, threads: 0 })
    const { losses } = await evaluate(model, rows, result, { threads: 0 })
    expect(losses).toMatchObject({ steps: 30, stopped: 'steps', first: result.losses[0], last: result.losses[29] })
    expect(losses.best).toBe(Math.min(...result.losses))
    expect(losses.best).toBe(result.losses[losses.bestStep])
    expect(losses.logScale).toBe(result.logScale)
  })

  test('columns that depend on each other have no Gaussian, which is no error', async () => {
    const dependent = Array.from({ length: 20 }, (_, i) => [i, (i * i) % 7, 2 * ((i * i) % 7)])
    const model = tiny(3)
    const result = await fit(model, dependent, { steps: 1, threads: 0 })
    expect((await evaluate(model, dependent, result, { threads: 0 })).gaussianBaseline).toBeNull()
  })

  test('a test row beyond the bound has density 0: its mean is null, for JSON has no infinity', async () => {
    const points = Array.from({ length: 40 }, (_, i) => [i, (i * i) % 7])
    const model = tiny()
    const result = await fit(model, points, { steps: 2, seed: 3, threads: 0 })
    const beyond = [
      [1e12, 0],
      [1, 1],
    ]
    const { nll } = await evaluate(model, points, result, { threads: 0, test: beyond })
    expect(nll.test).toEqual({ mean: null, standardError: null, rows: 2 })
    expect(nll.train.mean).toBeGreaterThan(0)
  })
})

import {
  adam,
  adamW,
  cosine,
  ema,
  type FitOptions,
  type Flow,
  fit,
  flow,
  growing,
  noise,
  type Optimizer,
  realNVP,
  reduceOnPlateau,
  warmUp,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { adamWByHand, distance, points, SEED, shuffled, standardise, untrained } from '../fixtures/training-by-hand.js'

/*
 * What changes a step, beside a loop by hand in float64: the rate's schedule, the norm of the gradient, weights, averages and
 * batches are written out here.
 */

/** As for minibatches: the same terms in another order. */
const TOLERANCE = 1e-12
const STEPS = 12
const optimizer = adamW({ learningRate: 0.03, beta1: 0.8, beta2: 0.95, epsilon: 0.01, weightDecay: 0.1 })

interface Step {
  readonly model: Flow<'float64'>
  readonly step: number
  /** The gradient of the mean over all rows. */
  readonly gradient: Float64Array
}

/** Full-batch training; `before` may change a step's gradient, and says what the rate is multiplied by. */
function trainByHand(rows: number[][], optimizer: Optimizer, before: (step: Step) => number): Float64Array[] {
  const model = untrained()
  standardise(model, rows)
  const parameters = [model.parameters.slice()]
  // The rate is the only number that a schedule changes: one AdamW a rate, all with the same moments, is one with that rate.
  const unit = { ...optimizer, learningRate: 1 }
  const shadow = model.parameters.slice()
  const update = adamWByHand(unit, shadow)
  for (let step = 0; step < STEPS; step++) {
    const { gradient } = model.nll(rows)
    const rate = optimizer.learningRate * before({ model, step, gradient })
    shadow.set(model.parameters)
    update(gradient)
    for (let i = 0; i < shadow.length; i++) model.parameters[i] -= rate * (model.parameters[i] - shadow[i])
    parameters.push(model.parameters.slice())
  }
  return parameters
}

const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))

describe.each([0, 2])('fit with %i threads', (threads) => {
  const rows = points(500)
  const common = {
    optimizer,
    threads,
    kernels: 'portable',
    seed: SEED,
    steps: STEPS,
    stopping: { restoreBestWeights: false },
  } as const

  async function trained(options: FitOptions): Promise<Float64Array> {
    const model = untrained()
    await fit(model, rows, { ...common, ...options })
    return model.parameters
  }

  it('multiplies the rate by a warm-up and then half a cosine', async () => {
    const got = await trained({ schedule: warmUp(cosine({ final: 0.1 }), { share: 0.25 }) })
    const expected = trainByHand(rows, optimizer, ({ step }) =>
      step < 3 ? (step + 1) / 4 : 0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - 3)) / 9)),
    )
    expect(distance(got, expected[STEPS])).toBeLessThan(TOLERANCE)
  })

  it('shortens a gradient whose norm is above the one it is clipped by, and no other', async () => {
    const norms: number[] = []
    const rate = ({ gradient }: Step, clip: number) => {
      const length = norm(gradient)
      norms.push(length)
      if (length > clip) gradient.set(gradient.map((g) => (g * clip) / length))
      return 1
    }
    trainByHand(rows, optimizer, (step) => rate(step, Number.POSITIVE_INFINITY))
    const clip = norms.toSorted((a, b) => a - b)[6]
    const expected = trainByHand(rows, optimizer, (step) => rate(step, clip))
    expect(distance(await trained({ clip }), expected[STEPS])).toBeLessThan(TOLERANCE)
  })

  it('leaves an average of all steps behind, its start forgotten as the run goes on', async () => {
    const all = trainByHand(rows, optimizer, () => 1)
    let average = all[0].slice()
    for (let step = 0; step < STEPS; step++) {
      const decay = Math.min(0.6, (1 + step) / (10 + step))
      average = average.map((value, i) => decay * value + (1 - decay) * all[step + 1][i])
    }
    expect(distance(await trained({ average: ema(0.6) }), average)).toBeLessThan(TOLERANCE)
  })

  it('counts a row with weight 2 as two, one with weight 0 not at all', async () => {
    const weights = rows.map((_, i) => i % 3)
    const model = untrained()
    const weighted = await fit(model, { rows, weights }, { ...common, preprocess: 'none' })
    const other = untrained()
    const repeated = rows.flatMap((row, i) => Array.from({ length: i % 3 }, () => row))
    const { losses } = await fit(other, repeated, { ...common, preprocess: 'none' })
    expect(distance(weighted.losses, losses)).toBeLessThan(TOLERANCE)
    expect(distance(model.parameters, other.parameters)).toBeLessThan(TOLERANCE)
  })

  it('weighs the rows held out as well', async () => {
    const weights = rows.map((_, i) => (i % 7) + 0.5)
    const model = untrained()
    const options = {
      ...common,
      steps: 1,
      validation: 0.3,
      optimizer: adamW({ learningRate: 0 }),
      preprocess: 'none' as const,
    }
    const { split, validationLosses } = await fit(model, { rows, weights }, options)
    const logProb = model.logProb(rows)
    const total = [...split.validation].reduce((sum, row) => sum + weights[row], 0)
    const sum = [...split.validation].reduce((sum, row) => sum - weights[row] * logProb[row], 0)
    expect(validationLosses[0]).toBeCloseTo(sum / total, 10)
  })

  it('draws no row of weight 0 into a batch', async () => {
    const weights = rows.map((_, i) => Number(i % 3 > 0))
    const [model, other] = [untrained(), untrained()]
    const options = { ...common, preprocess: 'none', batch: 10, steps: 25 } as const
    const weighted = await fit(model, { rows, weights }, options)
    const { losses } = await fit(
      other,
      rows.filter((_, i) => weights[i] > 0),
      options,
    )
    expect(distance(weighted.losses, losses)).toBeLessThan(TOLERANCE)
    expect(distance(model.parameters, other.parameters)).toBeLessThan(TOLERANCE)
    expect(weighted.split.training.size).toBe(rows.length)
  })

  it('refuses to hold out rows of weight 0 alone', async () => {
    const { split } = await fit(untrained(), rows, { ...common, steps: 1, validation: 0.1 })
    const weights = rows.map((_, i) => Number(split.training.has(i)))
    const run = fit(untrained(), { rows, weights }, { ...common, steps: 1, validation: 0.1 })
    await expect(run).rejects.toThrow('All held-out rows have weight 0; expected one above 0 at least.')
  })

  it('leaves frozen layers as they are, out of the norm too', async () => {
    const frozen = [0, 3]
    const model = untrained()
    const { slots, parameterCount } = model.structure
    const kept = (i: number) => frozen.some((l) => i >= slots[l] && i < (slots[l + 1] ?? parameterCount))
    const clip = 0.5
    const expected = trainByHand(rows, { ...optimizer, weightDecay: 0 }, ({ gradient }) => {
      gradient.set(gradient.map((g, i) => (kept(i) ? 0 : g)))
      const length = norm(gradient)
      if (length > clip) gradient.set(gradient.map((g) => (g * clip) / length))
      return 1
    })
    const got = await trained({ frozen, clip, optimizer: { ...optimizer, weightDecay: 0 } })
    expect(distance(got, expected[STEPS])).toBeLessThan(TOLERANCE)
    const decayed = await trained({ frozen })
    expect(decayed.filter((_, i) => kept(i))).toEqual(model.parameters.filter((_, i) => kept(i)))
    expect(decayed).not.toEqual(model.parameters)
  })

  it('doubles its batches, each size with epochs of its own', async () => {
    const model = untrained()
    const still = untrained()
    standardise(still, rows)
    const logScale = Math.log(still.scaler.sd[0]) + Math.log(still.scaler.sd[1])
    const { losses, rowsSeen } = await fit(model, rows, {
      ...common,
      batch: growing({ from: 100, to: 350 }),
      optimizer: adamW({ learningRate: 0 }),
    })
    // Sizes 100, 200 and 350, four steps each; of 500 rows these fill 5, 2 and 1 batches an epoch.
    const batches = [
      ...[0, 1, 2, 3].map((i) => shuffled(500, 0).slice(100 * i, 100 * i + 100)),
      ...[0, 1, 2, 3].map((i) => shuffled(500, 1 + (i >> 1)).slice(200 * (i & 1), 200 * (i & 1) + 200)),
      ...[0, 1, 2, 3].map((i) => shuffled(500, 3 + i).slice(0, 350)),
    ]
    const expected = batches.map((batch) => still.nll(batch.map((row) => rows[row])).nll - logScale)
    expect(distance(losses, expected)).toBeLessThan(TOLERANCE)
    expect(rowsSeen).toBe(4 * (100 + 200 + 350))
  })

  it('adds noise of the variance asked for, which fades, and none to rows held out', async () => {
    const model = flow(2, realNVP(2, { layers: 2, hidden: [4] }), { precision: 'float64', kernels: 'portable' })
    const many = points(8000)
    // The identity: −ln p(x + σε) is larger by σ² for two columns in the mean.
    const { losses, validationLosses } = await fit(model, many, {
      ...common,
      steps: 4,
      noise: noise({ sd: 0.8, final: 0.4 }),
      validation: 0.1,
      validationEvery: 1,
      optimizer: adam({ learningRate: 0 }),
    })
    const clean = untrainedLoss(many)
    for (const [step, sd] of [0.8, 0.7, 0.6, 0.5].entries()) {
      // The standard error of the mean of 2 xσε + σ²ε²: below 0.02.
      expect(Math.abs(losses[step] - clean - sd * sd)).toBeLessThan(0.06)
    }
    expect(new Set(losses).size).toBe(4)
    expect(new Set(validationLosses).size).toBe(1)
  })

  it('lowers the rate where the loss has stopped to fall', async () => {
    const rates: number[] = []
    let [best, waited, factor] = [Number.POSITIVE_INFINITY, 0, 1]
    const expected = trainByHand(rows, { ...optimizer, learningRate: 0.4 }, ({ model }) => {
      const { nll } = model.nll(rows)
      if (nll < best) [best, waited] = [nll, 0]
      else if (++waited === 2) [factor, waited] = [Math.max(0.005, factor * 0.1), 0]
      rates.push(factor)
      return factor
    })
    expect(new Set(rates).size).toBeGreaterThan(1)
    const got = await trained({
      optimizer: { ...optimizer, learningRate: 0.4 },
      schedule: reduceOnPlateau({ factor: 0.1, patience: 2, least: 0.005 }),
    })
    expect(distance(got, expected[STEPS])).toBeLessThan(TOLERANCE)
  })
})

/** The mean of −ln N(z) over standardised columns: 1 + ln 2π for two. */
function untrainedLoss(rows: number[][]): number {
  expect(rows[0]).toHaveLength(2)
  return 1 + Math.log(2 * Math.PI)
}

describe('the average', () => {
  it('is kept where the rows held out like it better, and the weights where not', async () => {
    const rows = points(400)
    const common = { steps: 600, batch: 20, validation: 0.25, threads: 0, seed: SEED } as const
    const rough = adam({ learningRate: 0.02 })
    const [plain, averaged] = [flow(2, realNVP(2)), flow(2, realNVP(2))]
    const without = await fit(plain, rows, { ...common, optimizer: rough })
    const both = await fit(averaged, rows, { ...common, optimizer: rough, average: ema(0.9) })
    expect(both.losses).toEqual(without.losses)
    expect(both.bestLoss).toBeLessThan(without.bestLoss)
    const held = [...both.split.validation].map((row) => rows[row])
    const nll = (model: Flow) => -Array.from(model.logProb(held)).reduce((sum, value) => sum + value, 0) / held.length
    expect(nll(averaged)).toBeCloseTo(both.bestLoss + both.logScale, 4)
    for (const [i, loss] of both.validationLosses.entries()) {
      expect(loss).toBeLessThanOrEqual(without.validationLosses[i])
    }
  })
})

describe('the same bits', () => {
  it('with averages, noise, weights, clipping, growing batches and a frozen layer, for 0, 1, 2, 3 and 5 threads', async () => {
    const rows = points(1000)
    const weights = rows.map((_, i) => 1 + (i % 5))
    const bytes: string[] = []
    for (const threads of [0, 1, 2, 3, 5]) {
      const model = flow(2, realNVP(2, { layers: 4, hidden: [16] }))
      const result = await fit(
        model,
        { rows, weights },
        {
          ...{ threads, steps: 40, batch: growing({ from: 100, to: 400 }), validation: 0.1, validationEvery: 5 },
          ...{ optimizer: adam({ learningRate: 0.01 }), schedule: warmUp(cosine()), clip: 1, average: ema(0.95) },
          ...{ noise: noise({ sd: 0.1 }), frozen: [1] },
        },
      )
      bytes.push(Buffer.from(model.parameters.buffer).toString('hex') + result.losses.join())
    }
    expect(new Set(bytes).size).toBe(1)
  })
})

describe('what cannot be is refused in words', () => {
  const model = () => flow(2, realNVP(2, { layers: 2 }))
  const rows = points(50)
  it.each<[FitOptions, RegExp]>([
    [{ clip: 0 }, /clip is 0; expected a norm > 0/],
    [{ average: ema(0.9) }, /average needs rows to judge it by: set validation to 0.1/],
    [{ average: { type: 'ema', decay: 2 }, validation: 0.1 }, /ema's decay is 2; expected a number in \[0, 1\)/],
    [{ noise: { type: 'noise', sd: -1, final: 0 } }, /noise's sd is -1; expected a number ≥ 0/],
    [{ schedule: 'cosine' as never }, /schedule is "cosine"; expected the value of constant\(\), cosine\(\)/],
    [{ schedule: { type: 'cosine', final: 2 } }, /cosine's final is 2; expected a number in \[0, 1\]/],
    [{ batch: { type: 'growing', from: 20, to: 10 } }, /growing's to is 10; expected no fewer rows than from, 20/],
    [{ batch: growing({ from: 20, to: 100 }) }, /batch is 100, but there are 50 training rows/],
    [{ frozen: [7] }, /frozen names 7; this flow has a layer 0 … 1, base/],
    [{ optimizer: { type: 'sgd' } as never }, /expected the value of adam\({ … }\) or adamW/],
  ])('%j', async (options, message) => {
    await expect(fit(model(), rows, { steps: 2, ...options })).rejects.toThrow(message)
  })

  it.each<[number[], RegExp]>([
    [[1, 2], /Training data has 50 rows, but 2 weights; expected as many/],
    [rows.map((_, i) => (i === 3 ? -1 : 1)), /The weight of row 3 \(counted from 0\) is -1/],
    [rows.map(() => 0), /All training rows have weight 0/],
  ])('weights %#', async (weights, message) => {
    await expect(fit(model(), { rows, weights }, { steps: 2 })).rejects.toThrow(message)
  })
})

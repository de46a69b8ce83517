import { adamW, type Flow, fit, flow, jang, type Optimizer } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { PURPOSE } from '#random/purposes.js'
import { permutationInto } from '#random/stream.js'
import { tutorialLayers } from '../fixtures/tutorial.js'

/*
 * Minibatch training beside a loop by hand: standardising, batches of rows, AdamW, validation and the rule of stopping
 * are written out here. Shared are the mean −ln p with its gradient, held to finite differences elsewhere, the numbers
 * that shuffles are drawn from, and which rows are held out.
 */

const SEED = 5

/** Far from the defaults, so that every term shows; with a small ε, AdamW would forgive a gradient times a constant. */
const optimizer = adamW({ learningRate: 0.03, beta1: 0.8, beta2: 0.95, epsilon: 0.01, weightDecay: 0.1 })

/**
 * Both sides add the same terms in float64, each in its own order: their gradients are apart by some roundings of
 * 1.1e-16, and what training made of that was 2e-15 at most, in up to 67 steps. A gradient divided by all rows, say,
 * changes losses by 1e-2.
 */
const TOLERANCE = 1e-12

/** A multiple of both numbers of steps between two validations, so that one falls on the step that patience ends at. */
const PATIENCE = 6

/** Where batches take three tiles, the last one partly filled. */
const BATCH = 300

function untrained(): Flow<'float64'> {
  return flow(2, tutorialLayers(3), { seed: 3, precision: 'float64', kernels: 'portable' })
}

function points(count: number): number[][] {
  const { data } = jang(count, { seed: 1 })
  return Array.from({ length: count }, (_, i) => [data[2 * i], data[2 * i + 1]])
}

/** 0 … count − 1 in the order of an epoch. */
function shuffled(count: number, epoch: number): number[] {
  const order = new Int32Array(count)
  permutationInto(order, SEED, PURPOSE.shuffle, epoch)
  return [...order]
}

/** Mean and population standard deviation of each column. */
function standardise(model: Flow<'float64'>, rows: number[][]): void {
  const mean = [0, 1].map((j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length)
  const sd = mean.map((m, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j] - m) ** 2, 0) / rows.length))
  model.scaler = { mean: Float64Array.from(mean), sd: Float64Array.from(sd) }
}

/** mₜ = β₁mₜ₋₁ + (1−β₁)g, vₜ = β₂vₜ₋₁ + (1−β₂)g², θ ← θ − lr·(m̂/(√v̂ + ε) + wd·θ): arXiv:1711.05101, algorithm 2. */
function adamWByHand(
  { learningRate, beta1, beta2, epsilon, weightDecay }: Optimizer,
  theta: Float64Array,
): (gradient: Float64Array) => void {
  const m = theta.map(() => 0)
  const v = theta.map(() => 0)
  let t = 0
  return (gradient) => {
    t++
    gradient.forEach((g, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * g
      v[i] = beta2 * v[i] + (1 - beta2) * g ** 2
      const mHat = m[i] / (1 - beta1 ** t)
      const vHat = v[i] / (1 - beta2 ** t)
      theta[i] -= learningRate * (mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * theta[i])
    })
  }
}

interface ByHand {
  readonly losses: number[]
  readonly validationLosses: number[]
  /** Before each update, and behind the last one. */
  readonly parameters: Float64Array[]
  readonly bestStep: number
}

/** Goes through whole batches, epoch by epoch; with held-out rows until those have got no likelier for `patience`. */
function trainByHand(
  training: number[][],
  batch: number,
  steps: number,
  held: { rows: number[][]; every: number; patience: number } | undefined = undefined,
): ByHand {
  const model = untrained()
  standardise(model, training)
  const logScale = Math.log(model.scaler.sd[0]) + Math.log(model.scaler.sd[1])
  const update = adamWByHand(optimizer, model.parameters)
  const losses: number[] = []
  const validationLosses: number[] = []
  const parameters: Float64Array[] = []
  let [best, bestStep] = [Number.POSITIVE_INFINITY, -1]
  for (let epoch = 0; ; epoch++) {
    let rest = shuffled(training.length, epoch)
    for (; rest.length >= batch; rest = rest.slice(batch)) {
      const step = losses.length
      const { nll, gradient } = model.nll(rest.slice(0, batch).map((row) => training[row]))
      losses.push(nll - logScale)
      parameters.push(model.parameters.slice())
      const validated = held !== undefined && step % held.every === 0
      if (validated) {
        const loss = model.nll(held.rows).nll - logScale
        validationLosses.push(loss)
        if (loss < best) [best, bestStep] = [loss, step]
      }
      update(gradient)
      if (step + 1 === steps || (validated && step - bestStep >= held.patience)) {
        parameters.push(model.parameters.slice())
        return { losses, validationLosses, parameters, bestStep }
      }
    }
  }
}

/** max |aᵢ − bᵢ|/max(1, |bᵢ|) of arrays that must be equally long. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Math.max(0, ...Array.from(a, (value, i) => Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i]))))
}

describe.each([0, 2])('fit with minibatches and %i threads', (threads) => {
  const common = { optimizer, threads, kernels: 'portable', seed: SEED } as const

  it('goes through all rows in every epoch, each time in another order', async () => {
    const rows = points(37)
    const model = untrained()
    // Weights that stay as they are, and batches of one: every loss then tells its row.
    const rowOf = new Map(Array.from(model.logProb(rows), (logProb, row) => [-logProb, row]))
    expect(rowOf.size).toBe(37)
    const { losses } = await fit(model, rows, {
      ...common,
      steps: 3 * 37,
      batch: 1,
      optimizer: adamW({ learningRate: 0 }),
      preprocess: 'none',
    })
    const seen = Array.from(losses, (loss) => rowOf.get(loss))
    const epochs = [seen.slice(0, 37), seen.slice(37, 74), seen.slice(74)]
    const ascending = rows.map((_, row) => row)
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => Number(a) - Number(b))).toEqual(ascending)
    // That two of four random orders of 37 are the same happens once in 10⁴² seeds.
    expect(new Set([ascending, ...epochs].map(String)).size).toBe(4)
    expect(epochs).toEqual([0, 1, 2].map((epoch) => shuffled(37, epoch)))
  })

  it('takes the steps of a loop by hand over three epochs, without the rows that fill no batch', async () => {
    const rows = points(3 * BATCH + 100)
    const model = untrained()
    const result = await fit(model, rows, { ...common, steps: 9, batch: BATCH })
    const expected = trainByHand(rows, BATCH, 9)
    expect(distance(result.losses, expected.losses)).toBeLessThan(TOLERANCE)
    expect(distance(model.parameters, expected.parameters[9])).toBeLessThan(TOLERANCE)
  })

  it.each([
    ['once an epoch', undefined, 2],
    ['every third step', 3, 3],
  ])('validated %s on the held-out rows stops and restores as a loop by hand', async (_, validationEvery, every) => {
    const rows = points(900)
    const model = untrained()
    const { split, ...result } = await fit(model, rows, {
      ...common,
      steps: 200,
      batch: BATCH,
      validation: 0.2,
      validationEvery,
      stopping: { patience: PATIENCE },
    })
    const [training, held] = [split.training, split.validation].map((set) => Array.from(set, (row) => rows[row]))
    expect([training.length, held.length]).toEqual([720, 180])
    const expected = trainByHand(training, BATCH, 200, { rows: held, every, patience: PATIENCE })
    expect(result.stopped).toBe('patience')
    expect([result.steps, result.bestStep]).toEqual([expected.losses.length, expected.bestStep])
    expect(distance(result.losses, expected.losses)).toBeLessThan(TOLERANCE)
    expect(distance(result.validationLosses, expected.validationLosses)).toBeLessThan(TOLERANCE)
    expect(result.bestLoss).toBe(Math.min(...result.validationLosses))
    expect(distance(model.parameters, expected.parameters[expected.bestStep])).toBeLessThan(TOLERANCE)
  })
})

import { adamW, fit } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { adamWByHand, distance, points, SEED, shuffled, standardise, untrained } from '../fixtures/training-by-hand.js'

/*
 * Minibatch training beside a loop by hand: standardising, batches of rows, AdamW, validation and the rule of stopping
 * are written out here. Shared are the mean −ln p with its gradient, held to finite differences elsewhere, the numbers
 * that shuffles are drawn from, and which rows are held out.
 */

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

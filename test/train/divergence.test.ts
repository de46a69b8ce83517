import {
  adamW,
  affineCoupling,
  alternatingMask,
  ema,
  encodeFlow,
  type FitOptions,
  type FitResult,
  fit,
  fitEnergy,
  fitEnsemble,
  flow,
  jang,
  leakyReLU,
  TrainingError,
  warmUp,
} from 'pushforward'
import { describe, expect, test } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '#io/checkpoint-file.js'

const rows = jang(200)
const make = (seed = 1) => {
  const layers = Array.from({ length: 9 }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(2, i), hidden: [4] }),
  ])
  return flow(2, layers.flat(), { seed })
}

/** Diverges in its first steps, at this rate and at half of it. */
const AT_ONCE: FitOptions = { steps: 300, optimizer: adamW({ learningRate: 10 }) }
/** Rates that rise until they are too much, after the second anchor. */
const RATE = 3
const LATE: FitOptions = {
  steps: 20_000,
  optimizer: adamW({ learningRate: RATE }),
  schedule: warmUp(undefined, { share: 0.9 }),
  average: ema(0.9),
  stopping: { restoreBestWeights: false, after: 4500 },
}

/** A fit to its end, or to a step; what came of it, and all that it has written. */
async function go(options: FitOptions) {
  const model = make()
  const written: Uint8Array[] = []
  const { seconds, threads, ...result } = await fit(model, rows, {
    ...options,
    ...(options.checkpoint && {
      checkpoint: { ...options.checkpoint, write: (bytes: Uint8Array) => void written.push(bytes) },
    }),
  })
  return { result, model: Buffer.from(encodeFlow(model)), written }
}
const upTo = (after: number, more: FitOptions = {}): FitOptions => ({
  ...LATE,
  ...more,
  stopping: { ...LATE.stopping, after },
})
const checkpoint = { write: () => {} }

describe('a loss that is not finite', () => {
  test('in the first steps makes of a fit the one that began with a smaller rate', async () => {
    const { result, model } = await go({ ...AT_ONCE, threads: 0 })
    expect(result.recoveries).toEqual([
      { step: 1, from: 0, learningRate: 5 },
      { step: 1, from: 0, learningRate: 2.5 },
    ])
    const smaller = await go({ ...AT_ONCE, optimizer: adamW({ learningRate: 2.5 }), onDivergence: 'stop', threads: 0 })
    expect(smaller.result.recoveries).toEqual([])
    expect(result.losses).toEqual(smaller.result.losses)
    expect(model.equals(smaller.model)).toBe(true)
  })

  test('later on goes back at least 1000 steps, and on from there as a run with half the rate would', async () => {
    const { result, model } = await go({ ...LATE, threads: 0 })
    const [{ step, from, learningRate }] = result.recoveries
    expect(step).toBeGreaterThan(2000)
    expect([result.recoveries.length, from, learningRate]).toEqual([1, 1000 * Math.floor(step / 1000 - 1), RATE / 2])
    // What was before that step, and its bytes made those of a run at half the rate.
    const before = await go(upTo(from, { onDivergence: 'stop', threads: 0, checkpoint }))
    const record = decodeCheckpoint(before.written[0])
    const optimizer = adamW({ learningRate: RATE / 2 })
    const resume = encodeCheckpoint({ ...record, options: { ...record.options, optimizer } })
    const half = await go({ ...LATE, onDivergence: 'stop', optimizer, resume, threads: 0 })
    expect(half.result.losses).toEqual(result.losses)
    expect(half.model.equals(model)).toBe(true)
  })

  test.each([1, 2])('comes to the same bits on %i threads, with and without checkpoints', async (threads) => {
    const alone = await go({ ...LATE, threads: 0 })
    const { result, model } = await go({ ...LATE, threads, checkpoint: { ...checkpoint, every: 0 } })
    expect(result).toEqual(alone.result)
    expect(model.equals(alone.model)).toBe(true)
  })

  test('is met again by a run that goes on, wherever it was stopped before, and once only behind it', async () => {
    const whole = await go({ ...LATE, threads: 0 })
    const [{ step, from }] = whole.result.recoveries
    for (const after of [from - 10, from + 5, step - 1, step]) {
      // That the next loss is infinite is not known yet.
      const one = await go(upTo(after, { threads: 1, checkpoint }))
      expect(one.result.recoveries).toEqual([])
      const { result, model } = await go({ ...LATE, threads: 0, resume: one.written.at(-1) })
      expect(result).toEqual(whole.result)
      expect(model.equals(whole.model)).toBe(true)
    }
    for (const after of [step + 1, step + 600]) {
      const one = await go(upTo(after, { threads: 1, checkpoint }))
      expect(one.result.recoveries).toEqual(whole.result.recoveries)
      const { result, model } = await go({ ...LATE, threads: 2, resume: one.written.at(-1) })
      expect(result).toEqual(whole.result)
      expect(model.equals(whole.model)).toBe(true)
    }
  })

  test('that is met whatever the rate ends training behind three halvings, with the best weights kept', async () => {
    const model = make()
    const wild = fit(model, rows, { ...AT_ONCE, optimizer: adamW({ learningRate: 1000 }) })
    await expect(wild).rejects.toThrow(
      /^The loss at step \d+ is [^ ]+, after going back 3 times with half the learning rate each time; the weights of step 0 are kept\. Try/,
    )
    expect(model.training).toBe('diverged')
    expect(Number.isFinite(model.nll(rows).nll)).toBe(true)
  })

  test('ends training at once where that is asked for', async () => {
    const error = await fit(make(), rows, { ...AT_ONCE, onDivergence: 'stop' }).catch((error) => error)
    expect(error).toBeInstanceOf(TrainingError)
    expect(error.message).toMatch(/^The loss at step 1 is [^ ]+; the weights of step 0 are kept\. Try/)
    await expect(fit(make(), rows, { onDivergence: 'wait' as 'stop' })).rejects.toThrow(
      'onDivergence is "wait"; expected "halve" or "stop".',
    )
  })

  test('of the weights that would be kept counts as one of a step', async () => {
    const last = { steps: 1, stopping: { restoreBestWeights: false } }
    const { result, model } = await go({ ...AT_ONCE, ...last, threads: 0 })
    expect(result.recoveries.map(({ learningRate }) => learningRate)).toEqual([5, 2.5])
    const smaller = await go({ ...last, optimizer: adamW({ learningRate: 2.5 }), threads: 0 })
    expect(model.equals(smaller.model)).toBe(true)
  })

  test('is told by progress, in the result of an ensemble, and by a fit to an energy', async () => {
    const seen: FitResult['recoveries'][] = []
    const options = {
      ...AT_ONCE,
      onProgress: ({ recoveries }: { recoveries: FitResult['recoveries'] }) => void seen.push(recoveries),
    }
    const { results } = await fitEnsemble([make(), make(2)], rows, { ...options, threads: 1 })
    expect(results[0].recoveries).toHaveLength(2)
    expect(seen.at(-1)).toEqual(results.flatMap(({ recoveries }) => recoveries))
    const square = {
      dim: 2,
      evaluate(x: Float64Array, values: Float64Array, gradient: Float64Array) {
        for (let t = 0; t < values.length; t++) {
          const [a, b] = [x[2 * t], x[2 * t + 1]]
          values[t] = a * a + b * b < 1e6 ? (a * a + b * b) / 2 : Number.NaN
          gradient.set([a, b], 2 * t)
        }
      },
    }
    const { recoveries, losses } = await fitEnergy(make(), square, {
      steps: 40,
      optimizer: adamW({ learningRate: 0.5 }),
      threads: 0,
    })
    expect(recoveries.length).toBeGreaterThan(0)
    expect(losses.every(Number.isFinite)).toBe(true)
  })
})

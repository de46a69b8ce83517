import {
  adamW,
  affineCoupling,
  DataError,
  decodeFlow,
  encodeFlow,
  fit,
  flow,
  jang,
  leakyReLU,
  type RowSource,
  TrainingError,
  UsageError,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { tutorialLayers } from '../fixtures/tutorial.js'

describe('rows beyond 10⁶ standard deviations', () => {
  const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])

  it.each([0, 0.3])('are refused by their own number, trained on or held out (validation %d)', async (validation) => {
    for (const bad of [20, 150]) {
      const data = rows.with(bad, [1e9, 0])
      const run = fit(flow(2, tutorialLayers(1)), data, { steps: 2, validation, preprocess: 'none', threads: 0 })
      await expect(run).rejects.toThrow(DataError)
      await expect(run).rejects.toThrow(`Row ${bad} `)
    }
  })

  it('are found behind the first block too', async () => {
    const data = jang(5000).data as Float64Array
    data[2 * 4321] = 1e9
    const run = fit(flow(2, tutorialLayers(1)), data, { steps: 2, preprocess: 'none', threads: 0 })
    await expect(run).rejects.toThrow('Row 4321 ')
  })

  it('have no image, no loss and no gradient, and leave the others theirs', () => {
    const model = flow(2, tutorialLayers(1))
    const { z, logDet } = model.forward([
      [Number.POSITIVE_INFINITY, 0],
      [0.1, 0.2],
    ])
    expect([z.get(0, 0), z.get(0, 1), logDet[0]]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(z.get(1, 0)).toBe(model.forward([[0.1, 0.2]]).z.get(0, 0))
    expect(model.trace([[1e9, 1]])[2].points.get(0, 1)).toBeNaN()
    const { nll, gradient } = model.nll([[1e9, 1]])
    expect(nll).toBe(Number.POSITIVE_INFINITY)
    expect(gradient.every(Number.isNaN)).toBe(true)
  })
})

it.each([0, 0.3])(
  'starts from the mean −ln p of all rows, of those held out too (validation %d)',
  async (validation) => {
    const rows = jang(5000)
    const logProb = flow(2, tutorialLayers(2)).logProb(rows)
    const options = { steps: 1, validation, preprocess: 'none', threads: 0 } as const
    const { losses, validationLosses, split } = await fit(flow(2, tutorialLayers(2)), rows, options)
    const mean = (chosen: Iterable<number>) => {
      const values = Array.from(chosen, (row) => -logProb[row])
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    expect(losses[0] / mean(split.training)).toBeCloseTo(1, 6)
    expect(Array.from(validationLosses, (loss) => loss / mean(split.validation))).toEqual(
      validation > 0 ? [expect.closeTo(1, 6)] : [],
    )
  },
)

describe('rows from a source', () => {
  const data = jang(70_000).data as Float64Array
  /** Blocks of 1, 2, 3, … rows. */
  const source: RowSource = {
    rows: 70_000,
    columns: 2,
    async *blocks(blockRows) {
      for (let first = 0, rows = 1; first < 70_000; first += rows, rows = Math.min(rows + 1, blockRows)) {
        yield data.subarray(2 * first, 2 * (first + rows))
      }
    },
  }

  it.each([0, 0.1])('train to the same bits as the same rows in memory (validation %d)', async (validation) => {
    const [held, read] = [flow(2, tutorialLayers(1)), flow(2, tutorialLayers(1))]
    const options = { steps: 3, validation, threads: 0, seed: 2 } as const
    const [a, b] = [await fit(held, data, options), await fit(read, source, options)]
    expect(read.parameters).toEqual(held.parameters)
    expect([read.scaler, read.data, b.losses]).toEqual([held.scaler, held.data, a.losses])
    expect(b.validationLosses).toEqual(a.validationLosses)
    expect([b.split.training.size, [...b.split.validation]]).toEqual([a.split.training.size, [...a.split.validation]])
  })

  it.each([0, 2])('are left at the next block when aborted, with nothing changed (%i threads)', async (threads) => {
    const controller = new AbortController()
    let blocks = 0
    const counted: RowSource = {
      ...source,
      *blocks() {
        for (let first = 0; first < 70_000; first += 1000) {
          if (++blocks === 100) controller.abort()
          yield data.subarray(2 * first, 2 * first + 2000)
        }
      },
    }
    const model = flow(2, tutorialLayers(1))
    const { parameters, scaler } = model
    const before = [parameters.slice(), scaler, model.data]
    const { steps, stopped } = await fit(model, counted, { threads, signal: controller.signal })
    expect([steps, stopped, blocks]).toEqual([0, 'aborted', 100])
    expect([model.parameters, model.scaler, model.data, model.scaled]).toEqual([...before, false])
  })

  it('are refused before the first step where they are no rows of the flow', async () => {
    const model = flow(2, tutorialLayers(1))
    const before = model.parameters.slice()
    const short = { ...source, rows: 70_001 }
    await expect(fit(model, { ...source, rows: 1e15 }, { validation: 0.1 })).rejects.toThrow(
      /needs [\d.]+ GiB, more than/,
    )
    await expect(fit(model, short, { threads: 0 })).rejects.toThrow(
      'Training data gave 70000 rows, but says it has 70001.',
    )
    await expect(fit(flow(3, [leakyReLU()]), source)).rejects.toThrow(
      'Training data has 2 columns, but this flow expects 3.',
    )
    await expect(fit(model, { ...source, rows: 1 })).rejects.toThrow('Training data has 1 rows; expected 2 or more.')
    expect(model.parameters).toEqual(before)
  })
})

it('keeps the scaler of any earlier fit, and none of an abort before the start', async () => {
  const model = flow(2, tutorialLayers(1))
  for (const threads of [0, 2]) {
    const { steps } = await fit(model, jang(100), { threads, signal: AbortSignal.abort() })
    expect([steps, model.scaled]).toEqual([0, false])
  }
  await fit(model, jang(100), { steps: 2, threads: 0, preprocess: 'none' })
  await fit(model, jang(100), { steps: 2, threads: 0 })
  expect([...model.scaler.mean, ...model.scaler.sd]).toEqual([0, 0, 1, 1])
})

it('does not commit a last update that diverged', async () => {
  const model = flow(2, tutorialLayers(1), { seed: 2 })
  const before = model.parameters.slice()
  const stopping = { restoreBestWeights: false }
  const run = fit(model, jang(200), { steps: 1, threads: 0, optimizer: adamW({ learningRate: 1e38 }), stopping })
  await expect(run).rejects.toThrow(TrainingError)
  expect(model.parameters).toEqual(before)
})

it('remembers that it diverged, in its file too, until a fit that does not', async () => {
  const model = flow(2, tutorialLayers(1), { seed: 2 })
  const wild = fit(model, jang(200), { steps: 9, threads: 0, optimizer: adamW({ learningRate: 1e30 }) })
  await expect(wild).rejects.toThrow(TrainingError)
  expect([model.training, decodeFlow(encodeFlow(model)).training]).toEqual(['diverged', 'diverged'])
  await fit(model, jang(200), { steps: 2, threads: 0 })
  expect([model.training, decodeFlow(encodeFlow(model)).training]).toEqual([undefined, undefined])
})

it('commits what was reached before it passes on what onProgress threw', async () => {
  const model = flow(2, tutorialLayers(1), { seed: 2 })
  const before = model.parameters.slice()
  const onProgress = () => {
    throw new Error('a broken chart')
  }
  await expect(fit(model, jang(200), { steps: 20, threads: 0, onProgress })).rejects.toThrow('a broken chart')
  expect(model.parameters).not.toEqual(before)
})

it('is not changed by what happens to the layers it was given', async () => {
  const layers = [leakyReLU()]
  const model = flow(2, layers)
  layers.push(affineCoupling({ mask: [1, 0] }))
  const { steps } = await fit(model, jang(100), { steps: 3, threads: 2 })
  expect(steps).toBe(3)
})

it('takes a batch of all rows for the full batch', async () => {
  const { bestLoss, losses } = await fit(flow(2, tutorialLayers(1)), jang(64), {
    steps: 5,
    batch: 64,
    threads: 0,
    stopping: { patience: 3 },
  })
  expect(bestLoss).toBe(Math.min(...losses))
})

it('stops after as many steps as patience has where the loss stays what it was', async () => {
  const options = { steps: 50, optimizer: adamW({ learningRate: 0 }), stopping: { patience: 5 }, threads: 0 } as const
  const { losses, ...result } = await fit(flow(2, tutorialLayers(1)), jang(64), options)
  expect(new Set(losses).size).toBe(1)
  expect(result).toMatchObject({ steps: 6, bestStep: 0, stopped: 'patience' })
})

it.each([
  [{ standardise: false }],
  [{ preprocess: 'no' }],
  [{ preprocess: { type: 'preprocess', scale: 'mad' } }],
  [{ validation: '0.1' }],
  [{ stopping: { patience: '5' } }],
  [{ steps: 2e10 }],
  [{ batch: 10, stopping: { patience: 5 } }],
])('refuses %j', async (options) => {
  await expect(fit(flow(2, tutorialLayers(1)), jang(64), options as object)).rejects.toThrow(UsageError)
})

it('names what was given for an optimizer', async () => {
  const options = { steps: 1, optimizer: 'adam' } as never
  await expect(fit(flow(2, tutorialLayers(1)), jang(64), options)).rejects.toThrow('optimizer is "adam"; expected')
})

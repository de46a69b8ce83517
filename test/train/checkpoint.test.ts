import {
  actNorm,
  adamW,
  affineCoupling,
  alternatingMask,
  cosine,
  type Ensemble,
  ema,
  encodeFlow,
  encodeModel,
  type FitOptions,
  type Flow,
  fit,
  fitEnsemble,
  flow,
  growing,
  jang,
  leakyReLU,
  noise,
  nsf,
  preprocess,
  reduceOnPlateau,
  warmUp,
} from 'pushforward'
import { describe, expect, test } from 'vitest'

const rows = jang(700, { seed: 1 })
const weights = Float64Array.from({ length: 700 }, (_, i) => (i % 5) / 2)
const couplings = (dropout = 0) =>
  [0, 1, 2].flatMap((i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(2, i), hidden: [6], ...(dropout > 0 && { dropout }) }),
  ])
const optimizer = adamW({ learningRate: 0.01 })

interface Case {
  readonly name: string
  readonly make: () => Flow
  readonly weighted?: boolean
  readonly options: FitOptions
}

const CASES: Case[] = [
  { name: 'all rows a step', make: () => flow(2, couplings()), options: { steps: 60, optimizer } },
  {
    name: 'minibatches, validation, running average, clipped, warm-up and cosine',
    make: () => flow(2, couplings()),
    options: {
      ...{ steps: 60, batch: 64, validation: 0.2, validationEvery: 4, optimizer, clip: 0.5 },
      ...{ average: ema(0.9), schedule: warmUp(cosine()), seed: 3 },
    },
  },
  {
    name: 'growing batches, plateaus, noise and dropout',
    make: () => flow(2, nsf(2, { layers: 2, hidden: [8], dropout: 0.2 })),
    options: {
      ...{ steps: 60, batch: growing({ from: 40, to: 300 }), validation: 0.3, validationEvery: 3, noise: noise() },
      ...{ schedule: reduceOnPlateau({ patience: 1 }), optimizer: adamW({ learningRate: 0.1 }) },
    },
  },
  {
    name: 'weighted rows, frozen layers, the last weights kept, behind preprocess()',
    make: () => flow(2, couplings()),
    weighted: true,
    options: {
      ...{ steps: 60, batch: 50, optimizer, frozen: [1], preprocess: preprocess(), average: ema(0.8) },
      stopping: { restoreBestWeights: false },
    },
  },
  {
    name: 'layers that settle on their rows, in float64',
    make: () => flow(2, [actNorm(), ...couplings()], { precision: 'float64' }),
    options: { steps: 60, batch: 128, validation: 0.1, optimizer },
  },
  {
    name: 'patience that ends',
    make: () => flow(2, couplings()),
    options: {
      ...{ steps: 4000, validation: 0.5, validationEvery: 2, optimizer: adamW({ learningRate: 0.03 }) },
      stopping: { patience: 12 },
    },
  },
]

/** Trains on to a step; what a checkpoint at the end holds, and all that came out. */
async function go({ make, weighted, options }: Case, threads: number, after?: number, resume?: Uint8Array) {
  const written: Uint8Array[] = []
  const model = make()
  const {
    seconds: _,
    threads: __,
    ...result
  } = await fit(model, weighted ? { rows, weights } : rows, {
    ...options,
    stopping: { ...options.stopping, after },
    threads,
    checkpoint: { write: (bytes) => void written.push(bytes) },
    resume,
  })
  return { model: Buffer.from(encodeFlow(model)), result, checkpoint: written.at(-1) as Uint8Array, written }
}

describe.each(CASES)('$name:', (kind) => {
  test('stopped twice and gone on with on other threads, the model and all losses are those of one run', async () => {
    const whole = await go(kind, 2)
    const { steps } = whole.result
    expect(steps).toBeGreaterThan(20)
    for (const [first, second] of [
      [1, 17],
      [19, steps - 1],
    ]) {
      const one = await go(kind, 0, first)
      const two = await go(kind, 3, second, one.checkpoint)
      expect([one.result.steps, two.result.steps, two.result.stopped]).toEqual([first, second, 'after'])
      const { model, result } = await go(kind, 2, undefined, two.checkpoint)
      expect(result).toEqual(whole.result)
      expect(model.equals(whole.model)).toBe(true)
    }
  })

  test('from the checkpoint of a run that has ended nothing is trained, and the model is the same', async () => {
    const whole = await go(kind, 0)
    const again = await go(kind, 2, undefined, whole.checkpoint)
    expect(again.written).toEqual([])
    expect(again.result).toEqual(whole.result)
    expect(again.model.equals(whole.model)).toBe(true)
  })
})

describe('checkpoints on the way', () => {
  const kind: Case = { ...CASES[1], options: { ...CASES[1].options, steps: 200_000 } }
  test.each([0, 2])(
    'each is a moment of the run, on %i threads, whose bits do not change by them',
    async (threads) => {
      const { make, options } = kind
      const written: Uint8Array[] = []
      const controller = new AbortController()
      const stopped = make()
      const { steps, losses } = await fit(stopped, rows, {
        ...options,
        threads,
        signal: controller.signal,
        checkpoint: {
          every: 0,
          async write(bytes) {
            await new Promise((resolve) => setTimeout(resolve, 20))
            if (written.push(bytes) === 3) controller.abort()
          },
        },
      })
      expect(written.length).toBeGreaterThanOrEqual(4)
      const whole = await go(kind, 2, steps)
      expect(whole.result.losses).toEqual(losses)
      for (const bytes of [written[0], written[2]]) {
        expect((await go(kind, 1, steps, bytes)).model.equals(whole.model)).toBe(true)
      }
    },
    60_000,
  )

  test('go by seconds, and one is written at the end', async () => {
    expect((await go(CASES[0], 0)).written).toHaveLength(1)
  })

  test('what write throws ends training with the weights so far committed, and is thrown', async () => {
    const model = kind.make()
    const failing = fit(model, rows, {
      ...kind.options,
      threads: 1,
      checkpoint: { every: 0, write: () => Promise.reject(new Error('no space')) },
    })
    await expect(failing).rejects.toThrow('no space')
    expect(model.scaled).toBe(true)
  })
})

describe('a checkpoint is refused, and the flow left as it was,', () => {
  const kind = CASES[1]
  const attempt = async (changes: Partial<FitOptions>, make = kind.make, points: Parameters<typeof fit>[1] = rows) => {
    const { checkpoint: resume } = await go(kind, 0, 5)
    const model = make()
    const before = encodeFlow(model)
    const error = await fit(model, points, { ...kind.options, resume, ...changes }).then(
      () => 'accepted',
      ({ name, message }: Error) => `${name}: ${message}`,
    )
    expect(encodeFlow(model)).toEqual(before)
    return error
  }

  test.each([
    ['steps', { steps: 70 }, 'steps 60, but it is 70 now'],
    ['batch', { batch: 32 }, 'batch 64, but it is 32 now'],
    ['seed', { seed: 4, splitSeed: 3 }, 'seed 3, but it is 4 now'],
    ['average', { average: undefined, stopping: {} }, 'average {"type":"ema","decay":0.9}, but it is "none" now'],
    ['clip', { clip: Number.POSITIVE_INFINITY }, 'clip 0.5, but it is "none" now'],
    ['kernels', { kernels: 'portable' as const }, 'kernels "simd", but it is "portable" now'],
  ])('with another %s', async (_, changes, says) => {
    expect(await attempt(changes)).toBe(
      `UsageError: The checkpoint to resume from is of a fit with ${says}: give the options that it was begun with.`,
    )
  })

  test('of another flow, other rows, other weights', async () => {
    expect(await attempt({}, () => flow(2, [leakyReLU()]))).toMatch(/^UsageError: .* of another flow: give one with/)
    expect(await attempt({}, kind.make, jang(700, { seed: 2 }))).toMatch(
      /^DataError: .* of other rows: theirs have SHA/,
    )
    expect(await attempt({}, kind.make, { rows, weights: weights.map((w) => w + 1) })).toMatch(
      /^DataError: .* with other weights, or behind another scaler/,
    )
  })

  test('that has any byte changed, is cut, or none at all', async () => {
    const { checkpoint } = await go(kind, 0, 5)
    for (let at = 0; at < checkpoint.length; at += 37) {
      const resume = checkpoint.slice()
      resume[at] ^= 1 << (at % 8)
      await expect(fit(kind.make(), rows, { ...kind.options, resume }), String(at)).rejects.toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      )
    }
    for (const resume of [checkpoint.subarray(0, 1000), encodeFlow(kind.make()), new Uint8Array()]) {
      await expect(fit(kind.make(), rows, { ...kind.options, resume })).rejects.toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      )
    }
    expect(await attempt({ resume: 'file' as unknown as Uint8Array })).toMatch(
      /^UsageError: resume is "file"; expected/,
    )
  })
})

describe('an ensemble', () => {
  const options: FitOptions = { steps: 200, batch: 64, validation: 0.2, seed: 3, average: ema(0.9) }
  const members = () => [0, 1, 2].map((seed) => flow(2, couplings(), { seed }))

  test('goes on where each of its members was: one ended, one on its way, one not begun', async () => {
    const whole = await fitEnsemble(members(), rows, { ...options, threads: 2 })
    const written: Uint8Array[] = []
    const controller = new AbortController()
    const checkpoint = { write: (bytes: Uint8Array) => void written.push(bytes) }
    await fitEnsemble(members(), rows, {
      ...options,
      threads: 0,
      signal: controller.signal,
      checkpoint: {
        write(bytes) {
          checkpoint.write(bytes)
          // While the second one begins.
          setTimeout(() => controller.abort(), 1)
        },
      },
    })
    for (const resume of written) {
      const again = await fitEnsemble(members(), rows, { ...options, threads: 3, checkpoint, resume })
      expect(again.results.map(({ losses }) => losses)).toEqual(whole.results.map(({ losses }) => losses))
      expect(encodeModel(again.ensemble as Ensemble)).toEqual(encodeModel(whole.ensemble as Ensemble))
    }
    await expect(fitEnsemble(members().slice(1), rows, { ...options, resume: written[0] })).rejects.toThrow(
      'is of an ensemble of 3, but it has 2 members now',
    )
    await expect(fit(members()[0], rows, { ...options, resume: written[0] })).rejects.toThrow(
      'resume it with fitEnsemble',
    )
  })
})

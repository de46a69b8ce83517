import {
  adamW,
  annealing,
  cosine,
  type Energy,
  type EnergyModule,
  ema,
  encodeFlow,
  energies,
  energyModule,
  type FitEnergyOptions,
  type Flow,
  fitEnergy,
  flow,
  growing,
  jang,
  nsf,
  realNVP,
  rowEnergy,
} from 'pushforward'
import { describe, expect, test } from 'vitest'

const ring = energyModule(new URL('../fixtures/energy.mjs', import.meta.url), 'ring')
const bowl = rowEnergy(2, (x, gradient) => {
  gradient.set(x)
  return (x[0] * x[0] + x[1] * x[1]) / 2
})
const couplings = () => flow(2, realNVP(2, { layers: 4, hidden: [8] }), { seed: 2 })

interface Case {
  readonly name: string
  readonly energy: Energy | EnergyModule
  readonly make: () => Flow
  readonly options: FitEnergyOptions
}

const CASES: Case[] = [
  {
    name: 'an energy from a module, hot at first, with a running average',
    energy: ring,
    make: couplings,
    options: { steps: 60, batch: 64, annealing: annealing(), average: ema(0.9), schedule: cosine(), seed: 3 },
  },
  {
    name: 'a mixture with rows in growing batches, clipped, with dropout',
    energy: energies.twoMoons,
    make: () => flow(2, nsf(2, { layers: 2, hidden: [8], dropout: 0.2 })),
    options: { steps: 60, batch: growing({ from: 20, to: 100 }), clip: 1, mixture: { rows: jang(300), weight: 0.3 } },
  },
  {
    name: 'a function, by the total gradient',
    energy: bowl,
    make: couplings,
    options: { steps: 60, batch: 32, estimator: 'total', threads: 0, optimizer: adamW({ learningRate: 0.01 }) },
  },
]

/** Trains to the end, or to about a step; what came out, and all checkpoints. */
async function go({ energy, make, options }: Case, more: FitEnergyOptions = {}, until?: number) {
  const model = make()
  const written: Uint8Array[] = []
  const controller = new AbortController()
  const run = fitEnergy(model, energy, {
    ...options,
    ...more,
    signal: controller.signal,
    onProgress: ({ step }) => until !== undefined && step >= until && controller.abort(),
    checkpoint: { every: until === undefined ? 30 : 0, write: (bytes) => void written.push(bytes) },
  })
  const { seconds: _, threads: __, ...result } = await run
  return { model: Buffer.from(encodeFlow(model)), result, written }
}

describe.each(CASES)('on $name:', (kind) => {
  test('a run that was stopped goes on, from any of its checkpoints, to the bits of one that was not', async () => {
    // Long enough for one to be stopped on its way.
    const long = { ...kind, options: { ...kind.options, steps: 40_000 } }
    const stopped = await go(long, {}, 2500)
    const { steps } = stopped.result
    expect(stopped.result.stopped).toBe('aborted')
    expect(steps).toBeGreaterThanOrEqual(2500)
    const next = await go(long, { threads: 0, resume: stopped.written.at(-1) }, steps + 500)
    for (const bytes of stopped.written) {
      const again = await go(long, { threads: kind.energy === bowl ? 0 : 2, resume: bytes }, steps + 200)
      const common = Math.min(next.result.steps, again.result.steps)
      expect(common).toBeGreaterThan(steps)
      expect(again.result.losses.slice(0, common)).toEqual(next.result.losses.slice(0, common))
      expect(again.result.losses.slice(0, steps)).toEqual(stopped.result.losses)
    }
  })

  test('from the end of a run nothing is trained, and the model is the same', async () => {
    const whole = await go(kind)
    const again = await go(kind, { threads: 0, resume: whole.written[0] })
    expect(again.written).toEqual([])
    expect(again.result).toEqual(whole.result)
    expect(again.model.equals(whole.model)).toBe(true)
  })
})

test('a checkpoint of another energy, other options, rows or scaler is refused', async () => {
  const [kind, mixed] = CASES
  const [{ written }, { written: ofRows }] = [await go(kind), await go(mixed)]
  const refusal = async (of: Case, resume: Uint8Array, more: FitEnergyOptions = {}) =>
    go(of, { resume, ...more }).then(
      () => 'accepted',
      ({ name, message }: Error) => `${name}: ${message}`,
    )
  expect(await refusal({ ...kind, energy: energies.twoMoons }, written[0])).toMatch(
    /^UsageError: .* with energy "ring", but it is "twoMoons" now/,
  )
  expect(await refusal(kind, written[0], { estimator: 'total' })).toMatch(
    /with estimator "path", but it is "total" now/,
  )
  expect(await refusal(mixed, ofRows[0], { mixture: { rows: jang(300, { seed: 1 }), weight: 0.3 } })).toMatch(
    /^DataError: .* of other rows/,
  )
  const scaled = () => {
    const model = kind.make()
    model.scaler = { ...model.scaler, mean: Float64Array.of(1, 0) }
    return model
  }
  expect(await refusal({ ...kind, make: scaled }, written[0])).toMatch(/^DataError: .* behind another scaler/)
  expect(await refusal(kind, new Uint8Array(10))).toMatch(/^FormatError: /)
  expect(await refusal(kind, 'bytes' as unknown as Uint8Array)).toMatch(/^UsageError: .*resume.*expected the bytes/)
})

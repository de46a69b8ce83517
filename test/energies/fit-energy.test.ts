import {
  adam,
  affine,
  annealing,
  cosine,
  diagonalNormal,
  type Energy,
  elementwise,
  ema,
  energies,
  energyModule,
  type FitEnergyOptions,
  type Flow,
  fit,
  fitEnergy,
  flow,
  gaussianMixture,
  growing,
  importance,
  jang,
  nsf,
  preprocess,
  realNVP,
  rowEnergy,
  TrainingError,
  warmUp,
} from 'pushforward'
import { describe, expect, it } from 'vitest'

const MODULE = new URL('../fixtures/energy.mjs', import.meta.url)
const ring = energyModule(MODULE, 'ring')
const small = () => flow(2, realNVP(2, { layers: 4, hidden: [8] }), { seed: 2 })

/** N(m, s²) by columns, 5 nats up: ln Z = Σ ln s + ln 2π − 5. */
function gaussian(mean: readonly number[], sd: readonly number[]): Energy {
  return rowEnergy(2, (x, gradient) => {
    const y = [0, 1].map((j) => (x[j] - mean[j]) / sd[j])
    gradient.set(y.map((value, j) => value / sd[j]))
    return 0.5 * (y[0] * y[0] + y[1] * y[1]) + 5
  })
}

describe('fitEnergy', () => {
  it.each(['path', 'total', 'varGrad'] as const)(
    'finds location and scale of a normal by its energy (%s)',
    async (estimator) => {
      const model = flow(2, [elementwise({ transformer: affine() })])
      const options = {
        steps: 1500,
        estimator,
        optimizer: adam({ learningRate: 0.02 }),
        schedule: cosine(),
        threads: 0,
      }
      const { losses, steps, stopped } = await fitEnergy(model, gaussian([1, -2], [0.5, 3]), options)
      expect([steps, stopped, losses.length]).toEqual([1500, 'steps', 1500])
      const logZ = Math.log(2 * Math.PI * 0.5 * 3) - 5
      const tail = losses.slice(-100).reduce((sum, value) => sum + value, 0) / 100
      // By gradients that end there it comes to the optimum itself, where every sample's loss is −ln Z.
      expect(Math.abs(tail + logZ)).toBeLessThan(estimator === 'total' ? 1e-2 : 1e-5)
      const { logDet } = model.inverse([[0, 0]])
      expect(Math.abs(logDet[0] - Math.log(1.5))).toBeLessThan(estimator === 'total' ? 0.05 : 1e-4)
    },
  )

  it('goes through the scaler of a flow that was fitted before, and leaves it', async () => {
    const model = flow(2, [elementwise({ transformer: affine() })])
    const rows = Array.from({ length: 500 }, (_, i) => [3 + 4 * Math.sin(i), 2 * Math.cos(3 * i)])
    await fit(model, rows, { steps: 5, threads: 0 })
    const { scaler } = model
    expect(scaler.sd[0]).toBeGreaterThan(2)
    const options = { steps: 2000, optimizer: adam({ learningRate: 0.02 }), schedule: cosine(), threads: 0 }
    await fitEnergy(model, gaussian([1, -2], [2, 3]), options)
    expect(model.scaler).toBe(scaler)
    const { effectiveSampleSize } = await importance(model, gaussian([1, -2], [2, 3]), { rows: 1000 })
    expect(effectiveSampleSize).toBeGreaterThan(0.9999)
  })

  it('leaves a new flow without a scaler, also to a fit behind it', async () => {
    const model = small()
    await fitEnergy(model, energies.potentialU1, { steps: 2, threads: 0 })
    await fit(
      model,
      [
        [10, 0],
        [30, 1],
        [20, 2],
      ],
      { steps: 1, threads: 0 },
    )
    expect([...model.scaler.mean, ...model.scaler.sd]).toEqual([0, 0, 1, 1])
  })

  it('draws other samples for each step, the same for the same seed', async () => {
    const options = { steps: 5, optimizer: adam({ learningRate: 0 }), threads: 0 }
    const of = async (seed: number) => [...(await fitEnergy(small(), energies.twoMoons, { ...options, seed })).losses]
    const first = await of(1)
    expect(new Set(first).size).toBe(5)
    expect(await of(1)).toEqual(first)
    expect(await of(2)).not.toEqual(first)
  })

  it('trains on a fixed base of several normals', async () => {
    const base = gaussianMixture({
      components: 2,
      learnable: false,
      means: [
        [-2, 0],
        [2, 0],
      ],
    })
    const model = flow(2, realNVP(2, { layers: 2, hidden: [8] }), { base })
    const { losses } = await fitEnergy(model, energies.potentialU1, {
      steps: 300,
      optimizer: adam({ learningRate: 0.01 }),
    })
    const { effectiveSampleSize } = await importance(model, energies.potentialU1, { rows: 5000 })
    expect(losses[299]).toBeLessThan(losses[0])
    expect(effectiveSampleSize).toBeGreaterThan(0.5)
  })

  it('learns a base by VarGrad, which asks for no slope of the energy', async () => {
    const { evaluate } = gaussian([1, -2], [0.5, 3])
    const flat: Energy = {
      dim: 2,
      evaluate(x, values, slopes) {
        evaluate(x, values, slopes)
        slopes.fill(Number.NaN)
      },
    }
    const model = flow(2, [], { base: diagonalNormal() })
    const optimizer = adam({ learningRate: 0.02 })
    await fitEnergy(model, flat, { estimator: 'varGrad', steps: 1500, optimizer, schedule: cosine(), threads: 0 })
    const { logZ, effectiveSampleSize } = await importance(model, flat, { rows: 1000 })
    expect(Math.abs(logZ - Math.log(2 * Math.PI * 0.5 * 3) + 5)).toBeLessThan(1e-4)
    expect(effectiveSampleSize).toBeGreaterThan(0.9999)
  })

  it('ends by a signal and tells of its steps, with the weights that it has come to', async () => {
    const model = small()
    const before = model.parameters.slice()
    const controller = new AbortController()
    const { steps, stopped } = await fitEnergy(model, energies.potentialU1, {
      threads: 0,
      steps: 1_000_000,
      signal: controller.signal,
      onProgress: ({ step }) => step > 5 && controller.abort(),
    })
    expect(stopped).toBe('aborted')
    expect(steps).toBeGreaterThan(5)
    expect(model.parameters).not.toEqual(before)
  })

  it('keeps the best weights where losses are no longer finite', async () => {
    const model = small()
    const cliff = rowEnergy(2, (x, gradient) => {
      gradient.set([-1, 0])
      return x[0] > 4 ? Number.POSITIVE_INFINITY : -x[0]
    })
    const run = fitEnergy(model, cliff, { steps: 5000, threads: 0, optimizer: adam({ learningRate: 0.05 }) })
    await expect(run).rejects.toThrow(TrainingError)
    await expect(run).rejects.toThrow(
      /The loss at step \d+ is Infinity, after going back 3 times with half the learning rate each time; the weights of step \d+ are kept.*energy is finite/,
    )
    expect(model.sample(100).data.every(Number.isFinite)).toBe(true)
  })
})

describe('the same bits', () => {
  const rows = Array.from({ length: 700 }, (_, i) => [Math.sin(i), Math.cos(i)])
  it.each<[string, FitEnergyOptions]>([
    ['by the path gradient, hot at first', { annealing: annealing({ temperature: 4 }), average: ema(0.9) }],
    ['by the total one, in growing batches', { estimator: 'total', batch: growing({ from: 100, to: 500 }), clip: 1 }],
    ['in a mixture, a layer frozen', { mixture: { rows, weight: 0.3 }, frozen: [0], schedule: warmUp(cosine()) }],
    ['by VarGrad in a mixture', { estimator: 'varGrad', mixture: { rows, weight: 0.3 }, annealing: annealing() }],
  ])('%s, for 0, 1, 2 and 3 threads', async (_, options) => {
    const results: string[] = []
    for (const threads of [0, 1, 2, 3]) {
      const model = small()
      const common = { steps: 20, batch: 500, optimizer: adam({ learningRate: 0.01 }), threads }
      const { losses, threads: taken } = await fitEnergy(model, ring, { ...common, ...options })
      expect(taken).toBe(threads)
      results.push(Buffer.from(model.parameters.buffer).toString('hex') + losses.join())
    }
    expect(new Set(results).size).toBe(1)
  })

  it('of an energy of a module as of the function itself', async () => {
    const [here, there] = [small(), small()]
    const { ring: own } = (await import(MODULE.href)) as { ring: Energy }
    await fitEnergy(here, own, { steps: 10, threads: 0 })
    await fitEnergy(there, ring, { steps: 10, threads: 2 })
    expect(there.parameters).toEqual(here.parameters)
  })
})

describe('reverse KL to the figures of the literature', () => {
  const optimizer = adam({ learningRate: 0.003 })
  const schedule = warmUp(cosine(), { share: 0.05 })

  async function figures(model: Flow, energy: (typeof energies)['twoMoons']) {
    const { logZ, effectiveSampleSize } = await importance(model, energy, { rows: 100_000, seed: 1, keep: false })
    return { off: Math.abs(logZ - energy.logZ), effectiveSampleSize }
  }

  it('U1: ln Z within 0.01 of ln 6.5371522, samples worth 95 % and more', { timeout: 300_000 }, async () => {
    const model = flow(2, nsf(2, { layers: 4, hidden: [32], activation: 'silu' }), { seed: 1 })
    const hot = annealing({ temperature: 5, share: 0.6 })
    await fitEnergy(model, energies.potentialU1, {
      steps: 2000,
      optimizer,
      schedule,
      clip: 10,
      annealing: hot,
      seed: 1,
    })
    const { off, effectiveSampleSize } = await figures(model, energies.potentialU1)
    expect(off).toBeLessThan(0.01)
    expect(effectiveSampleSize).toBeGreaterThan(0.95)
  })

  // The path gradient leaves a mode out for three of these seeds.
  const moons = 'two moons, seed %i: ln Z within 0.01 of ln 2.2349401, samples worth 95 % and more'
  it.each([0, 1, 2, 3, 4])(moons, { timeout: 300_000 }, async (seed) => {
    const model = flow(2, nsf(2, { layers: 4, hidden: [64, 64], activation: 'silu', bins: 16, fourier: 4 }), { seed })
    await fitEnergy(model, energies.twoMoons, {
      steps: 1000,
      estimator: 'varGrad',
      optimizer,
      schedule,
      clip: 10,
      annealing: annealing({ temperature: 30, share: 0.8 }),
      seed,
    })
    const { off, effectiveSampleSize } = await figures(model, energies.twoMoons)
    expect(off).toBeLessThan(0.01)
    expect(effectiveSampleSize).toBeGreaterThan(0.95)
  })
})

describe('what cannot be is refused in words', () => {
  const own = rowEnergy(2, () => 0)
  it.each<[string, Energy | typeof ring, FitEnergyOptions, RegExp]>([
    [
      'a function on threads',
      own,
      { threads: 2 },
      /is a function cannot cross to 2 threads: set threads to 0, or export it/,
    ],
    ['no energy of a module', energyModule(MODULE, 'number'), {}, /exports as number a value of type number; expected/],
    ['steps 0', ring, { steps: 0 }, /fitEnergy's steps is 0; expected an integer from 1/],
    ['a batch', ring, { batch: 0.5 }, /batch is 0.5; expected an integer ≥ 1, or growing/],
    [
      'an estimator',
      ring,
      { estimator: 'score' as never },
      /estimator is "score"; expected "path" or "total" or "varGrad"/,
    ],
    [
      'a sample alone',
      ring,
      { estimator: 'varGrad', batch: 1 },
      /has 1 sample, but .* compares samples: set batch to 2/,
    ],
    ['one at first', ring, { estimator: 'varGrad', batch: growing({ from: 1, to: 9 }) }, /A step has 1 sample/],
    ['no such option', ring, { validation: 0.1 } as never, /fitEnergy has no option "validation"/],
    ['an annealing', ring, { annealing: 5 as never }, /annealing is 5; expected the value of annealing/],
    ['a cold start', ring, { annealing: { type: 'annealing', temperature: 0.5, share: 1 } }, /a temperature ≥ 1/],
    [
      'a mixture of all',
      ring,
      { mixture: { rows: [[0, 0]], weight: 1 } },
      /mixture's weight is 1; expected a number in \(0, 1\)/,
    ],
    ['few rows', ring, { mixture: { rows: [[0, 0]] } }, /batch is 256, but the mixture has 1 rows/],
  ])('%s', async (_, energy, options, message) => {
    await expect(fitEnergy(small(), energy, { steps: 2, ...options })).rejects.toThrow(message)
  })

  it('a base that would be learnt, unless it is frozen', async () => {
    const model = () => flow(2, realNVP(2, { layers: 2 }), { base: diagonalNormal() })
    await expect(fitEnergy(model(), ring, { steps: 1 })).rejects.toThrow(
      /The base diagonalNormal would be learnt, .* give it learnable: false, set frozen to \["base"\] or estimator to "varGrad"/,
    )
    const { steps } = await fitEnergy(model(), ring, { steps: 1, frozen: ['base'] })
    expect(steps).toBe(1)
  })

  it('a flow with a context', async () => {
    const model = flow(2, realNVP(2, { layers: 2 }), { context: 1 })
    await expect(fitEnergy(model, ring)).rejects.toThrow(/conditioned on a context, of which an energy knows nothing/)
  })

  it('a flow that was fitted to bent columns', async () => {
    const model = flow(2, realNVP(2, { layers: 2 }))
    await fit(model, jang(200, { seed: 1 }), { steps: 1, preprocess: preprocess({ decorrelate: true }), threads: 0 })
    await expect(fitEnergy(model, ring)).rejects.toThrow(/bent or decorrelated, of which an energy knows nothing/)
  })

  it('what an energy throws ends all threads', async () => {
    const run = fitEnergy(small(), energyModule(MODULE, 'failing'), { threads: 2, steps: 10 })
    await expect(run).rejects.toThrow(/no energy today/)
  })
})

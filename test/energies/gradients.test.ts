import {
  annealing,
  type BaseSpec,
  type Energy,
  energies,
  type Flow,
  flow,
  gaussianMixture,
  type LayerSpec,
  leakyReLU,
  maf,
  nsf,
  realNVP,
  rowEnergy,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { Tile } from '#flow/tile.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { seedWords } from '#random/philox.js'
import { PURPOSE } from '#random/purposes.js'
import { adam } from '#step/adamw.js'
import { inverseTemperature } from '#step/annealing.js'
import { alone } from '#step/communicator.js'
import { planTraining, type TrainingTask } from '#step/plan.js'
import type { EnergyTask } from '#step/reverse-kl.js'
import { constant } from '#step/schedule.js'
import { batchTileRows } from '#step/shards.js'
import { stopping } from '#step/stopping.js'
import { TrainingRank } from '#step/training-rank.js'
import { centralDifferences, relativeError } from '../laws/differences.js'

/*
 * The gradients of a step, in float64, beside differences of the mean ln q(x) + βU(x) over the very samples of the step, which
 * `flow.inverse` makes of the same noise.
 */

const ROWS = 150
const STEP = 3
const STEPS = 10
const SEED = 2 ** 40 + 5
const TOLERANCE = 1e-7

const scaler = { mean: Float64Array.from([0.5, -1]), sd: Float64Array.from([2, 0.7]) }

function taskOf(energy: Partial<EnergyTask>): TrainingTask {
  return {
    ...{ rows: ROWS, validationRows: 0, batch: ROWS, steps: STEPS, validationEvery: 1, clip: Infinity },
    ...{ optimizer: adam({ learningRate: 0 }), schedule: constant(), average: undefined, noise: undefined },
    ...{ weighted: false, frozen: [], stopping: stopping({ restoreBestWeights: false }), seed: SEED },
    energy: { estimator: 'path', annealing: undefined, forward: 0, ...scaler, ...energy },
  }
}

/** What a rank adds up at step STEP: the mean gradient, and the loss. */
function stepOf(model: Flow, energy: Energy, options: Partial<EnergyTask>, rows?: number[][]) {
  const { structure } = model
  const plan = planTraining(structure, taskOf(options), 1)
  const heap = createHeap(plan.arena, structure.description.precision === 'float64' ? 'portable' : 'simd', false)
  heap.real.set(model.numbers, plan.params)
  heap.i32[plan.stopAfter] = -1
  rows?.flat().forEach((value, i) => {
    heap.real[plan.data + i] = (value - scaler.mean[i % 2]) / scaler.sd[i % 2]
  })
  const losses: number[] = []
  const record = {
    stopRequested: () => false,
    snapshotRequested: () => false,
    publish: (_: number, loss: number) => void losses.push(loss),
    publishSnapshot: () => {},
  }
  const rank = new TrainingRank(createKernels(heap), plan, alone(), record, energy)
  for (let step = 0; step <= STEP; step++) expect(rank.step()).toBeUndefined()
  const { slot } = plan.phases[0].units[0]
  const sum = heap.real.subarray(slot, slot + structure.parameterCount)
  return { gradient: Array.from(sum, (value) => value / ROWS), loss: losses[STEP] }
}

/** The noise of step STEP, [ROWS, dim]: the base's, of random numbers of the step's own. */
function noiseOf(model: Flow): number[][] {
  const { structure } = model
  const arena = new Arena('float64')
  const params = arena.real(structure.numberCount)
  const tile = new Tile(structure, arena, 'evaluate', ROWS, params)
  const kernels = createKernels(createHeap(arena, 'portable', false))
  const { real } = kernels.heap
  tile.load(kernels.heap)
  real.set(model.numbers, params)
  const [keyLow, keyHigh] = seedWords(SEED)
  const draw = { keyLow, keyHigh, firstRow: STEP * 2 ** 32, purpose: PURPOSE.energy }
  tile.sampleNoise(kernels, { ...draw, uniformPurpose: PURPOSE.energyUniforms }, 1)
  return Array.from({ length: ROWS }, (_, t) => [0, 1].map((j) => real[tile.noise + j * ROWS + t]))
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** U of rows. */
function energiesOf(energy: Energy, x: Float64Array): Float64Array {
  const values = new Float64Array(x.length / energy.dim)
  energy.evaluate(x, values, new Float64Array(x.length))
  return values
}

/** Mean ln q(x) + βU(x) of the samples that the noise becomes; ln p_base of the noise is of no parameter. */
function objective(model: Flow, energy: Energy, noise: number[][], base: ArrayLike<number>, beta = 1): number {
  const { x, logDet } = model.inverse(noise)
  const values = energiesOf(energy, x.data)
  return mean(Array.from(values, (value, t) => base[t] - logDet[t] + beta * value))
}

/** ln p_base, by the density of the samples. */
function baseOf(model: Flow, noise: number[][]): number[] {
  const { x, logDet } = model.inverse(noise)
  return Array.from(model.logProb(x), (value, t) => value + logDet[t])
}

/** VarGrad, sample by sample: of each tile's n the covariance of ln q(x) + βU(x) and the score, by n − 1, times n. */
function covariance(model: Flow, energy: Energy, noise: number[][], beta = 1): number[] {
  const x = model.inverse(noise).x.toArray()
  const values = energiesOf(energy, Float64Array.from(x.flat()))
  const logProb = model.logProb(x)
  // nll is of a single row here, so that its gradient is the score, negative.
  const scores = x.map((row) => Array.from(model.nll([row]).gradient, (value) => -value))
  const tileRows = batchTileRows(ROWS, model.structure)
  const sum = scores[0].map(() => 0)
  for (let first = 0; first < ROWS; first += tileRows) {
    const tile = Array.from({ length: Math.min(tileRows, ROWS - first) }, (_, t) => first + t)
    const of = (t: number) => logProb[t] + beta * values[t]
    const centre = mean(tile.map(of))
    for (const t of tile) {
      const weight = ((of(t) - centre) * tile.length) / (tile.length - 1)
      scores[t].forEach((score, i) => {
        sum[i] += (weight * score) / ROWS
      })
    }
  }
  return sum
}

function differences(model: Flow, f: () => number): number[] {
  return Array.from(model.parameters, (theta, i) => {
    const found = centralDifferences(theta, (moved) => {
      model.parameters[i] = moved
      return { values: [f()], branch: '' }
    })
    model.parameters[i] = theta
    return (found as number[])[0]
  })
}

const worst = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => relativeError(value, b[i])))

function made(layers: readonly LayerSpec[], base?: BaseSpec): Flow {
  const model: Flow = flow(2, layers, { precision: 'float64', seed: 1, base })
  // Away from the identity that layers begin as.
  for (let i = 0; i < model.parameters.length; i++) model.parameters[i] += 0.3 * Math.sin(i + 1)
  model.scaler = scaler
  return model
}

const hidden = { hidden: [3], activation: 'tanh' } as const
const cases: [name: string, model: () => Flow, energy: Energy][] = [
  ['realNVP on the potential U1', () => made(realNVP(2, { layers: 2, ...hidden })), energies.potentialU1],
  ['splines on the two moons', () => made(nsf(2, { layers: 2, bins: 3, ...hidden })), energies.twoMoons],
  ['maf and a leaky ReLU', () => made([...maf(2, { layers: 1, ...hidden }), leakyReLU()]), energies.potentialU1],
  [
    'a base of two normals that stay',
    () => {
      const base = gaussianMixture({
        components: 2,
        learnable: false,
        means: [
          [-1, 0],
          [1, 0.5],
        ],
      })
      return made(realNVP(2, { layers: 2, ...hidden }), base)
    },
    energies.potentialU1,
  ],
]

describe.each(cases)('%s', (_, make, energy) => {
  const model = make()
  const noise = noiseOf(model)
  const base = baseOf(model, noise)
  const total = stepOf(model, energy, { estimator: 'total' })

  it('has the loss of its samples', () => {
    expect(total.loss).toBeCloseTo(objective(model, energy, noise, base), 10)
    expect(stepOf(model, energy, { estimator: 'path' }).loss).toBe(total.loss)
    expect(stepOf(model, energy, { estimator: 'varGrad' }).loss).toBe(total.loss)
  })

  it('has the total gradient of differences', () => {
    const numerical = differences(model, () => objective(model, energy, noise, base))
    expect(worst(total.gradient, numerical)).toBeLessThan(TOLERANCE)
  })

  it('has the path gradient: the total one without the mean score of its samples', () => {
    const { gradient } = stepOf(model, energy, { estimator: 'path' })
    // ∂ ln q(x)/∂θ at held x; nll is its mean, negative.
    const score = model.nll(model.inverse(noise).x).gradient
    const expected = total.gradient.map((value, i) => value + score[i])
    expect(worst(gradient, expected)).toBeLessThan(1e-9)
    expect(worst(gradient, total.gradient)).toBeGreaterThan(1e-3)
  })

  it('has by VarGrad the covariance of ln q + U and the score of its samples', () => {
    const { gradient } = stepOf(model, energy, { estimator: 'varGrad' })
    expect(worst(gradient, covariance(model, energy, noise))).toBeLessThan(1e-9)
  })
})

describe('a base that is learnt', () => {
  const means = [
    [-1, 0],
    [1, 0.5],
  ]
  const model = made(realNVP(2, { layers: 2, ...hidden }), gaussianMixture({ components: 2, means }))

  it('has its gradient by VarGrad', () => {
    const { gradient } = stepOf(model, energies.twoMoons, { estimator: 'varGrad' })
    expect(worst(gradient, covariance(model, energies.twoMoons, noiseOf(model)))).toBeLessThan(1e-9)
    expect(gradient.slice(-model.structure.base.parameters.length).every((value) => value !== 0)).toBe(true)
  })
})

describe('a step', () => {
  const model = made(realNVP(2, { layers: 2, ...hidden }))
  const energy = energies.potentialU1
  const noise = noiseOf(model)
  const base = baseOf(model, noise)

  it('on a hot target has its gradient, and the loss of the cold one', () => {
    const hot = annealing({ temperature: 5, share: 0.8 })
    const beta = 5 ** (STEP / 8 - 1)
    expect(inverseTemperature(hot, STEP, STEPS)).toBeCloseTo(beta, 15)
    const { gradient, loss } = stepOf(model, energy, { estimator: 'total', annealing: hot })
    const numerical = differences(model, () => objective(model, energy, noise, base, beta))
    expect(worst(gradient, numerical)).toBeLessThan(TOLERANCE)
    expect(loss).toBeCloseTo(objective(model, energy, noise, base), 10)
  })

  it('on a hot target has its gradient by VarGrad', () => {
    const { gradient } = stepOf(model, energy, {
      estimator: 'varGrad',
      annealing: annealing({ temperature: 5, share: 0.8 }),
    })
    expect(worst(gradient, covariance(model, energy, noise, 5 ** (STEP / 8 - 1)))).toBeLessThan(1e-9)
  })

  it.each([0, 8, 10])('of a temperature that ends after 8 steps: step %i', (step) => {
    const beta = inverseTemperature(annealing({ temperature: 4, share: 0.8 }), step, 10)
    expect(beta).toBeCloseTo(step === 0 ? 0.25 : 1, 15)
  })

  it.each(['total', 'path', 'varGrad'] as const)(
    'of a mixture has both gradients by their weights (%s)',
    (estimator) => {
      const rows = Array.from({ length: ROWS }, (_, t) => [Math.sin(t), 2 * Math.cos(3 * t)])
      const { gradient, loss } = stepOf(model, energy, { estimator, forward: 0.3 }, rows)
      const reverse = stepOf(model, energy, { estimator })
      const forward = model.nll(rows)
      const expected = reverse.gradient.map((value, i) => 0.3 * forward.gradient[i] + 0.7 * value)
      expect(worst(gradient, expected)).toBeLessThan(1e-12)
      expect(loss).toBeCloseTo(0.3 * forward.nll + 0.7 * reverse.loss, 12)
    },
  )
})

describe.each(['float32', 'float64'] as const)('where the flow is the target, in %s', (precision) => {
  const normal = rowEnergy(2, (x, gradient) => {
    gradient.set(x)
    return 0.5 * (x[0] * x[0] + x[1] * x[1])
  })
  const model: Flow = flow(2, realNVP(2, { layers: 4, hidden: [8] }), { precision, seed: 3 })
  const unscaled = { mean: new Float64Array(2), sd: new Float64Array(2).fill(1) }

  it('the path gradient is 0, and the total one is noise', () => {
    const path = stepOf(model, normal, { estimator: 'path', ...unscaled })
    const total = stepOf(model, normal, { estimator: 'total', ...unscaled })
    expect(path.gradient.every((value) => value === 0)).toBe(true)
    expect(Math.max(...total.gradient.map(Math.abs))).toBeGreaterThan(0.01)
    expect(path.loss).toBeCloseTo(-Math.log(2 * Math.PI), 6)
  })

  it('that of VarGrad is 0 but for the rounding of ln q', () => {
    const { gradient } = stepOf(model, normal, { estimator: 'varGrad', ...unscaled })
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(precision === 'float32' ? 1e-6 : 1e-15)
  })
})

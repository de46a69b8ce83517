import type { Energy } from '../energies/energy.js'
import type { Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { ln } from '../random/elementary.js'
import { seedWords } from '../random/philox.js'
import { PURPOSE } from '../random/purposes.js'
import { type Annealing, inverseTemperature } from './annealing.js'
import type { EnergyRankPlan, RankPlan, TrainingPlan } from './plan.js'

/** Which estimate of the gradient. */
export type GradientEstimator = 'path' | 'total' | 'varGrad'

/** How a flow is fitted to an energy: plain data, so that it can cross threads; the energy itself is imported in each. */
export interface EnergyTask {
  readonly estimator: GradientEstimator
  readonly annealing: Annealing | undefined
  /** Weight of the rows' negative log-likelihood in the loss, beside 1 − that of the reverse KL; 0 without rows. */
  readonly forward: number
  /** The flow's scaler, by columns. */
  readonly mean: Float64Array
  readonly sd: Float64Array
}

/**
 * One rank's samples from the flow q, and the gradient of their mean ln q(x) + βU(x), which is KL(q ‖ p) − ln Z at β = 1: with f
 * the flow, x = m + σ ⊙ s, s = f⁻¹(u), u drawn from the base, and logDet = ln|det ∂s/∂u|,
 *
 *   ln q(x) = ln p_base(u) − logDet − Σⱼ ln σⱼ
 *
 * The total gradient, u held and the base fixed, with g = ∂U/∂x:
 *   dlogDet = −1                          (ln p_base(u) does not move)
 *   ds      = β σ ⊙ g
 *
 * Of that a part is the score ∂ln q(x)/∂θ at held x, whose mean is 0, but whose variance is not, even where q = p. The path
 * gradient leaves it out, so that ln q moves by x alone:
 *   dlogDet = 0
 *   ds      = ∇ₛ ln q(s) + β σ ⊙ g        (∇ₛ by the way back of the density at s, whose gradient by θ goes nowhere)
 * where q = p the two terms of each sample cancel. Source: Roeder et al., arXiv:1703.09194.
 *
 * Both hear of a mode's mass by samples between modes alone, for ∂U/∂x is the same whatever the mass. VarGrad holds the samples
 * and takes the covariance of ℓ = ln q(x) + βU(x) and the score, whose mean is the gradient, too. Of the n samples of a tile:
 *   dln q(xᵢ) = (ℓᵢ − mean ℓ)·n/(n − 1)   (what is subtracted changes no mean; of a single sample it is 0)
 * where q = p all ℓ are −ln Z. ∂U/∂x is not used. Source: Richter et al., arXiv:2010.10436.
 *
 * Losses are of the energy as it is, whatever β: bounds of −ln Z, and comparable.
 */
export class ReverseKL {
  readonly #kernels: Kernels
  readonly #plan: TrainingPlan
  readonly #own: RankPlan
  readonly #energy: Energy
  readonly #task: EnergyTask
  readonly #logScale: number
  /** Of a tile's samples, row-major in the data's units. */
  readonly #x: Float64Array
  readonly #values: Float64Array
  readonly #slopes: Float64Array

  constructor(kernels: Kernels, plan: TrainingPlan, own: RankPlan, energy: Energy) {
    this.#kernels = kernels
    this.#plan = plan
    this.#own = own
    this.#energy = energy
    this.#task = plan.task.energy as EnergyTask
    this.#logScale = this.#task.sd.reduce((sum, sd) => sum + ln(sd), 0)
    const { samples } = this.#of
    const numbers = samples.rows * plan.structure.dim
    this.#x = new Float64Array(numbers)
    this.#values = new Float64Array(samples.rows)
    this.#slopes = new Float64Array(numbers)
    samples.load(kernels.heap)
  }

  get #of(): EnergyRankPlan {
    return this.#own.energy as EnergyRankPlan
  }

  /**
   * Samples `first` … `end` of a step: adds their gradient to `gradient`, and makes of Σ ln p of the rows in f64[total], in
   * standardised units, minus the sum of the losses.
   */
  computeShard({ first, end }: { first: number; end: number }, step: number, gradient: Offset, total: Offset): void {
    const { forward } = this.#task
    const { samples } = this.#of
    const { f64 } = this.#kernels.heap
    samples.accumulateInto(gradient)
    let sum = 0
    for (let row = first; row < end; row += samples.rows) {
      sum += this.#computeTile(row, Math.min(samples.rows, end - row), step, gradient)
    }
    f64[total] = forward * (f64[total] - (end - first) * this.#logScale) - (1 - forward) * sum
  }

  /** Σ ln q + U of samples row … row + count. */
  #computeTile(row: number, count: number, step: number, gradient: Offset): number {
    const kernels = this.#kernels
    const { task } = this.#plan
    const { samples, sum } = this.#of
    const [keyLow, keyHigh] = seedWords(task.seed)
    const purposes = { purpose: PURPOSE.energy, uniformPurpose: PURPOSE.energyUniforms }
    if (samples.random) samples.setKey(kernels.heap, { seed: task.seed, step, firstRow: row })
    samples.sampleNoise(kernels, { keyLow, keyHigh, firstRow: row, step, ...purposes }, 1)
    samples.inverseDensity(kernels)
    const { f64 } = kernels.heap
    f64[sum] = 0
    kernels.sum(count, samples.logProb, sum)
    const energy = this.#evaluate(count)
    if (this.#task.estimator === 'varGrad') this.#holdSamples(row, count, step, gradient)
    else this.#moveSamples(row, count, step)
    return f64[sum] - count * this.#logScale + energy
  }

  /** Σ U of the tile's samples, and ∂U/∂x into the slopes. */
  #evaluate(count: number): number {
    const { samples } = this.#of
    const { dim } = this.#plan.structure
    const { real } = this.#kernels.heap
    const { mean, sd } = this.#task
    for (let j = 0; j < dim; j++) {
      const from = samples.data + j * samples.rows
      for (let t = 0; t < count; t++) this.#x[t * dim + j] = real[from + t] * sd[j] + mean[j]
    }
    const values = this.#values.subarray(0, count)
    this.#energy.evaluate(this.#x.subarray(0, count * dim), values, this.#slopes.subarray(0, count * dim))
    let sum = 0
    for (const value of values) sum += value
    return sum
  }

  /** The total or the path gradient. */
  #moveSamples(row: number, count: number, step: number): void {
    const kernels = this.#kernels
    const { samples } = this.#of
    const path = this.#task.estimator === 'path'
    if (path) this.#score(row, count, step)
    this.#seedData(count, step, path)
    samples.seed(kernels, path ? 0 : this.#task.forward - 1, count)
    samples.inverseBackward(kernels)
  }

  /** ∇ₛ ln q of the samples into the other tile's `dData`. */
  #score(row: number, count: number, step: number): void {
    const kernels = this.#kernels
    const { tile } = this.#own
    this.#density(row, step)
    tile.accumulateInto(this.#of.discarded)
    tile.seed(kernels, 1, count)
    tile.backward(kernels)
  }

  /** VarGrad. */
  #holdSamples(row: number, count: number, step: number, gradient: Offset): void {
    const kernels = this.#kernels
    const { tile } = this.#own
    this.#density(row, step)
    tile.accumulateInto(gradient)
    tile.seedRows(kernels, this.#deviations(count, step))
    tile.backward(kernels)
  }

  /** ln q of the samples by the other tile. */
  #density(row: number, step: number): void {
    const kernels = this.#kernels
    const { tile } = this.#own
    const { structure, task } = this.#plan
    kernels.copy(structure.dim * tile.rows, this.#of.samples.data, tile.data)
    if (tile.random) tile.setKey(kernels.heap, { seed: task.seed, step, firstRow: row })
    tile.density(kernels)
  }

  /** dln q of each sample, in place of the energies. */
  #deviations(count: number, step: number): Float64Array {
    const { real } = this.#kernels.heap
    const { logProb } = this.#own.tile
    const beta = this.#beta(step)
    const values = this.#values.subarray(0, count)
    let sum = 0
    for (let t = 0; t < count; t++) {
      values[t] = real[logProb + t] + beta * values[t]
      sum += values[t]
    }
    const weight = ((1 - this.#task.forward) * count) / Math.max(1, count - 1)
    for (let t = 0; t < count; t++) values[t] = weight * (values[t] - sum / count)
    return values
  }

  #beta(step: number): number {
    const { annealing } = this.#task
    return annealing ? inverseTemperature(annealing, step, this.#plan.task.steps) : 1
  }

  /** ds, 0 on padding lanes. */
  #seedData(count: number, step: number, path: boolean): void {
    const { samples } = this.#of
    const { real } = this.#kernels.heap
    const { sd, forward } = this.#task
    const beta = this.#beta(step)
    const { dim } = this.#plan.structure
    for (let j = 0; j < dim; j++) {
      const [to, from] = [samples.dData + j * samples.rows, this.#own.tile.dData + j * samples.rows]
      for (let t = 0; t < count; t++) {
        const slope = beta * sd[j] * this.#slopes[t * dim + j]
        real[to + t] = (1 - forward) * (path ? real[from + t] + slope : slope)
      }
      real.fill(0, to + count, to + samples.rows)
    }
  }
}

import type { Energy } from '../energies/energy.js'
import type { Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { ln } from '../random/elementary.js'
import { seedWords } from '../random/philox.js'
import { PURPOSE } from '../random/purposes.js'
import { type Annealing, inverseTemperature } from './annealing.js'
import type { EnergyRankPlan, RankPlan, TrainingPlan } from './plan.js'

/** How a flow is fitted to an energy: plain data, so that it can cross threads; the energy itself is imported in each. */
export interface EnergyTask {
  readonly estimator: 'path' | 'total'
  readonly annealing: Annealing | undefined
  /** Weight of the rows' negative log-likelihood in the loss, beside 1 − that of the reverse KL; 0 without rows. */
  readonly forward: number
  /** The flow's scaler, by columns. */
  readonly mean: Float64Array
  readonly sd: Float64Array
}

/**
 * One rank's samples from the flow q, and the gradient of their mean ln q(x) + βU(x), which is KL(q ‖ p) − ln Z at β = 1: with f
 * the flow, x = m + σ ⊙ s, s = f⁻¹(u), u drawn from the base, whose numbers are fixed, and logDet = ln|det ∂s/∂u|,
 *
 *   ln q(x) = ln p_base(u) − logDet − Σⱼ ln σⱼ
 *
 * The total gradient, u held, with g = ∂U/∂x:
 *   dlogDet = −1                          (ln p_base(u) does not move)
 *   ds      = β σ ⊙ g
 *
 * Of that a part is the score ∂ln q(x)/∂θ at held x, whose mean is 0, but whose variance is not, even where q = p. The path
 * gradient leaves it out, so that ln q moves by x alone:
 *   dlogDet = 0
 *   ds      = ∇ₛ ln q(s) + β σ ⊙ g        (∇ₛ by the way back of the density at s, whose gradient by θ goes nowhere)
 * where q = p the two terms of each sample cancel. Source: Roeder et al., arXiv:1703.09194.
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
      sum += this.#computeTile(row, Math.min(samples.rows, end - row), step)
    }
    f64[total] = forward * (f64[total] - (end - first) * this.#logScale) - (1 - forward) * sum
  }

  /** Σ ln q + U of samples row … row + count. */
  #computeTile(row: number, count: number, step: number): number {
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

    const path = this.#task.estimator === 'path'
    if (path) this.#score(row, count, step)
    this.#seedData(count, step, path)
    samples.seed(kernels, path ? 0 : this.#task.forward - 1, count)
    samples.inverseBackward(kernels)
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

  /** ∇ₛ ln q of the samples into the other tile's `dData`. */
  #score(row: number, count: number, step: number): void {
    const kernels = this.#kernels
    const { samples, discarded } = this.#of
    const { tile } = this.#own
    const { structure, task } = this.#plan
    kernels.copy(structure.dim * tile.rows, samples.data, tile.data)
    if (tile.random) tile.setKey(kernels.heap, { seed: task.seed, step, firstRow: row })
    tile.accumulateInto(discarded)
    tile.density(kernels)
    tile.seed(kernels, 1, count)
    tile.backward(kernels)
  }

  /** ds, 0 on padding lanes. */
  #seedData(count: number, step: number, path: boolean): void {
    const { samples } = this.#of
    const { structure, task } = this.#plan
    const { real } = this.#kernels.heap
    const { sd, annealing, forward } = this.#task
    const beta = annealing ? inverseTemperature(annealing, step, task.steps) : 1
    const { dim } = structure
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

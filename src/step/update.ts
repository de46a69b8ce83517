import type { Kernels } from '../kernels/kernels.js'
import { SQUARES_BLOCK } from '../kernels/kernels.js'
import { type AdamWState, advanceAdamW, startAdamW } from './adamw.js'
import { averagingRate } from './averaging.js'
import type { Communicator } from './communicator.js'
import type { Moving, PhasePlan, RankPlan, TrainingPlan } from './plan.js'

/** One rank's share of an update: its slice of the parameters, from the summed gradient. */
export class Update {
  readonly #kernels: Kernels
  readonly #plan: TrainingPlan
  readonly #own: RankPlan
  readonly #communicator: Communicator
  readonly #adamw: AdamWState = startAdamW()

  constructor(kernels: Kernels, plan: TrainingPlan, communicator: Communicator) {
    this.#kernels = kernels
    this.#plan = plan
    this.#own = plan.ranks[communicator.rank]
    this.#communicator = communicator
  }

  /** Brings the running products to where they are after so many steps more. */
  pass(steps: number): void {
    for (let step = 0; step < steps; step++) advanceAdamW(this.#adamw, this.#plan.task.optimizer)
  }

  /** Copies the slice of all that steps change. */
  copy(from: Moving, to: Moving): void {
    const { first, end } = this.#own.slice
    const copy = (name: keyof Moving) => this.#kernels.copy(end - first, from[name] + first, to[name] + first)
    for (const name of ['params', 'firstMoment', 'secondMoment', 'best'] as const) copy(name)
    if (this.#plan.task.average) copy('average')
  }

  /** Remembers the slice as the best so far, of the parameters or of their average. */
  keepBest(averaged: boolean): void {
    const { params, average, best } = this.#plan
    const { first, end } = this.#own.slice
    this.#kernels.copy(end - first, (averaged ? average : params) + first, best + first)
  }

  /** Adds the units' gradients up, clips, and takes AdamW's step; `rate` is what the schedule makes of its own. */
  take(step: number, { units, join, batchRows }: PhasePlan, rate: number): void {
    const { params, firstMoment, secondMoment, average, task } = this.#plan
    const { slice, trained } = this.#own
    const kernels = this.#kernels
    const n = slice.end - slice.first
    const { c1, c2 } = advanceAdamW(this.#adamw, task.optimizer)
    const gradient = units[0].slot
    for (const { add, to } of join) kernels.add(n, units[add].slot + slice.first, units[to].slot + slice.first)
    const scale = this.#clipped(gradient, 1 / batchRows)
    const { beta1, beta2, epsilon, weightDecay, learningRate } = task.optimizer
    for (const { first, end } of trained) {
      kernels.adamw(
        end - first,
        params + first,
        gradient + first,
        firstMoment + first,
        secondMoment + first,
        scale,
        learningRate * rate,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        c1,
        c2,
      )
    }
    if (task.average) {
      kernels.approach(n, averagingRate(task.average, step), params + slice.first, average + slice.first)
    }
  }

  /**
   * What the summed gradient is multiplied by: `scale`, or less where its norm would be above `clip` then. Frozen
   * parameters do not count. Blocks are added in order, whoever has squared them. Source: Pascanu et al., arXiv:1211.5063.
   */
  #clipped(gradient: number, scale: number): number {
    const { task, squares, structure } = this.#plan
    if (task.clip === Number.POSITIVE_INFINITY) return scale
    const { slice } = this.#own
    const { heap } = this.#kernels
    for (const { first, end } of task.frozen) {
      const [from, to] = [Math.max(first, slice.first), Math.min(end, slice.end)]
      if (from < to) this.#kernels.fill(to - from, 0, gradient + from)
    }
    this.#kernels.squares(slice.end - slice.first, gradient + slice.first, squares + slice.first / SQUARES_BLOCK)
    this.#communicator.exchange()
    let sum = 0
    const end = squares + Math.ceil(structure.parameterCount / SQUARES_BLOCK)
    for (let at = squares; at < end; at++) sum += heap.f64[at]
    const norm = Math.sqrt(sum) * scale
    return norm > task.clip ? scale * (task.clip / norm) : scale
  }
}

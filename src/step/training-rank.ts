import type { Offset } from '../kernels/heap.js'
import { NONE } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'
import { type AdamWState, advanceAdamW, startAdamW } from './adamw.js'
import type { Communicator } from './communicator.js'
import { Deal } from './deal.js'
import type { RankPlan, TrainingPlan, Unit } from './plan.js'
import { type Shards, shardRows, treeSum } from './shards.js'
import { BestSoFar } from './stopping.js'

/** What rank 0 tells the outside after every step, and what the outside may ask of it. */
export interface TrainingRecord {
  /** Whether training should end after the current step. */
  stopRequested(): boolean
  publish(step: number, loss: number, watched: number | undefined, bestStep: number): void
}

export type TrainingEnd =
  | { readonly reason: 'steps' | 'patience' | 'aborted'; readonly step: number }
  | { readonly reason: 'diverged'; readonly step: number; readonly loss: number }

/**
 * One rank of a training job. Every rank calls `step` until it returns an end; between two barriers each does its own
 * share, and all decide by the same numbers, so that they leave together.
 */
export class TrainingRank {
  readonly #kernels: Kernels
  readonly #plan: TrainingPlan
  readonly #own: RankPlan
  readonly #communicator: Communicator
  readonly #record: TrainingRecord | undefined
  readonly #adamw: AdamWState = startAdamW()
  readonly #best: BestSoFar
  readonly #deal: Deal
  #step = 0

  /**
   * `record` is rank 0's. The heap holds parameters and data; moments start at zero. Ranks meet at a barrier between
   * this and the first step.
   */
  constructor(kernels: Kernels, plan: TrainingPlan, communicator: Communicator, record?: TrainingRecord) {
    this.#kernels = kernels
    this.#plan = plan
    this.#own = plan.ranks[communicator.rank]
    this.#communicator = communicator
    this.#record = record
    this.#best = new BestSoFar(plan.task.stopping)
    const { rank, size } = communicator
    this.#deal = new Deal(kernels.heap.i32, plan.deal, plan.units.length, rank, size)
    this.#deal.reset()
    this.#own.tile.load(kernels.heap)
  }

  get best(): BestSoFar {
    return this.#best
  }

  /** Takes one step: losses and gradients of the parameters as they stand, then the update. */
  step(): TrainingEnd | undefined {
    const { task } = this.#plan
    const step = this.#step
    if (step === task.steps) return { reason: 'steps', step }
    const validate = task.validationRows > 0 && step % task.validationEvery === 0
    this.#computeUnits(this.#batchStart(step))
    if (validate) this.#computeValidation()
    this.#communicator.exchange()

    const loss = this.#meanLoss(this.#plan.shards, this.#plan.shardLoss)
    const watched = task.validationRows > 0 ? (validate ? this.#validationLoss() : undefined) : loss
    if (!Number.isFinite(loss) || (watched !== undefined && !Number.isFinite(watched))) {
      return { reason: 'diverged', step, loss: Number.isFinite(loss) ? (watched as number) : loss }
    }
    const improved = watched !== undefined && this.#best.improves(step, watched)
    this.#update(improved)
    this.#publish(step, loss, watched)
    this.#communicator.barrier()

    this.#step++
    if (this.#kernels.heap.i32[this.#plan.stopAfter] === step) return { reason: 'aborted', step: step + 1 }
    // Between two validations nothing is known that patience could end on.
    if (watched !== undefined && this.#best.patienceLeft(step) <= 0) return { reason: 'patience', step: step + 1 }
    return undefined
  }

  /** Phase 1: units of shards forward and backward, as they are dealt, each added up along its part of the tree. */
  #computeUnits(batchStart: number): void {
    const { task, permutation, units } = this.#plan
    const indices = task.batchRows < task.rows ? permutation + batchStart : NONE
    for (let unit = this.#deal.take(); unit >= 0; unit = this.#deal.take()) this.#computeUnit(units[unit], indices)
  }

  #computeUnit({ slot, program }: Unit, indices: Offset): void {
    const { structure, data, shards, shardLoss } = this.#plan
    const { spares, tile } = this.#own
    const buffer = (index: number) => (index === 0 ? slot : spares[index - 1])
    for (const instruction of program) {
      if ('add' in instruction) {
        this.#kernels.add(structure.parameterCount, buffer(instruction.add), buffer(instruction.to))
        continue
      }
      this.#communicator.checkAbort()
      const gradient = buffer(instruction.into)
      this.#kernels.fill(structure.parameterCount, 0, gradient)
      tile.accumulateInto(gradient)
      this.#computeShard(shards, instruction.shard, data, indices, shardLoss, true)
    }
  }

  #computeValidation(): void {
    const { validationShards, validationData, validationLoss } = this.#plan
    const { first, end } = this.#own.validationShards
    for (let shard = first; shard < end; shard++) {
      this.#communicator.checkAbort()
      this.#computeShard(validationShards as Shards, shard, validationData, NONE, validationLoss, false)
    }
  }

  /** Σ log-density of a shard's rows into f64[losses + shard], and for training its gradient. */
  #computeShard(shards: Shards, shard: number, data: Offset, indices: Offset, losses: Offset, train: boolean): void {
    const kernels = this.#kernels
    const { tile } = this.#own
    const { structure, task } = this.#plan
    const { width } = structure
    kernels.heap.f64[losses + shard] = 0
    const { first, end } = shardRows(shards, shard)
    for (let row = first; row < end; row += tile.rows) {
      const count = Math.min(tile.rows, end - row)
      const source = indices === NONE ? data + row * width : data
      if (tile.random)
        tile.setKey(kernels.heap, train ? { seed: task.seed, step: this.#step, firstRow: row } : undefined)
      kernels.gather(width, tile.rows, count, source, indices === NONE ? NONE : indices + row, tile.data)
      tile.density(kernels)
      kernels.sum(count, tile.logProb, losses + shard)
      if (!train) continue
      // The objective is −Σ log p; dividing by the batch waits for AdamW.
      tile.seed(kernels, -1, count)
      tile.backward(kernels)
    }
  }

  /** Phase 2: this rank's slice of the parameters, from the summed gradient. */
  #update(improved: boolean): void {
    const { params, firstMoment, secondMoment, best, units, join, task } = this.#plan
    const { first, end } = this.#own.slice
    this.#deal.reset()
    const { c1, c2 } = advanceAdamW(this.#adamw, task.optimizer)
    const n = end - first
    if (n === 0) return
    if (improved) this.#kernels.copy(n, params + first, best + first)
    for (const { add, to } of join) this.#kernels.add(n, units[add].slot + first, units[to].slot + first)
    const { learningRate, beta1, beta2, epsilon, weightDecay } = task.optimizer
    this.#kernels.adamw(
      n,
      params + first,
      units[0].slot + first,
      firstMoment + first,
      secondMoment + first,
      1 / task.batchRows,
      learningRate,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      c1,
      c2,
    )
  }

  /** First position of the step's batch within the epoch; shuffles at the start of each epoch. */
  #batchStart(step: number): number {
    const { task, permutation } = this.#plan
    if (task.batchRows === task.rows) return 0
    const stepsPerEpoch = Math.floor(task.rows / task.batchRows)
    const position = step % stepsPerEpoch
    if (position === 0) {
      if (this.#communicator.rank === 0) {
        const target = this.#kernels.heap.i32.subarray(permutation, permutation + task.rows)
        permutationInto(target, task.seed, PURPOSE.shuffle, step / stepsPerEpoch)
      }
      this.#communicator.barrier()
    }
    return position * task.batchRows
  }

  #meanLoss(shards: Shards, losses: Offset): number {
    return -treeSum(this.#kernels.heap.f64, losses, shards.count) / shards.rows
  }

  #validationLoss(): number {
    return this.#meanLoss(this.#plan.validationShards as Shards, this.#plan.validationLoss)
  }

  #publish(step: number, loss: number, watched: number | undefined): void {
    if (!this.#record) return
    this.#record.publish(step, loss, watched, this.#best.bestStep)
    if (this.#record.stopRequested()) this.#kernels.heap.i32[this.#plan.stopAfter] = step
  }
}

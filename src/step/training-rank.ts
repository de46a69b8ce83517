import type { Energy } from '../energies/energy.js'
import type { Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'
import { type Batch, batchOf } from './batches.js'
import type { Communicator } from './communicator.js'
import { Deal } from './deal.js'
import { isWatched, NO_PAST, type Past, watchedLosses } from './past.js'
import { type PhasePlan, type TrainingPlan, takesRows } from './plan.js'
import { ScheduledRate } from './schedule.js'
import { ShardWork } from './shard-work.js'
import { type Shards, treeSum } from './shards.js'
import { BestSoFar } from './stopping.js'
import { Update } from './update.js'

/** What rank 0 tells the outside after every step, and what the outside may ask of it. */
export interface TrainingRecord {
  /** Whether training should end after the current step. */
  stopRequested(): boolean
  /** Whether a snapshot is wanted. */
  snapshotRequested(): boolean
  publish(step: number, loss: number, watched: number | undefined, bestStep: number): void
  /** What `steps` steps came to lies in the snapshot, until the next one is asked for; the request is done with. */
  publishSnapshot(steps: number): void
}

export type TrainingEnd =
  | { readonly reason: 'steps' | 'after' | 'patience' | 'aborted'; readonly step: number }
  | { readonly reason: 'diverged'; readonly step: number; readonly loss: number }

/** The loss that decides, and whether it is that of the averaged parameters. */
interface Watched {
  readonly loss: number
  readonly averaged: boolean
}

/**
 * One rank of a training job. Every rank calls `step` until it returns an end; between two barriers each does its own
 * share, and all decide by the same numbers, so that they leave together.
 */
export class TrainingRank {
  readonly #kernels: Kernels
  readonly #plan: TrainingPlan
  readonly #communicator: Communicator
  readonly #record: TrainingRecord | undefined
  readonly #work: ShardWork
  readonly #update: Update
  readonly #best: BestSoFar
  readonly #rate: ScheduledRate
  /** One a phase; they count in the same words. */
  readonly #deals: readonly Deal[]
  /** The first step of this job, and what is left of the learning rate. */
  readonly #first: number
  readonly #rateLeft: number
  #step = 0
  #phase = 0

  /**
   * `record` is rank 0's, `energy` there for a task on one. The heap holds parameters and data; moments start at zero, or all
   * is as the steps in `past` have left it. Ranks meet at a barrier between this and the first step.
   */
  constructor(
    kernels: Kernels,
    plan: TrainingPlan,
    communicator: Communicator,
    record?: TrainingRecord,
    energy?: Energy,
    past: Past = NO_PAST,
  ) {
    this.#kernels = kernels
    this.#plan = plan
    this.#communicator = communicator
    this.#record = record
    this.#work = new ShardWork(kernels, plan, communicator, energy)
    this.#update = new Update(kernels, plan, communicator)
    this.#best = new BestSoFar(plan.task.stopping)
    this.#rate = new ScheduledRate(plan.task.schedule, plan.task.steps)
    const { rank, size } = communicator
    this.#deals = plan.phases.map(({ units }) => new Deal(kernels.heap.i32, plan.deal, units.length, rank, size))
    this.#first = past.steps
    // Powers of two are exact.
    this.#rateLeft = 1 / (1 << past.halvings)
    this.#goOn(past)
  }

  get best(): BestSoFar {
    return this.#best
  }

  /** Takes one step: losses and gradients of the parameters as they stand, then the update. */
  step(): TrainingEnd | undefined {
    const { task, phases, shardLoss } = this.#plan
    const step = this.#step
    const end = this.#endBefore(step)
    if (end) return end
    const phase = phases[this.#phase]
    const batch = batchOf(phase, task.rows, step)
    const validate = task.validationRows > 0 && step % task.validationEvery === 0
    this.#shuffle(batch)
    this.#computeUnits(phase, batch)
    if (validate) this.#work.computeValidation()
    this.#communicator.exchange()

    const loss = this.#meanLoss(phase.shards, shardLoss)
    const watched = this.#watched(validate, loss)
    if (!Number.isFinite(loss) || (watched !== undefined && !Number.isFinite(watched.loss))) {
      return { reason: 'diverged', step, loss: Number.isFinite(loss) ? (watched as Watched).loss : loss }
    }
    this.#anchor(step)
    this.#beginPhase(step + 1)
    if (watched !== undefined && this.#best.improves(step, watched.loss)) this.#update.keepBest(watched.averaged)
    if (watched !== undefined) this.#rate.observe(watched.loss)
    this.#update.take(step, phase, this.#rateLeft * this.#rate.factor(step))
    this.#publish(step, loss, watched?.loss)
    this.#communicator.barrier()

    this.#step++
    this.#tellSnapshot(step)
    if (this.#kernels.heap.i32[this.#plan.stopAfter] === step) return { reason: 'aborted', step: step + 1 }
    return undefined
  }

  /** Comes to where a rank stands that has taken these steps: by counters and losses alone, whoever took them. */
  #goOn(past: Past): void {
    const { task, phases } = this.#plan
    const { steps } = past
    this.#step = steps
    while ((phases[this.#phase + 1]?.firstStep ?? Number.POSITIVE_INFINITY) <= steps) this.#phase++
    this.#deals[this.#phase].reset()
    for (const { step, loss } of watchedLosses(task, past)) {
      this.#best.improves(step, loss)
      this.#rate.observe(loss)
    }
    this.#update.pass(steps)
    if (steps === 0 || steps === task.steps) return
    const batch = batchOf(phases[this.#phase], task.rows, steps)
    // Shuffled with the first step of the epoch, unless that is the next one.
    if (batch.start > 0 && this.#communicator.rank === 0) this.#permute(batch)
  }

  /** Whether there is an end before this step: on what earlier ones have come to alone, so that a run that goes on has it too. */
  #endBefore(step: number): TrainingEnd | undefined {
    const { task } = this.#plan
    // Between two validations nothing is known that patience could end on.
    if (step > 0 && isWatched(task, step - 1) && this.#best.patienceLeft(step - 1) <= 0) {
      return { reason: 'patience', step }
    }
    if (step >= task.steps) return { reason: 'steps', step }
    if (task.stopping.after !== undefined && step >= task.stopping.after) return { reason: 'after', step }
    return undefined
  }

  /**
   * Keeps what the steps before this one came to as an anchor, where it is time. The anchor before has now been followed by
   * finite losses alone: whatever becomes of the run, it never goes back behind that one, which is what a snapshot is of.
   */
  #anchor(step: number): void {
    const { task, anchors, snapshot, snapshotAt } = this.#plan
    const every = task.anchorEvery ?? 0
    if (every === 0 || step % every !== 0) return
    const parity = (step / every) % 2
    this.#update.copy(this.#plan, anchors[parity])
    if (this.#kernels.heap.i32[snapshotAt] === step) this.#update.copy(anchors[1 - parity], snapshot)
  }

  /** Behind the barrier, all of a snapshot is there. */
  #tellSnapshot(step: number): void {
    const { task, snapshotAt } = this.#plan
    if (!task.snapshots || this.#kernels.heap.i32[snapshotAt] !== step) return
    this.#record?.publishSnapshot(step - (task.anchorEvery ?? 0))
  }

  /** Phase 1 of a step: units as they are dealt. */
  #computeUnits(phase: PhasePlan, batch: Batch): void {
    const deal = this.#deals[this.#phase]
    for (let unit = deal.take(); unit >= 0; unit = deal.take()) {
      this.#work.computeUnit(phase.units[unit], phase, batch, this.#step)
    }
  }

  /** Makes the deal whole again for the step to come: now, between two barriers, nobody takes. */
  #beginPhase(step: number): void {
    const { phases } = this.#plan
    if (phases[this.#phase + 1]?.firstStep === step) this.#phase++
    this.#deals[this.#phase].reset()
  }

  /** Shuffles at the start of each epoch of minibatches. */
  #shuffle(batch: Batch): void {
    const { task } = this.#plan
    if (batch.rows === task.rows || batch.start > 0 || !takesRows(task)) return
    if (this.#communicator.rank === 0) this.#permute(batch)
    this.#communicator.barrier()
  }

  #permute({ rows, epoch }: Batch): void {
    const { task, permutation } = this.#plan
    if (rows === task.rows || !takesRows(task)) return
    const target = this.#kernels.heap.i32.subarray(permutation, permutation + task.rows)
    permutationInto(target, task.seed, PURPOSE.shuffle, epoch)
  }

  /** Of rows held out where there are any, of the parameters or their average, whichever is better; between two, nothing. */
  #watched(validate: boolean, loss: number): Watched | undefined {
    const { task, validationShards, validationLoss, averagedLoss } = this.#plan
    if (task.validationRows === 0) return { loss, averaged: false }
    if (!validate) return undefined
    const own = this.#meanLoss(validationShards as Shards, validationLoss)
    const averaged = task.average ? this.#meanLoss(validationShards as Shards, averagedLoss) : Number.POSITIVE_INFINITY
    return averaged < own ? { loss: averaged, averaged: true } : { loss: own, averaged: false }
  }

  #meanLoss(shards: Shards, losses: Offset): number {
    const sum = treeSum(this.#kernels.heap.f64, losses, shards.count)
    return (this.#plan.task.weighted ? sum : -sum) / shards.rows
  }

  #publish(step: number, loss: number, watched: number | undefined): void {
    if (!this.#record) return
    this.#record.publish(step, loss, watched, this.#best.bestStep)
    const { i32 } = this.#kernels.heap
    if (this.#record.stopRequested()) i32[this.#plan.stopAfter] = step
    if (this.#anchorBefore(step + 1) && this.#record.snapshotRequested()) i32[this.#plan.snapshotAt] = step + 1
  }

  /** Whether an anchor is taken in this step, and the one before is further than where this job began. */
  #anchorBefore(step: number): boolean {
    const every = this.#plan.task.anchorEvery ?? 0
    return every > 0 && step % every === 0 && step - every > this.#first
  }
}

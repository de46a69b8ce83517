import { type Energy, type EnergyModule, loadEnergy } from '../energies/energy.js'
import type { FlowDescription } from '../flow/structure.js'
import { buildStructure } from '../flow/structure.js'
import { createKernels, openHeap, type SharedHeap } from '../kernels/create.js'
import { AbortedError } from '../step/communicator.js'
import { type Past, validatedSteps } from '../step/past.js'
import { planTraining, type TrainingTask } from '../step/plan.js'
import { type TrainingEnd, TrainingRank, type TrainingRecord } from '../step/training-rank.js'
import { SharedCommunicator } from './shared-communicator.js'

/** Everything a rank needs to take part in a training job. */
export interface TrainingRankTask {
  readonly description: FlowDescription
  readonly task: TrainingTask
  readonly heap: SharedHeap
  readonly control: Int32Array
  readonly record: RecordBlock
  /** What is trained on, where the task is on an energy. */
  readonly energy?: EnergyModule
  readonly rank: number
  readonly size: number
  /** Whether each rank has a core to itself, so that spinning at a barrier takes time from nobody. */
  readonly spin: boolean
}

/** What rank 0 writes after every step and the main thread reads whenever it likes. */
export interface RecordBlock {
  /** [steps done, step of the best loss, stop requested, snapshot requested, steps of the snapshot or 0, halvings] */
  readonly words: Int32Array
  /** The loss of every step. */
  readonly losses: Float64Array
  /** The validation loss of every validated step. */
  readonly validation: Float64Array
}

const STEPS_DONE = 0
const BEST_STEP = 1
const STOP_REQUESTED = 2
const SNAPSHOT_REQUESTED = 3
const SNAPSHOT_STEPS = 4
const HALVINGS = 5
const WORDS = 6

/** A record for `task`, in shared memory where other threads write it. */
export function createRecord(task: TrainingTask, shared: boolean): RecordBlock {
  const buffer = (bytes: number) => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  const words = new Int32Array(buffer(4 * WORDS))
  words[BEST_STEP] = -1
  return {
    words,
    losses: new Float64Array(buffer(8 * task.steps)),
    validation: new Float64Array(buffer(8 * validatedSteps(task, task.steps))),
  }
}

/** Puts the steps of an earlier process into a record that is new, or leaves fewer of those that are in it. */
export function recordPast({ words, losses, validation }: RecordBlock, past: Past, bestStep: number): void {
  losses.set(past.losses.subarray(0, past.steps))
  validation.set(past.validation.subarray(0, validation.length))
  words[HALVINGS] = past.halvings
  words[BEST_STEP] = bestStep
  words[STEPS_DONE] = past.steps
  // One that nobody has fetched is of a run that had not gone back.
  if (Atomics.exchange(words, SNAPSHOT_STEPS, 0) > 0) words[SNAPSHOT_REQUESTED] = 1
}

/** The steps in a record, as far as they are done. */
export function pastOf({ words, losses, validation }: RecordBlock): Past {
  return { steps: Atomics.load(words, STEPS_DONE), losses, validation, halvings: words[HALVINGS] }
}

/** Asks for a snapshot of the last anchor but one, when the next one is taken. */
export function requestSnapshot({ words }: RecordBlock): void {
  Atomics.store(words, SNAPSHOT_REQUESTED, 1)
}

/** How many steps the snapshot is of that has come since this was asked last; 0 where none has. */
export function fetchSnapshot({ words }: RecordBlock): number {
  return Atomics.exchange(words, SNAPSHOT_STEPS, 0)
}

export function requestStop({ words }: RecordBlock): void {
  Atomics.store(words, STOP_REQUESTED, 1)
}

/** A consistent reading: losses below `steps` and the watched loss at `bestStep` are written. */
export function readRecord({ words }: RecordBlock): { steps: number; bestStep: number } {
  // In this order, since a step publishes itself before its best: the best never lies ahead of the steps.
  const bestStep = Atomics.load(words, BEST_STEP)
  return { steps: Atomics.load(words, STEPS_DONE), bestStep }
}

/** Rank 0's end of the record. */
export function recordInto({ words, losses, validation }: RecordBlock, task: TrainingTask): TrainingRecord {
  return {
    stopRequested: () => Atomics.load(words, STOP_REQUESTED) !== 0,
    snapshotRequested: () => Atomics.load(words, SNAPSHOT_REQUESTED) !== 0,
    publishSnapshot(steps) {
      Atomics.store(words, SNAPSHOT_REQUESTED, 0)
      Atomics.store(words, SNAPSHOT_STEPS, steps)
    },
    publish(step, loss, watched, bestStep) {
      losses[step] = loss
      if (task.validationRows > 0 && watched !== undefined) validation[step / task.validationEvery] = watched
      Atomics.store(words, STEPS_DONE, step + 1)
      Atomics.store(words, BEST_STEP, bestStep)
    },
  }
}

/** One rank of a training job, from its first step to its last; undefined where the job was given up elsewhere. */
export function trainRank(message: TrainingRankTask): TrainingEnd | undefined | Promise<TrainingEnd | undefined> {
  const { energy, description } = message
  // Without one there is nothing to wait for: a rank that has begun is at work.
  if (!energy) return train(message, undefined)
  return loadEnergy(energy, description.dim).then((loaded) => train(message, loaded))
}

function train(message: TrainingRankTask, energy: Energy | undefined): TrainingEnd | undefined {
  const { description, task, heap, control, record, rank, size, spin } = message
  const communicator = new SharedCommunicator(control, rank, size, spin)
  try {
    const plan = planTraining(buildStructure(description), task, size)
    const kernels = createKernels(openHeap(heap))
    const own = rank === 0 ? recordInto(record, task) : undefined
    const trainer = new TrainingRank(kernels, plan, communicator, own, energy, pastOf(record))
    communicator.barrier()
    for (;;) {
      const end = trainer.step()
      if (end) return end
    }
  } catch (error) {
    if (error instanceof AbortedError) return undefined
    communicator.abort()
    throw error
  }
}

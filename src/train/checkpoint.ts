import { createHash } from 'node:crypto'
import { DataError, FormatError, UsageError } from '../errors.js'
import type { FlowStructure } from '../flow/structure.js'
import { type CheckpointRecord, decodeCheckpoint, encodeCheckpoint } from '../io/checkpoint-file.js'
import type { KernelKind } from '../kernels/create.js'
import { echo } from '../options.js'
import { recordPast } from '../parallel/training-tasks.js'
import { type Past, validatedSteps, watchedLosses } from '../step/past.js'
import type { Moving, TrainingPlan } from '../step/plan.js'
import { BestSoFar } from '../step/stopping.js'
import type { CheckedFitOptions } from './options.js'
import type { TrainingJob } from './run-training.js'

/** What a fit is of, by which it is known again: all that decides its numbers. Threads do not. */
export type FitIdentity = Pick<CheckpointRecord, 'flow' | 'options' | 'dataSha256' | 'preparedSha256'>

/** What is known of it before the rows are looked at. */
export function identityOf(
  { description }: FlowStructure,
  fit: CheckedFitOptions,
  kernels: KernelKind,
): Pick<FitIdentity, 'flow' | 'options'> {
  const { steps, batch, optimizer, schedule, clip, average, noise, frozen, validation, validationEvery } = fit
  const { patience, minDelta, restoreBestWeights } = fit.stopping
  const options = {
    ...{ steps, batch, optimizer, schedule, clip, average, noise, frozen, validation, validationEvery },
    stopping: { patience, minDelta, restoreBestWeights },
    ...{ seed: fit.seed, splitSeed: fit.splitSeed, preprocess: fit.preprocess, kernels },
  }
  // JSON has no infinity.
  const text = JSON.stringify(options, (_, value) => (value === Number.POSITIVE_INFINITY ? 'none' : value))
  return { flow: JSON.stringify(description), options: JSON.parse(text) }
}

/**
 * The checkpoint in some bytes, where it is of this fit.
 * @throws FormatError where they are none; UsageError, which names what differs.
 */
export function checkpointOf(bytes: Uint8Array, own: Pick<FitIdentity, 'flow' | 'options'>): CheckpointRecord {
  const record = decodeCheckpoint(bytes)
  if (record.flow !== own.flow) {
    throw new UsageError('The checkpoint to resume from is of another flow: give one with the same layers and base.')
  }
  for (const name of new Set([...Object.keys(own.options), ...Object.keys(record.options)])) {
    const [before, now] = [record.options[name], own.options[name]].map((value) => echo(value ?? 'none'))
    if (before === now) continue
    throw new UsageError(
      `The checkpoint to resume from is of a fit with ${name} ${before}, but it is ${now} now: give the options that it was begun with.`,
    )
  }
  return record
}

/** @throws DataError where a checkpoint is of other rows than those that were loaded. */
export function checkSameRows(record: CheckpointRecord, { dataSha256, preparedSha256 }: FitIdentity): void {
  if (record.dataSha256 !== dataSha256) {
    throw new DataError(
      `The checkpoint to resume from is of other rows: theirs have SHA-256 ${record.dataSha256}, these ${dataSha256}.`,
    )
  }
  if (record.preparedSha256 !== preparedSha256) {
    throw new DataError(
      'The checkpoint to resume from is of these rows, but with other weights, or behind another scaler: give the weights it was begun with, and a flow as it was then.',
    )
  }
}

/** Numbers hashed at a time: a copy, for other threads may see the memory. */
const HASHED_NUMBERS = 2 ** 18

/** SHA-256 of all that training sees of the rows. */
export function preparedSha256({ plan, heap }: Pick<TrainingJob, 'plan' | 'heap'>): string {
  const { task, structure, data, validationData, weights, validationWeights } = plan
  const { width } = structure
  const weighted = task.weighted ? 1 : 0
  const hash = createHash('sha256')
  for (const [at, length] of [
    [data, task.rows * width],
    [validationData, task.validationRows * width],
    [weights, weighted * task.rows],
    [validationWeights, weighted * task.validationRows],
  ]) {
    for (let first = 0; first < length; first += HASHED_NUMBERS) {
      hash.update(heap.real.slice(at + first, at + Math.min(length, first + HASHED_NUMBERS)))
    }
  }
  return hash.digest('hex')
}

/**
 * Puts what a checkpoint holds into a heap that has been loaded, and its losses into the record.
 * @throws FormatError where it does not fit.
 */
export function restore({ plan, heap, record }: TrainingJob, checkpoint: CheckpointRecord): void {
  const { task, structure } = plan
  const { steps, losses, validation } = checkpoint
  const past: Past = { steps, losses, validation }
  const lengths = arrayLengths(plan)
  const fits =
    steps <= task.steps &&
    validation.length === validatedSteps(task, steps) &&
    ARRAYS.every((name) => (checkpoint[name]?.length ?? 0) === lengths[name]) &&
    checkpoint.params instanceof Float64Array === (structure.description.precision === 'float64')
  if (!fits) throw new FormatError('This checkpoint is damaged: its arrays are not those of its flow.')
  for (const name of ARRAYS) heap.real.set(checkpoint[name] ?? [], plan[name])
  const best = new BestSoFar(task.stopping)
  for (const { step, loss } of watchedLosses(task, past)) best.improves(step, loss)
  recordPast(record, past, best.bestStep)
}

/** The checkpoint of a job that has taken `steps` steps, from where its arrays lie: in the snapshot, or, of one at rest, in place. */
export function capture(job: TrainingJob, identity: FitIdentity, from: Moving, steps: number): Uint8Array<ArrayBuffer> {
  const { plan, heap, record } = job
  const { parameterCount } = plan.structure
  const lengths = arrayLengths(plan)
  const array = (name: (typeof ARRAYS)[number]) => {
    const copy = heap.real.slice(plan[name], plan[name] + lengths[name])
    copy.set(heap.real.subarray(from[name], from[name] + Math.min(parameterCount, lengths[name])))
    return copy
  }
  return encodeCheckpoint({
    ...identity,
    steps,
    params: array('params'),
    average: plan.task.average && array('average'),
    firstMoment: array('firstMoment'),
    secondMoment: array('secondMoment'),
    best: array('best'),
    losses: record.losses.subarray(0, steps),
    validation: record.validation.subarray(0, validatedSteps(plan.task, steps)),
  })
}

const ARRAYS = ['params', 'average', 'firstMoment', 'secondMoment', 'best'] as const

/** State lies behind parameters and their average; it stays, and is not in the snapshot. */
function arrayLengths({ task, structure }: TrainingPlan): Record<(typeof ARRAYS)[number], number> {
  const { numberCount, parameterCount: own } = structure
  const average = task.average ? numberCount : 0
  return { params: numberCount, average, firstMoment: own, secondMoment: own, best: own }
}

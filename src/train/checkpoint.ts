import { createHash } from 'node:crypto'
import { DataError, FormatError, UsageError } from '../errors.js'
import type { FlowStructure } from '../flow/structure.js'
import {
  type CheckpointArrays,
  type CheckpointRecord,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../io/checkpoint-file.js'
import { echo } from '../options.js'
import { validatedSteps } from '../step/past.js'
import { type Moving, type TrainingPlan, takesRows } from '../step/plan.js'
import { anchorAt, comeTo, liveAnchors, MOST_HALVINGS } from './recoveries.js'
import { MOVING, type TrainingJob } from './run-training.js'

/** What a fit is of, by which it is known again: all that decides its numbers. Threads do not. */
export type FitIdentity = Pick<CheckpointRecord, 'flow' | 'options' | 'dataSha256' | 'preparedSha256'>

/** What is known of it before the rows are looked at: the flow, and the options that decide its numbers, by name. */
export function identityOf(
  { description }: FlowStructure,
  options: Readonly<Record<string, unknown>>,
): Pick<FitIdentity, 'flow' | 'options'> {
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
    [data, (takesRows(task) ? task.rows : 0) * width],
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
export function restore(job: TrainingJob, checkpoint: CheckpointRecord): void {
  const { plan, heap } = job
  const { task, structure } = plan
  const { steps, losses, validation, anchors, recoveries } = checkpoint
  const fits =
    steps <= task.steps &&
    checkpoint.validationEvery === task.validationEvery &&
    validation.length === validatedSteps(task, steps) &&
    recoveries.length <= MOST_HALVINGS &&
    haveLengths(checkpoint, lengthsOf(plan)) &&
    anchors.every(
      (anchor) => anchor.step % (task.anchorEvery ?? 0) === 0 && haveLengths(anchor, movingLengths(plan)),
    ) &&
    checkpoint.params instanceof Float64Array === (structure.description.precision === 'float64')
  if (!fits) throw new FormatError('This checkpoint is damaged: its arrays are not those of its flow.')
  const put = (arrays: CheckpointArrays, to: Moving) => {
    for (const name of MOVING) heap.real.set(arrays[name] ?? [], to[name])
  }
  put(checkpoint, plan)
  for (const anchor of anchors) put(anchor, anchorAt(job, anchor.step))
  job.oldestAnchor = Math.min(steps, ...anchors.map(({ step }) => step))
  job.recoveries.push(...recoveries)
  comeTo(job, { steps, losses, validation, halvings: recoveries.length })
}

/**
 * The checkpoint of a job that is running, from the snapshot of an anchor that it will not go back behind: what it may go back
 * to from there on, it will come to again.
 */
export function captureSnapshot(job: TrainingJob, identity: FitIdentity, steps: number): Uint8Array<ArrayBuffer> {
  return capture(job, identity, { from: job.plan.snapshot, steps, anchors: [] })
}

/** The checkpoint of a job at rest that has taken so many steps, with the anchors that it may go back to. */
export function captureEnd(job: TrainingJob, identity: FitIdentity, steps: number): Uint8Array<ArrayBuffer> {
  const anchors = identity.options.onDivergence === 'halve' ? liveAnchors(job, steps) : []
  return capture(job, identity, { from: job.plan, steps, anchors })
}

interface Captured {
  readonly from: Moving
  readonly steps: number
  readonly anchors: readonly number[]
}

function capture(job: TrainingJob, identity: FitIdentity, { from, steps, anchors }: Captured): Uint8Array<ArrayBuffer> {
  const { plan, record, recoveries } = job
  return encodeCheckpoint({
    ...identity,
    ...arraysOf(job, from, lengthsOf(plan)),
    steps,
    losses: record.losses.subarray(0, steps),
    validation: record.validation.subarray(0, validatedSteps(plan.task, steps)),
    validationEvery: plan.task.validationEvery,
    anchors: anchors.map((step) => ({ step, ...arraysOf(job, anchorAt(job, step), movingLengths(plan)) })),
    recoveries,
  })
}

type Lengths = Readonly<Record<(typeof MOVING)[number], number>>

/** Of all that a job has in place: state lies behind parameters and their average. */
function lengthsOf(plan: TrainingPlan): Lengths {
  const { numberCount } = plan.structure
  return { ...movingLengths(plan), params: numberCount, average: plan.task.average ? numberCount : 0 }
}

/** Of what steps change. */
function movingLengths({ task, structure: { parameterCount: own } }: TrainingPlan): Lengths {
  return { params: own, average: task.average ? own : 0, firstMoment: own, secondMoment: own, best: own }
}

const haveLengths = (arrays: CheckpointArrays, lengths: Lengths): boolean =>
  MOVING.every((name) => (arrays[name]?.length ?? 0) === lengths[name])

/** Copies of arrays that lie somewhere, with the state that stays behind them where the lengths have room for it. */
function arraysOf({ plan, heap }: TrainingJob, from: Moving, lengths: Lengths): CheckpointArrays {
  const array = (name: (typeof MOVING)[number]) => {
    const copy = heap.real.slice(plan[name], plan[name] + lengths[name])
    copy.set(heap.real.subarray(from[name], from[name] + Math.min(plan.structure.parameterCount, lengths[name])))
    return copy
  }
  return {
    params: array('params'),
    average: plan.task.average && array('average'),
    firstMoment: array('firstMoment'),
    secondMoment: array('secondMoment'),
    best: array('best'),
  }
}

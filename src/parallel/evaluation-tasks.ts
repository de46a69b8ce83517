import type { Matrix } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import { joined } from '../flow/context.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import { LogMeanExp } from '../flow/log-mean-exp.js'
import { sampleMembersInto } from '../flow/sample-members.js'
import { logProbInto, type SampleDraw } from '../flow/stream-rows.js'
import { buildStructure, type FlowDescription } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'
import { adoptCompiledKernels, type CompiledKernels } from '../kernels/simd.js'
import { type Claims, serveClaims } from './claims.js'
import { type Slots, serveSlots } from './slots.js'

/** The model that a job's chunks are computed with; sent once a thread. */
export interface EvaluationModel {
  readonly job: number
  readonly dim: number
  readonly contextDim: number
  /** One, or those of an ensemble. */
  readonly members: readonly EvaluationMember[]
  readonly compiled?: CompiledKernels
}

export interface EvaluationMember {
  readonly description: FlowDescription
  readonly kernels: KernelKind
  readonly scaler: Scaler
  /** In shared memory, so that sending it costs nothing. */
  readonly numbers: Reals
}

/** What a thread computes a job with: members that are built alike share an evaluator. */
interface Prepared {
  readonly job: number
  readonly evaluators: readonly Evaluator[]
  readonly made: ReadonlyMap<string, Evaluator>
  /** Whose numbers an evaluator has. */
  readonly loaded: Map<Evaluator, number>
}

/** Jobs come in runs with the same model, whose numbers alone may differ. */
let current: Prepared | undefined

function prepare({ job, members, compiled }: EvaluationModel): Prepared {
  const made = new Map<string, Evaluator>()
  const evaluators = members.map(({ description, kernels }) => {
    const key = JSON.stringify([description, kernels])
    const before = made.get(key) ?? current?.made.get(key)
    if (!before && compiled) adoptCompiledKernels(compiled)
    const evaluator = before ?? new Evaluator(buildStructure(description), kernels)
    made.set(key, evaluator)
    return evaluator
  })
  return { job, evaluators, made, loaded: new Map() }
}

function evaluatorOf(model: EvaluationModel, member: number): Evaluator {
  if (current?.job !== model.job) current = prepare(model)
  const evaluator = current.evaluators[member]
  if (current.loaded.get(evaluator) !== member) {
    evaluator.setNumbers(model.members[member].numbers)
    current.loaded.set(evaluator, member)
  }
  return evaluator
}

/** Rows in original units with their context behind, row-major → their log-densities. */
export function scoreChunk(model: EvaluationModel, data: Float32Array | Float64Array, values: Reals): void {
  const { dim, contextDim, members } = model
  const rows = joined({ data, rows: values.length, columns: dim + contextDim })
  const sum = members.length > 1 ? new LogMeanExp(values.length) : undefined
  for (const [m, { scaler }] of members.entries()) {
    logProbInto(evaluatorOf(model, m), scaler, rows, values)
    sum?.add(values)
  }
  sum?.into(values)
}

/** Some rows of a sample, given their context or one that holds for all → rows in original units, row-major. */
export function sampleChunk(model: EvaluationModel, draw: SampleDraw, rows: Float64Array, context?: Matrix): void {
  const { dim, members } = model
  const memberAt = (m: number) => ({ evaluator: evaluatorOf(model, m), scaler: members[m].scaler })
  sampleMembersInto(members.length, draw, rows, dim, context, memberAt)
}

/** Where a thread gets its chunks from; what it claims lies in arrays that it sees. */
export type Feed = { readonly claims: Claims } | { readonly slots: Slots }

function serve(feed: Feed, compute: (slot: number, first: number, count: number) => void): void {
  if ('slots' in feed) serveSlots(feed.slots, compute)
  else serveClaims(feed.claims, (first, count) => compute(0, first, count))
}

/** How a thread gets at the chunks of an array: in the whole array, which it sees, or in memory that each slot has. */
export type Passage<Numbers extends Reals = Reals> = { readonly all: Numbers } | { readonly slots: readonly Numbers[] }

/** The numbers of a chunk of rows, `width` each. */
function chunkIn<Numbers extends Reals>(
  passage: Passage<Numbers>,
  slot: number,
  first: number,
  count: number,
  width: number,
): Numbers {
  const part =
    'all' in passage
      ? passage.all.subarray(first * width, (first + count) * width)
      : passage.slots[slot].subarray(0, count * width)
  return part as Numbers
}

/** A job's chunks as one thread computes them. */
export interface ScoreTask {
  readonly model: EvaluationModel
  readonly feed: Feed
  readonly rows: Passage
  readonly values: Passage
}

export function scoreChunks({ model, feed, rows, values }: ScoreTask): void {
  serve(feed, (slot, first, count) => {
    const part = chunkIn(rows, slot, first, count, model.dim + model.contextDim)
    scoreChunk(model, part, chunkIn(values, slot, first, count, 1))
  })
}

export interface SampleTask {
  readonly model: EvaluationModel
  /** Of the whole sample. */
  readonly draw: SampleDraw
  readonly feed: Feed
  readonly rows: Passage<Float64Array>
  /** What the rows are given: a row for each, as the rows come, or one for all. */
  readonly context?: Passage | { readonly one: Reals }
}

export function sampleChunks({ model, draw, feed, rows, context }: SampleTask): void {
  const { dim, contextDim } = model
  const contextOf = (slot: number, first: number, count: number): Matrix | undefined => {
    if (!context) return undefined
    if ('one' in context) return { data: context.one, rows: 1, columns: contextDim }
    return { data: chunkIn(context, slot, first, count, contextDim), rows: count, columns: contextDim }
  }
  serve(feed, (slot, first, count) => {
    const part = chunkIn(rows, slot, first, count, dim)
    sampleChunk(model, { ...draw, firstRow: draw.firstRow + first }, part, contextOf(slot, first, count))
  })
}

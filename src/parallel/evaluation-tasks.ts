import type { Matrix } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import { joined } from '../flow/context.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import { logProbInto, type SampleDraw, sampleInto } from '../flow/stream-rows.js'
import { buildStructure, type FlowDescription } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'
import { adoptCompiledKernels, type CompiledKernels } from '../kernels/simd.js'
import { type Claims, serveClaims } from './claims.js'
import { type Slots, serveSlots } from './slots.js'

/** The model that a job's chunks are computed with; sent once a thread. */
export interface EvaluationModel {
  readonly job: number
  readonly description: FlowDescription
  readonly kernels: KernelKind
  readonly compiled?: CompiledKernels
  readonly scaler: Scaler
  /** In shared memory, so that sending it costs nothing. */
  readonly numbers: Reals
}

/** A thread's evaluator: jobs come in runs with the same model, whose numbers alone may differ. */
let current: { job: number; made: string; evaluator: Evaluator } | undefined

function evaluatorOf({ job, description, kernels, compiled, numbers }: EvaluationModel): Evaluator {
  if (current?.job === job) return current.evaluator
  const made = JSON.stringify([description, kernels])
  if (current?.made !== made) {
    if (compiled) adoptCompiledKernels(compiled)
    current = { job, made, evaluator: new Evaluator(buildStructure(description), kernels) }
  }
  current.job = job
  current.evaluator.setNumbers(numbers)
  return current.evaluator
}

/** Rows in original units with their context behind, row-major → their log-densities. */
export function scoreChunk(model: EvaluationModel, data: Float32Array | Float64Array, values: Reals): void {
  const { dim, contextDim } = model.description
  logProbInto(
    evaluatorOf(model),
    model.scaler,
    joined({ data, rows: values.length, columns: dim + contextDim }),
    values,
  )
}

/** Some rows of a sample, given their context or one that holds for all → rows in original units, row-major. */
export function sampleChunk(model: EvaluationModel, draw: SampleDraw, rows: Float64Array, context?: Matrix): void {
  sampleInto(evaluatorOf(model), model.scaler, draw, rows, context)
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
    const part = chunkIn(rows, slot, first, count, model.description.dim + model.description.contextDim)
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
  const { dim, contextDim } = model.description
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

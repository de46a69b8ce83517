import type { Scaler } from '../data/scaler.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import { logProbInto, type SampleDraw, sampleInto } from '../flow/stream-rows.js'
import { buildStructure, type FlowDescription } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'
import { adoptCompiledKernels, type CompiledKernels } from '../kernels/simd.js'
import { type Slots, serveSlots } from './slots.js'

/** The model that a job's chunks are computed with; sent once a thread. */
export interface EvaluationModel {
  readonly job: number
  readonly description: FlowDescription
  readonly kernels: KernelKind
  readonly compiled?: CompiledKernels
  readonly scaler: Scaler
  /** In shared memory, so that sending it costs nothing. */
  readonly parameters: Reals
}

/** A thread's evaluator: jobs come in runs with the same model, whose parameters alone may differ. */
let current: { job: number; made: string; evaluator: Evaluator } | undefined

function evaluatorOf({ job, description, kernels, compiled, parameters }: EvaluationModel): Evaluator {
  if (current?.job === job) return current.evaluator
  const made = JSON.stringify([description, kernels])
  if (current?.made !== made) {
    if (compiled) adoptCompiledKernels(compiled)
    current = { job, made, evaluator: new Evaluator(buildStructure(description), kernels) }
  }
  current.job = job
  current.evaluator.setParameters(parameters)
  return current.evaluator
}

/** Rows in original units, row-major → their log-densities. */
export function scoreChunk(model: EvaluationModel, data: Float32Array | Float64Array, values: Reals): void {
  logProbInto(evaluatorOf(model), model.scaler, { data, rows: values.length, columns: model.description.dim }, values)
}

/** Some rows of a sample → rows in original units, row-major. */
export function sampleChunk(model: EvaluationModel, draw: SampleDraw, rows: Float64Array): void {
  sampleInto(evaluatorOf(model), model.scaler, draw, rows)
}

/** A job's chunks as one thread computes them, each in one of its slots. */
export type ScoreTask = {
  readonly model: EvaluationModel
  readonly slots: Slots
  /** A slot's log-densities. */
  readonly values: readonly Reals[]
} & (
  | {
      /** Every row there is. */
      readonly all: Float32Array | Float64Array
    }
  | {
      /** A slot's rows. */
      readonly chunks: readonly (Float32Array | Float64Array)[]
    }
)

export function scoreSlots({ model, slots, values, ...rows }: ScoreTask): void {
  const { dim } = model.description
  serveSlots(slots, (slot, first, count) => {
    const part =
      'all' in rows ? rows.all.subarray(first * dim, (first + count) * dim) : rows.chunks[slot].subarray(0, count * dim)
    scoreChunk(model, part, values[slot].subarray(0, count))
  })
}

export interface SampleTask {
  readonly model: EvaluationModel
  /** Of the whole sample. */
  readonly draw: SampleDraw
  readonly slots: Slots
  readonly arrays: readonly Float64Array[]
}

export function sampleSlots({ model, draw, slots, arrays }: SampleTask): void {
  serveSlots(slots, (slot, first, count) => {
    const rows = arrays[slot].subarray(0, count * model.description.dim)
    sampleChunk(model, { ...draw, firstRow: draw.firstRow + first }, rows)
  })
}

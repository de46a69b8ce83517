import type { Scaler } from '../data/scaler.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import { logProbInto, type SampleDraw, sampleInto } from '../flow/stream-rows.js'
import { buildStructure, type FlowDescription } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'
import { adoptCompiledKernels, type CompiledKernels } from '../kernels/simd.js'

/** The model that a job's chunks are computed with; sent with every chunk, rebuilt once a thread and job. */
export interface EvaluationModel {
  readonly job: number
  readonly description: FlowDescription
  readonly kernels: KernelKind
  readonly compiled?: CompiledKernels
  readonly scaler: Scaler
  /** In shared memory, so that sending it costs nothing. */
  readonly parameters: Reals
}

export interface ScoreChunk {
  readonly model: EvaluationModel
  /** Rows in original units, row-major. */
  readonly rows: Float32Array | Float64Array
  /** Receives the log-densities, [rows]. */
  readonly values: Reals
}

export interface SampleChunk {
  readonly model: EvaluationModel
  readonly draw: SampleDraw
  /** Receives rows in original units, row-major. */
  readonly rows: Float64Array
}

let current: { job: number; evaluator: Evaluator } | undefined

function evaluatorOf({ job, description, kernels, compiled, parameters }: EvaluationModel): Evaluator {
  if (current?.job !== job) {
    if (compiled) adoptCompiledKernels(compiled)
    const evaluator = new Evaluator(buildStructure(description), kernels)
    evaluator.setParameters(parameters)
    current = { job, evaluator }
  }
  return current.evaluator
}

/** Log-densities of one chunk of rows. */
export function scoreChunk({ model, rows: data, values }: ScoreChunk): void {
  logProbInto(evaluatorOf(model), model.scaler, { data, rows: values.length, columns: model.description.dim }, values)
}

/** One chunk of a sample. */
export function sampleChunk({ model, draw, rows }: SampleChunk): void {
  sampleInto(evaluatorOf(model), model.scaler, draw, rows)
}

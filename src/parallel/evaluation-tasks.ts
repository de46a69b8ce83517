import { Evaluator } from '../flow/evaluator.js'
import { buildStructure, type FlowDescription } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'

/** The model that a job's chunks are computed with; sent with every chunk, rebuilt once a thread and job. */
export interface EvaluationModel {
  readonly job: number
  readonly description: FlowDescription
  readonly kernels: KernelKind
  /** In shared memory, so that sending it costs nothing. */
  readonly parameters: Float32Array | Float64Array
}

export interface ScoreChunk {
  readonly model: EvaluationModel
  /** Standardised rows, row-major, in shared memory. */
  readonly rows: Float32Array | Float64Array
  /** Receives the log-densities, in standardised units. */
  readonly values: Float32Array | Float64Array
}

export interface SampleChunk {
  readonly model: EvaluationModel
  readonly seed: number
  readonly firstRow: number
  readonly temperature: number
  /** Receives standardised rows, row-major. */
  readonly rows: Float32Array | Float64Array
}

let current: { job: number; evaluator: Evaluator } | undefined

function evaluatorOf({ job, description, kernels, parameters }: EvaluationModel): Evaluator {
  if (current?.job !== job) {
    const evaluator = new Evaluator(buildStructure(description), kernels)
    evaluator.setParameters(parameters)
    current = { job, evaluator }
  }
  return current.evaluator
}

/** Log-densities of one chunk of rows. */
export function scoreChunk({ model, rows, values }: ScoreChunk): void {
  const evaluator = evaluatorOf(model)
  const { dim } = evaluator.structure
  for (let first = 0; first < values.length; first += evaluator.chunkRows) {
    const count = Math.min(evaluator.chunkRows, values.length - first)
    evaluator.rows.set(rows.subarray(first * dim, (first + count) * dim))
    evaluator.logProb(count)
    values.set(evaluator.values.subarray(0, count), first)
  }
}

/** One chunk of a sample. */
export function sampleChunk({ model, seed, firstRow, temperature, rows }: SampleChunk): void {
  const evaluator = evaluatorOf(model)
  const { dim } = evaluator.structure
  const total = rows.length / dim
  for (let first = 0; first < total; first += evaluator.chunkRows) {
    const count = Math.min(evaluator.chunkRows, total - first)
    evaluator.sample(count, seed, firstRow + first, temperature)
    rows.set(evaluator.rows.subarray(0, count * dim), first * dim)
  }
}

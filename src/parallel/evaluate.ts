import type { NdArray } from 'ndarray'
import ndarray from 'ndarray'
import { type Rows, toMatrix } from '../data/rows.js'
import { destandardise, logScale, standardise } from '../data/scaler.js'
import { UsageError } from '../errors.js'
import type { Reals } from '../flow/evaluator.js'
import { type Flow, type SampleOptions, sampleOptions } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import type { EvaluationModel, SampleChunk, ScoreChunk } from './evaluation-tasks.js'
import { sampleChunk, scoreChunk } from './evaluation-tasks.js'
import { withCrew } from './pool.js'
import { estimatedMilliseconds, resolveThreads, type Threads } from './threads.js'

export interface ParallelOptions {
  /** Default 'auto'. */
  threads?: Threads
  /** Rejects the call with `signal.reason` between two chunks. */
  signal?: AbortSignal
  onProgress?: (progress: { rows: number; total: number }) => void
}

/** Rows of a chunk: large beside the cost of handing it over, small beside memory. */
const CHUNK_ROWS = 65_536
/** Chunks under way for each thread, so that no thread waits for the next one. */
const CHUNKS_PER_THREAD = 2

/**
 * ln p(x) of every row, as `flow.logProb`, on all cores with the calling thread left free, or in pieces on the calling
 * thread where that takes no longer than starting others. The flow's parameters are
 * read once, at the start; x must not change before the call has settled.
 * @throws UsageError or DataError as `flow.logProb`; rejects with `signal.reason` when aborted.
 */
export async function logProb<P extends Precision>(
  flow: Flow<P>,
  x: Rows,
  options: ParallelOptions = {},
): Promise<Reals<P>> {
  const { threads, signal, onProgress } = checked('logProb', options)
  const { dim, scaler } = flow
  const matrix = toMatrix(x, dim, 'Batch', { infinite: true })
  const out = reals(flow, matrix.rows, false)
  const shift = logScale(scaler)
  const model = snapshot(flow)
  await eachChunk(model, matrix.rows, threads, { signal, onProgress }, async (run, first, count) => {
    const rows = reals(flow, count * dim, true)
    const part = { data: matrix.data.subarray(first * dim, (first + count) * dim), rows: count, columns: dim }
    const outside = standardise(part, scaler, rows, 0)
    const values = reals(flow, count, true)
    await run('scoreChunk', scoreChunk, { model, rows, values } satisfies ScoreChunk)
    for (let t = 0; t < count; t++) out[first + t] = values[t] - shift
    for (const t of outside) out[first + t] = Number.NEGATIVE_INFINITY
  })
  return out
}

/**
 * Draws [count, dim] rows, as `flow.sample`, on the threads that `logProb` takes.
 * @throws UsageError as `flow.sample`; rejects with `signal.reason` when aborted.
 */
export async function sample(
  flow: Flow,
  count: number,
  options: SampleOptions & ParallelOptions = {},
): Promise<NdArray<Float64Array>> {
  const { threads, signal, onProgress, ...rest } = options
  const { seed, temperature, firstRow } = sampleOptions(count, rest)
  const { dim, scaler } = flow
  const out = new Float64Array(count * dim)
  const model = snapshot(flow)
  await eachChunk(model, count, threads ?? 'auto', { signal, onProgress }, async (run, first, n) => {
    const rows = reals(flow, n * dim, true)
    await run('sampleChunk', sampleChunk, {
      model,
      seed,
      firstRow: firstRow + first,
      temperature,
      rows,
    } satisfies SampleChunk)
    destandardise(rows, scaler, out.subarray(first * dim))
  })
  return ndarray(out, [count, dim])
}

function checked(name: string, options: ParallelOptions): ParallelOptions & { threads: Threads } {
  const { threads = 'auto', signal, onProgress, ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) throw new UsageError(`${name} has no option "${key}"; it takes threads, signal, onProgress.`)
  return { threads, signal, onProgress }
}

function reals<P extends Precision>(flow: Flow<P>, length: number, shared: boolean): Reals<P> & Reals {
  const double = flow.structure.description.precision === 'float64'
  const bytes = length * (double ? 8 : 4)
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)
  return (double ? new Float64Array(buffer) : new Float32Array(buffer)) as Reals<P> & Reals
}

let jobs = 0

function snapshot(flow: Flow): EvaluationModel {
  const { description } = flow.structure
  const parameters = reals(flow, flow.parameters.length, true)
  parameters.set(flow.parameters)
  return { job: ++jobs, description, kernels: resolveKernels(flow.kernels, description.precision), parameters }
}

type Run = <Task>(name: string, inline: (task: Task) => void, task: Task) => Promise<void>

/** Walks over `total` rows in chunks, a few under way at a time, on worker threads or, for 0, on this one. */
async function eachChunk(
  { parameters, kernels }: EvaluationModel,
  total: number,
  threads: Threads,
  { signal, onProgress }: ParallelOptions,
  work: (run: Run, first: number, count: number) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted()
  const chunks = Math.ceil(total / CHUNK_ROWS)
  const size = resolveThreads(threads, chunks, estimatedMilliseconds(parameters.length, total, kernels))
  let next = 0
  let rows = 0
  async function line(run: Run): Promise<void> {
    while (next < chunks) {
      signal?.throwIfAborted()
      const first = next++ * CHUNK_ROWS
      const count = Math.min(CHUNK_ROWS, total - first)
      await work(run, first, count)
      rows += count
      onProgress?.({ rows, total })
    }
  }
  async function lines(count: number, run: Run): Promise<void> {
    const ends = await Promise.allSettled(
      Array.from({ length: count }, () =>
        line(run).catch((error) => {
          next = chunks
          throw error
        }),
      ),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    signal?.throwIfAborted()
  }
  if (size === 0) {
    await lines(1, async (_name, inline, task) => {
      await new Promise((resolve) => setTimeout(resolve, 0))
      inline(task)
    })
    return
  }
  await withCrew(size, signal, (crew) => lines(size * CHUNKS_PER_THREAD, (name, _inline, task) => crew.run(name, task)))
}

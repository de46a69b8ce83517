import type { NdArray } from 'ndarray'
import ndarray from 'ndarray'
import { type Matrix, type Rows, toMatrix } from '../data/rows.js'
import { UsageError } from '../errors.js'
import type { Reals } from '../flow/evaluator.js'
import { type Flow, type SampleOptions, sampleOptions } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import { compiledKernels } from '../kernels/simd.js'
import { type EvaluationModel, sampleChunk, scoreChunk } from './evaluation-tasks.js'
import { withCrew } from './pool.js'
import { isShared, sharedLike, withSharedArrays } from './shared-memory.js'
import { estimatedMilliseconds, resolveThreads, type Threads } from './threads.js'

export interface ParallelOptions {
  /** Default 'auto'. */
  threads?: Threads
  /** Rejects the call with `signal.reason` between two chunks. */
  signal?: AbortSignal
  onProgress?: (progress: { rows: number; total: number }) => void
}

/** Numbers in a chunk's rows, at most: few beside memory. */
const CHUNK_NUMBERS = 2 ** 16
/** Rows of a chunk, at least: much work beside the cost of handing it over. */
const LEAST_CHUNK_ROWS = 1024
/** Chunks for each thread, at least where the rows suffice, so that all end at about the same time. */
const SHARE_CHUNKS = 4
/** Chunks under way for each thread, so that no thread waits for the next one. */
const CHUNKS_PER_THREAD = 2

/**
 * ln p(x) of every row, as `flow.logProb`, on all cores with the calling thread left free, or in pieces on the calling
 * thread where that takes no longer than starting others. The flow's parameters are read once, at the start; x must not
 * change before the call has settled.
 * @throws UsageError or DataError as `flow.logProb`; rejects with `signal.reason` when aborted.
 */
export async function logProb<P extends Precision>(
  flow: Flow<P>,
  x: Rows,
  options: ParallelOptions = {},
): Promise<Reals<P>> {
  const parallel = checked('logProb', options)
  const matrix = toMatrix(x, flow.dim, 'Batch', { infinite: true })
  const float64 = flow.structure.description.precision === 'float64'
  const out = float64 ? new Float64Array(matrix.rows) : new Float32Array(matrix.rows)
  await logProbTo(flow, matrix, out, parallel)
  return out as Reals<P>
}

/** The same of checked rows → out [rows]. */
export async function logProbTo(
  flow: Flow,
  { data, rows }: Matrix,
  out: Reals,
  { threads = 'auto', ...rest }: ParallelOptions,
): Promise<void> {
  const { dim } = flow
  const model = snapshot(flow)
  await eachChunk(model, rows, { threads, ...rest }, (chunkRows, lend) => {
    const from = lend && !isShared(data) ? lend(data, chunkRows * dim) : undefined
    const to = lend?.(out, chunkRows)
    return async (run, first, count) => {
      const own = data.subarray(first * dim, (first + count) * dim)
      from?.set(own)
      const values = to?.subarray(0, count) ?? out.subarray(first, first + count)
      await run('scoreChunk', scoreChunk, { model, rows: from?.subarray(0, own.length) ?? own, values })
      if (to) out.set(values, first)
    }
  })
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
  const { threads = 'auto', signal, onProgress, ...rest } = options
  const { seed, temperature, firstRow } = sampleOptions(count, rest)
  const { dim } = flow
  const out = new Float64Array(count * dim)
  const model = snapshot(flow)
  await eachChunk(model, count, { threads, signal, onProgress }, (chunkRows, lend) => {
    const to = lend?.(out, chunkRows * dim)
    return async (run, first, n) => {
      const own = out.subarray(first * dim, (first + n) * dim)
      const rows = to?.subarray(0, own.length) ?? own
      await run('sampleChunk', sampleChunk, { model, draw: { seed, temperature, firstRow: firstRow + first }, rows })
      if (to) own.set(rows)
    }
  })
  return ndarray(out, [count, dim])
}

function checked(name: string, options: ParallelOptions): ParallelOptions & { threads: Threads } {
  const { threads = 'auto', signal, onProgress, ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) throw new UsageError(`${name} has no option "${key}"; it takes threads, signal, onProgress.`)
  return { threads, signal, onProgress }
}

let jobs = 0

function snapshot({ structure, scaler, parameters, kernels }: Flow): EvaluationModel {
  const { description } = structure
  const copy = sharedLike(parameters, parameters.length)
  copy.set(parameters)
  const kind = resolveKernels(kernels, description.precision)
  return {
    job: ++jobs,
    description,
    kernels: kind,
    ...(kind === 'simd' && { compiled: compiledKernels(false) }),
    scaler: { mean: scaler.mean.slice(), sd: scaler.sd.slice() },
    parameters: copy,
  }
}

type Run = <Task>(name: string, inline: (task: Task) => void, task: Task) => Promise<void>

type Work = (run: Run, first: number, count: number) => Promise<void>

type Lend = <Array extends Reals>(like: Array, length: number) => Array

/**
 * Walks over `total` rows in chunks, a few under way at a time, on worker threads or, for 0, on this one. Each line of
 * chunks makes its own `work`, with memory for one chunk that is lent where chunks go to other threads; all of it
 * together is bounded, however many rows there are.
 */
async function eachChunk(
  model: EvaluationModel,
  total: number,
  { threads, signal, onProgress }: ParallelOptions & { threads: Threads },
  workOf: (chunkRows: number, lend: Lend | undefined) => Work,
): Promise<void> {
  signal?.throwIfAborted()
  const leastChunks = Math.ceil(total / LEAST_CHUNK_ROWS)
  const size = resolveThreads(
    threads,
    leastChunks,
    estimatedMilliseconds(model.parameters.length, total, model.kernels),
  )
  const share = Math.ceil(total / (SHARE_CHUNKS * Math.max(1, size)))
  const chunkRows = Math.max(LEAST_CHUNK_ROWS, Math.min(share, Math.floor(CHUNK_NUMBERS / model.description.dim)))
  const chunks = Math.ceil(total / chunkRows)
  let next = 0
  let rows = 0
  async function line(run: Run, lend: Lend | undefined): Promise<void> {
    const work = workOf(Math.min(chunkRows, total), lend)
    while (next < chunks) {
      signal?.throwIfAborted()
      const first = next++ * chunkRows
      const count = Math.min(chunkRows, total - first)
      await work(run, first, count)
      rows += count
      onProgress?.({ rows, total })
    }
  }
  async function lines(count: number, run: Run, lend?: Lend): Promise<void> {
    const ends = await Promise.allSettled(
      Array.from({ length: Math.min(count, chunks) }, () =>
        line(run, lend).catch((error) => {
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
      await new Promise((resolve) => setImmediate(resolve))
      inline(task)
    })
    return
  }
  await withCrew(size, signal, (crew) =>
    withSharedArrays((lend) => lines(size * CHUNKS_PER_THREAD, (name, _inline, task) => crew.run(name, task), lend)),
  )
}

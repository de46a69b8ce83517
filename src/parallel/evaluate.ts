import type { NdArray } from 'ndarray'
import ndarray from 'ndarray'
import { blockRowsOf } from '../data/row-source.js'
import { checkValues, type Matrix, type Rows, readMatrix } from '../data/rows.js'
import { UsageError } from '../errors.js'
import type { Reals } from '../flow/evaluator.js'
import { type Flow, type SampleOptions, sampleOptions } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import { compiledKernels } from '../kernels/simd.js'
import { type Claims, createClaims, endClaims, rowsDone } from './claims.js'
import {
  type EvaluationModel,
  type Feed,
  type Passage,
  type SampleTask,
  type ScoreTask,
  sampleChunk,
  scoreChunk,
} from './evaluation-tasks.js'
import { withCrew } from './pool.js'
import { sharedLike, withSharedArrays } from './shared-memory.js'
import { computeSlot, createSlots, endSlots, type Slots } from './slots.js'
import { estimatedMilliseconds, resolveThreads, type Threads } from './threads.js'
import { unwrittenFloat32, unwrittenFloat64 } from './unwritten.js'

export interface ParallelOptions {
  /** Default 'auto'. */
  threads?: Threads
  /** Rejects the call with `signal.reason` between two chunks. */
  signal?: AbortSignal
  onProgress?: (progress: { rows: number; total: number }) => void
}

/** Numbers in a chunk's rows, at most, but for LEAST_CHUNK_ROWS: few beside memory. */
const CHUNK_NUMBERS = 2 ** 16
/** Likewise where threads help themselves: the last of them to end works on one while the others have none. */
const CLAIM_NUMBERS = 2 ** 14
/** Rows of a chunk, at least, where there are as many: much work beside the cost of handing it over. */
const LEAST_CHUNK_ROWS = 1024
/** Chunks for each thread, at least where the rows suffice, so that all end at about the same time. */
const SHARE_CHUNKS = 4
const SLOTS_PER_THREAD = 2
/** Progress is told as often where nothing passes through the calling thread. */
const PROGRESS_MILLISECONDS = 100
/** Chunks of a block, at least where the rows suffice: as many threads can work on it. */
const BLOCK_CHUNKS = 16

/** Rows of `dim` columns for one call, where more are to be passed through block by block. */
export function parallelRowsOf(dim: number): number {
  return Math.max(BLOCK_CHUNKS * LEAST_CHUNK_ROWS, blockRowsOf(dim))
}

/**
 * ln p(x) of every row, as `flow.logProb`, on all cores with the calling thread left free, or in pieces on the calling
 * thread where that takes no longer than starting others. The flow's parameters are read once, at the start; x must not
 * change before the call has settled.
 *
 * Densities go to `out` where it is given, an array of the flow's precision and of a number a row, which is then what the
 * promise resolves to; where that rejects it holds anything. It must have no memory in common with x. Threads work on
 * arrays over a SharedArrayBuffer where they lie, x and `out` alike; others are copied to and from them, some rows at a
 * time.
 * @throws UsageError or DataError as `flow.logProb`, UsageError for another `out`; rejects with `signal.reason` when
 * aborted.
 */
export async function logProb<P extends Precision>(
  flow: Flow<P>,
  x: Rows,
  options: ParallelOptions & { out?: Reals<P> } = {},
): Promise<Reals<P>> {
  const { threads, signal, onProgress, out: given, ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) {
    throw new UsageError(`logProb has no option "${key}"; it takes threads, signal, onProgress, out.`)
  }
  const matrix = readMatrix(x, flow.dim, 'Batch')
  const float64 = flow.structure.description.precision === 'float64'
  checkOut('logProb', given, float64 ? Float64Array : Float32Array, matrix.rows)
  if (given && overlap(given, matrix.data)) {
    throw new UsageError("logProb's out shares memory with the rows; give it memory of its own.")
  }
  const out = once<Reals>(given ?? (() => (float64 ? unwrittenFloat64 : unwrittenFloat32)(matrix.rows)))
  try {
    await logProbTo(flow, matrix, out, { threads, signal, onProgress })
  } catch (error) {
    // Threads look at the values where they score them, and one that meets NaN fails: here the first NaN is named.
    if (isOfNaN(error)) checkValues(matrix, 'Batch', { infinite: true })
    throw error
  }
  return place(out) as Reals<P>
}

/** By its message: an error that another thread has thrown arrives without its class. */
function isOfNaN(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Batch has NaN')
}

function checkOut(
  name: string,
  out: unknown,
  Numbers: Float32ArrayConstructor | Float64ArrayConstructor,
  length: number,
): void {
  if (out === undefined || (out instanceof Numbers && out.length === length)) return
  const got = ArrayBuffer.isView(out)
    ? `${out.constructor.name} of ${(out as Reals).length}`
    : `value of type ${typeof out}`
  throw new UsageError(`${name}'s out is a ${got}; expected a ${Numbers.name} of ${length}.`)
}

function overlap(a: Reals, b: Reals): boolean {
  const end = (array: Reals) => array.byteOffset + array.byteLength
  return a.buffer === b.buffer && a.byteOffset < end(b) && b.byteOffset < end(a)
}

/** An array for results, or what makes one: that takes its time, in which threads can be at work already. */
type Out<Numbers extends Reals = Reals> = Numbers | (() => Numbers)

function place<Numbers extends Reals>(out: Out<Numbers>): Numbers {
  return typeof out === 'function' ? out() : out
}

/** Makes the array when it is first asked for, and once. */
function once<Numbers extends Reals>(out: Out<Numbers>): Out<Numbers> {
  if (typeof out !== 'function') return out
  let made: Numbers | undefined
  return () => {
    made ??= out()
    return made
  }
}

/** The same → out [rows]; NaN among the rows fails the job. */
export async function logProbTo(
  flow: Flow,
  { data, rows }: Matrix,
  out: Out,
  { threads = 'auto', ...rest }: ParallelOptions,
): Promise<void> {
  const { dim } = flow
  const model = snapshot(flow)
  const partOf = (first: number, count: number) => data.subarray(first * dim, (first + count) * dim)
  await eachChunk(
    model,
    rows,
    { threads, ...rest },
    {
      here(first, count) {
        scoreChunk(model, partOf(first, count), place(out).subarray(first, first + count))
      },
      inPlace: isSeen(data) && isSeen(out),
      there(lend, chunkRows) {
        const given = passage(data, () => lend(data, chunkRows * dim))
        const values = passage(out, () => lend(model.parameters, chunkRows))
        return {
          name: 'scoreChunks',
          task: (feed) => ({ model, feed, rows: given, values }) satisfies ScoreTask,
          fill(slot, first, count) {
            if ('slots' in given) given.slots[slot].set(partOf(first, count))
          },
          collect(slot, first, count) {
            if ('slots' in values) place(out).set(values.slots[slot].subarray(0, count), first)
          },
        }
      },
    },
  )
}

/**
 * Draws [count, dim] rows, as `flow.sample`, on the threads that `logProb` takes. `out` is as there, of count · dim
 * numbers, row-major, and always float64.
 * @throws UsageError as `flow.sample` and for another `out`; rejects with `signal.reason` when aborted.
 */
export async function sample(
  flow: Flow,
  count: number,
  options: SampleOptions & ParallelOptions & { out?: Float64Array } = {},
): Promise<NdArray<Float64Array>> {
  const { threads = 'auto', signal, onProgress, out: given, ...rest } = options
  const draw = sampleOptions(count, rest)
  const numbers = count * flow.dim
  checkOut('sample', given, Float64Array, numbers)
  const out = once<Float64Array>(given ?? (() => unwrittenFloat64(numbers)))
  await sampleTo(flow, count, out, { ...draw, threads, signal, onProgress })
  return ndarray(place(out), [count, flow.dim])
}

/** The same with checked options → out [count, dim]. */
export async function sampleTo(
  flow: Flow,
  count: number,
  out: Out<Float64Array>,
  { threads = 'auto', signal, onProgress, ...draw }: Required<SampleOptions> & ParallelOptions,
): Promise<void> {
  const { dim, scaler } = flow
  const { firstRow } = draw
  const model = snapshot(flow)
  await eachChunk(
    model,
    count,
    { threads, signal, onProgress },
    {
      here(first, n) {
        const rows = place(out).subarray(first * dim, (first + n) * dim)
        sampleChunk(model, { ...draw, firstRow: firstRow + first }, rows)
      },
      inPlace: isSeen(out),
      there(lend, chunkRows) {
        const rows = passage(out, () => lend(scaler.mean, chunkRows * dim))
        return {
          name: 'sampleChunks',
          task: (feed) => ({ model, draw, feed, rows }) satisfies SampleTask,
          fill() {},
          collect(slot, first, n) {
            if ('slots' in rows) place(out).set(rows.slots[slot].subarray(0, n * dim), first * dim)
          },
        }
      },
    },
  )
}

/** Whether threads can work on the array where it lies. */
function isSeen<Numbers extends Reals>(array: Out<Numbers>): array is Numbers {
  return typeof array !== 'function' && array.buffer instanceof SharedArrayBuffer
}

/** The array itself where threads see it, else memory for a chunk in each slot. */
function passage<Numbers extends Reals>(array: Out<Numbers>, lendChunk: () => Numbers): Passage<Numbers> {
  return isSeen(array) ? { all: array } : { slots: Array.from({ length: SLOTS_PER_THREAD }, lendChunk) }
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

type Lend = <Array extends Reals>(like: Array, length: number) => Array

/** How chunks are computed on this thread, and how on another one. */
interface Work {
  here(first: number, count: number): void
  /** Whether threads see all of the arrays. */
  readonly inPlace: boolean
  /** One thread's task, with shared memory for as many chunks as it has slots, and how rows get in and results out. */
  there(lend: Lend, chunkRows: number): ThreadWork
}

interface ThreadWork {
  readonly name: string
  task(feed: Feed): unknown
  fill(slot: number, first: number, count: number): void
  collect(slot: number, first: number, count: number): void
}

/**
 * Walks over `total` rows in chunks on worker threads or, for 0, on this one. Memory lent for what is under way is
 * bounded, however many rows there are.
 */
async function eachChunk(
  model: EvaluationModel,
  total: number,
  { threads, signal, onProgress }: ParallelOptions & { threads: Threads },
  work: Work,
): Promise<void> {
  signal?.throwIfAborted()
  const { dim } = model.description
  const leastChunks = Math.ceil(total / LEAST_CHUNK_ROWS)
  const milliseconds = estimatedMilliseconds(model.parameters.length, total, model.kernels)
  const size = resolveThreads(threads, leastChunks, milliseconds)
  const share = Math.ceil(total / (SHARE_CHUNKS * Math.max(1, size)))
  const most = Math.floor((work.inPlace && size > 0 ? CLAIM_NUMBERS : CHUNK_NUMBERS) / dim)
  const chunkRows = Math.max(LEAST_CHUNK_ROWS, Math.min(share, most))
  const progress = { total, chunkRows, signal, onProgress }
  if (size === 0) {
    await createLine(progress).each(async (first, count) => {
      await new Promise((resolve) => setImmediate(resolve))
      work.here(first, count)
    })
    return
  }
  const used = Math.min(size, Math.ceil(total / chunkRows))
  await withCrew(used, signal, (crew) =>
    withSharedArrays((lend) => {
      const threads = Array.from({ length: used }, () => work.there(lend, Math.min(chunkRows, total)))
      function start({ name, task }: ThreadWork, source: Source): Promise<unknown> {
        const started = new Int32Array(new SharedArrayBuffer(4))
        return crew.run(name, task({ ...source, started }), { started })
      }
      return work.inPlace ? throughClaims(threads, start, progress) : throughSlots(threads, start, progress)
    }),
  )
}

interface Progress extends Pick<ParallelOptions, 'signal' | 'onProgress'> {
  readonly total: number
  readonly chunkRows: number
}

type Source = { readonly claims: Claims } | { readonly slots: Slots }

type Start = (work: ThreadWork, source: Source) => Promise<unknown>

/** Threads help themselves to chunks until there are none; this one sleeps. */
async function throughClaims(
  threads: readonly ThreadWork[],
  start: Start,
  { total, chunkRows, signal, onProgress }: Progress,
): Promise<void> {
  const claims = createClaims(total, chunkRows)
  const stop = () => endClaims(claims)
  const telling = setInterval(tell, PROGRESS_MILLISECONDS)
  let told = 0
  let failure: { readonly error: unknown } | undefined
  function tell(): void {
    const rows = rowsDone(claims)
    if (rows === told || failure) return
    told = rows
    try {
      onProgress?.({ rows, total })
    } catch (error) {
      failure ??= { error }
      stop()
    }
  }
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    await together(
      threads.map((thread) => start(thread, { claims })),
      stop,
    )
  } finally {
    clearInterval(telling)
    signal?.removeEventListener('abort', stop)
  }
  tell()
  signal?.throwIfAborted()
  if (failure) throw failure.error
}

/** Chunks pass through slots of the threads' memory, a few under way at a time. */
async function throughSlots(threads: readonly ThreadWork[], start: Start, progress: Progress): Promise<void> {
  const line = createLine(progress)
  await together(
    threads.map((thread) => {
      const slots = createSlots(SLOTS_PER_THREAD)
      return onThread(start(thread, { slots }), slots, (slot, ended) =>
        line.each(async (first, count) => {
          thread.fill(slot, first, count)
          await computeSlot(slots, slot, first, count, ended)
          thread.collect(slot, first, count)
        }),
      )
    }),
    line.stop,
  )
}

/** A line of chunks, which several may take from. */
function createLine({ total, chunkRows, signal, onProgress }: Progress) {
  let next = 0
  let rows = 0
  let stopped = false
  return {
    /** Takes chunk after chunk until there is none. */
    async each(compute: (first: number, count: number) => Promise<void>): Promise<void> {
      while (next < total) {
        signal?.throwIfAborted()
        const first = next
        const count = Math.min(chunkRows, total - first)
        next += count
        await compute(first, count)
        if (stopped) return
        rows += count
        onProgress?.({ rows, total })
      }
      signal?.throwIfAborted()
    },
    stop(): void {
      stopped = true
      next = total
    },
  }
}

/** Runs a line through every slot of a thread and then sends it home; settles when the thread has left the job. */
async function onThread(
  running: Promise<unknown>,
  slots: Slots,
  line: (slot: number, ended: Promise<never>) => Promise<void>,
): Promise<void> {
  const ended = running.then((): never => {
    throw new Error('A thread ended before its work was done.')
  })
  try {
    await together(
      Array.from(slots.states, (_, slot) => line(slot, ended)),
      () => {},
    )
  } finally {
    endSlots(slots)
    await Promise.allSettled([running, ended])
  }
}

/** Waits for all, also after one has failed, which `giveUp` tells the others; then throws what it failed with. */
async function together(all: readonly Promise<unknown>[], giveUp: () => void): Promise<void> {
  const ends = await Promise.allSettled(
    all.map((one) =>
      one.catch((error) => {
        giveUp()
        throw error
      }),
    ),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

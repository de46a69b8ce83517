// How a job of many rows is walked through in chunks: on the calling thread, or on others that help themselves to chunks or
// get them through slots.
import { blockRowsOf } from '../data/row-source.js'
import type { Reals } from '../flow/evaluator.js'
import { createClaims, endClaims, rowsDone } from './claims.js'
import type { EvaluationModel, Feed } from './evaluation-tasks.js'
import { withCrew } from './pool.js'
import { withSharedArrays } from './shared-memory.js'
import { computeSlot, createSlots, endSlots, type Slots } from './slots.js'
import { estimatedMilliseconds, resolveThreads, type Threads } from './threads.js'

/** On how many threads a job of many rows runs, and who hears of it. */
export interface ParallelOptions {
  /** Default 'auto'. */
  threads?: Threads
  /** Rejects the call with `signal.reason` between two chunks. */
  signal?: AbortSignal
  /** Hears of rows that are done, in the thread of the caller. */
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
export const SLOTS_PER_THREAD = 2
/** Progress is told as often where nothing passes through the calling thread. */
const PROGRESS_MILLISECONDS = 100
/** Chunks of a block, at least where the rows suffice: as many threads can work on it. */
const BLOCK_CHUNKS = 16

/** Rows of so many columns for one call, where more are to be passed through block by block. */
export function parallelRowsOf(columns: number): number {
  return Math.max(BLOCK_CHUNKS * LEAST_CHUNK_ROWS, blockRowsOf(columns))
}

type Lend = <Array extends Reals>(like: Array, length: number) => Array

/** How chunks are computed on this thread, and how on another one. */
export interface Work {
  here(first: number, count: number): void
  /** Whether threads see all of the arrays. */
  readonly inPlace: boolean
  /** Rows that are computed at a time: a chunk has a multiple of them, so that none are computed for nothing. */
  readonly tileRows: number
  /** One thread's task, with shared memory for as many chunks as it has slots, and how rows get in and results out. */
  there(lend: Lend, chunkRows: number): ThreadWork
}

export interface ThreadWork {
  readonly name: string
  task(feed: Feed): unknown
  fill(slot: number, first: number, count: number): void
  collect(slot: number, first: number, count: number): void
}

/**
 * Walks over `total` rows in chunks on worker threads or, for 0, on this one. Memory lent for what is under way is
 * bounded, however many rows there are.
 */
export async function eachChunk(
  model: EvaluationModel,
  total: number,
  { threads, signal, onProgress }: ParallelOptions & { threads: Threads },
  work: Work,
): Promise<void> {
  signal?.throwIfAborted()
  const { dim, contextDim, members } = model
  const leastChunks = Math.ceil(total / LEAST_CHUNK_ROWS)
  const milliseconds = members.reduce(
    (sum, { numbers, kernels }) => sum + estimatedMilliseconds(numbers.length, total, kernels),
    0,
  )
  const size = resolveThreads(threads, leastChunks, milliseconds)
  const share = Math.ceil(total / (SHARE_CHUNKS * Math.max(1, size)))
  const most = Math.floor((work.inPlace && size > 0 ? CLAIM_NUMBERS : CHUNK_NUMBERS) / (dim + contextDim))
  const { tileRows } = work
  const tiles = Math.max(Math.ceil(LEAST_CHUNK_ROWS / tileRows), Math.floor(Math.min(share, most) / tileRows))
  const chunkRows = tiles * tileRows
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
      const start = ({ name, task }: ThreadWork, feed: Feed) => crew.run(name, task(feed))
      return work.inPlace ? throughClaims(threads, start, progress) : throughSlots(threads, start, progress)
    }),
  )
}

interface Progress extends Pick<ParallelOptions, 'signal' | 'onProgress'> {
  readonly total: number
  readonly chunkRows: number
}

type Start = (work: ThreadWork, feed: Feed) => Promise<unknown>

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

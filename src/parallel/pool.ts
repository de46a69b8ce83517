import { setMaxListeners } from 'node:events'
import type { Piscina } from 'piscina'
import { asError } from '../errors.js'
import { cores } from './cores.js'
import { abortJob } from './shared-communicator.js'
import { freeIdleArrays } from './shared-memory.js'
import { type Handed, hand, hasBegun } from './start.js'

/** Ranks above this many for each core, and a job waits for another to end. */
const RANKS_PER_CORE = 2
/** Threads that have had nothing to do for this long are ended. */
const IDLE_MILLISECONDS = 10_000
/** A thread must have begun with its task within this time, or it is given up. */
const START_MILLISECONDS = 120_000
/** After a job is given up, its threads have this long to leave by themselves before they are ended. */
const GRACE_MILLISECONDS = 1_000
const MAX_THREADS = 512
/** Of a thread's young objects: kernels work on memory of their own, and what calls them makes little garbage. */
const YOUNG_MEGABYTES = 2

const WORKER = new URL('../workers/rank.js', import.meta.url).href

let pool: Promise<Piscina> | undefined

/** Tasks that are handed over and have not begun: how each is given up where a thread cannot start. */
const unstarted = new Set<(cause: unknown) => void>()

/** Loaded by the first job that takes threads: many programs have none. */
async function createPool(): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  const created = new Piscina({
    minThreads: 0,
    maxThreads: MAX_THREADS,
    idleTimeout: IDLE_MILLISECONDS,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  })
  // What happens to a thread outside of any task; nobody listening would end the process.
  created.on('error', (cause) => {
    for (const giveUp of unstarted) giveUp(cause)
  })
  return created
}

function workers(): Promise<Piscina> {
  pool ??= createPool()
  return pool
}

let running = 0
const queue: { ranks: number; start: () => void }[] = []

function startWhatFits(): void {
  while (queue.length > 0) {
    const [next] = queue
    if (running > 0 && running + next.ranks > Math.min(MAX_THREADS, RANKS_PER_CORE * cores())) return
    queue.shift()
    running += next.ranks
    next.start()
  }
}

/** Waits for `ranks` threads, in order of asking: a job gets all of its ranks or none. Returns how to give them back. */
async function takeRanks(ranks: number, signal?: AbortSignal): Promise<() => void> {
  await new Promise<void>((resolve, reject) => {
    const entry = {
      ranks,
      start: () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      },
    }
    function leave(): void {
      queue.splice(queue.indexOf(entry), 1)
      startWhatFits()
      reject(signal?.reason)
    }
    if (signal?.aborted) return reject(signal.reason)
    signal?.addEventListener('abort', leave, { once: true })
    queue.push(entry)
    startWhatFits()
  })
  return () => {
    running -= ranks
    startWhatFits()
  }
}

/**
 * Ends threads and frees memory that wait for the next job, as they do for a while; where one runs, nothing. For who has
 * other uses for the memory: a thread takes 10 to 20 MB.
 */
export async function endIdleThreads(): Promise<void> {
  if (running > 0 || pool === undefined) return
  const ended = pool
  pool = undefined
  freeIdleArrays()
  await (await ended).destroy()
}

/** A set of threads that one job holds. */
export interface Crew {
  readonly ranks: number
  /**
   * Runs a task on one of the threads, once one is free; the worker's export must be made by `begin`. Rejects where no
   * thread begins with it. `signal` ends the thread itself: the last resort.
   */
  run<Result>(name: string, task: unknown, signal?: AbortSignal): Promise<Result>
}

/** Holds `ranks` threads while `work` runs; queues until they are free. Rejects if `signal` fires before that. */
export async function withCrew<Result>(
  ranks: number,
  signal: AbortSignal | undefined,
  work: (crew: Crew) => Promise<Result>,
  worker = WORKER,
): Promise<Result> {
  const giveBack = await takeRanks(ranks, signal)
  // Piscina would start a thread for every task handed to it: no more are handed over than the job holds.
  let free = ranks
  const waiting: (() => void)[] = []
  async function run<Result>(name: string, task: unknown, signal?: AbortSignal): Promise<Result> {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free--
    const handed = hand(task)
    const start = watchStart(handed)
    try {
      const either = signal ? AbortSignal.any([signal, start.signal]) : start.signal
      return await (await workers()).run(handed, { filename: worker, name, signal: either })
    } catch (error) {
      throw start.signal.aborted ? start.signal.reason : error
    } finally {
      start.end()
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
  try {
    return await work({ ranks, run })
  } finally {
    giveBack()
  }
}

/** A signal that gives up a task which does not begin in time, or whose thread could not be started. */
function watchStart(handed: Handed<unknown>): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  function giveUp(cause?: unknown): void {
    if (hasBegun(handed)) return
    const reason =
      cause === undefined
        ? `A thread did not start within ${START_MILLISECONDS / 1000} s; try fewer threads.`
        : `A thread could not start: ${asError(cause).message}`
    controller.abort(new Error(reason, { cause }))
  }
  const late = setTimeout(giveUp, START_MILLISECONDS)
  unstarted.add(giveUp)
  return {
    signal: controller.signal,
    end() {
      clearTimeout(late)
      unstarted.delete(giveUp)
    },
  }
}

/**
 * Runs one long task a rank and returns what each returned, in rank order. The first rank that fails, exits or does
 * not start ends all of them through the control block, and its error is the job's.
 */
export async function runRanks<Result>(
  crew: Crew,
  control: Int32Array,
  name: string,
  taskOf: (rank: number) => unknown,
): Promise<Result[]> {
  const lastResort = new AbortController()
  // Every rank listens to it: more than Node takes for a leak.
  setMaxListeners(crew.ranks, lastResort.signal)
  let failure: unknown
  let grace: ReturnType<typeof setTimeout> | undefined
  function giveUp(cause: unknown): void {
    failure ??= cause
    abortJob(control)
    grace ??= setTimeout(() => lastResort.abort(), GRACE_MILLISECONDS)
  }
  const tasks = Array.from({ length: crew.ranks }, async (_, rank) => {
    try {
      return await crew.run<Result>(name, taskOf(rank), lastResort.signal)
    } catch (cause) {
      giveUp(new Error(`Thread ${rank + 1} of ${crew.ranks} failed: ${asError(cause).message}`, { cause }))
      throw cause
    }
  })
  const results = await Promise.allSettled(tasks)
  clearTimeout(grace)
  if (failure !== undefined) throw failure
  return results.map((result) => (result as PromiseFulfilledResult<Result>).value)
}

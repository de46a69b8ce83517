import { availableParallelism } from 'node:os'
import { UsageError } from '../errors.js'

/** 'auto' = as many as are worth while; 0 = the calling thread alone, no worker; n = exactly n worker threads. */
export type Threads = 'auto' | number

export const MAX_THREADS_OF_A_JOB = 256

/** Cores this process may use. */
export function cores(): number {
  return availableParallelism()
}

/**
 * The number of worker threads for a job that splits into `parts` pieces.
 * @throws UsageError where threads is neither 'auto' nor an integer in 0 … 256.
 */
export function resolveThreads(threads: Threads, parts: number): number {
  if (threads === 'auto') return Math.max(1, Math.min(cores(), parts, MAX_THREADS_OF_A_JOB))
  if (!Number.isInteger(threads) || threads < 0 || threads > MAX_THREADS_OF_A_JOB) {
    throw new UsageError(
      `threads is ${JSON.stringify(threads)}; expected "auto" or an integer from 0 to ${MAX_THREADS_OF_A_JOB}.`,
    )
  }
  return threads
}

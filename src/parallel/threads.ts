import { UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { type KernelKind, resolveKernels } from '../kernels/create.js'
import { cores } from './cores.js'

/** 'auto' = as many as are worth while; 0 = the calling thread alone, no worker; n = exactly n worker threads. */
export type Threads = 'auto' | number

export const MAX_THREADS_OF_A_JOB = 256

/**
 * Nanoseconds that one thread spends on a row for each parameter, roughly: measured 0.3 to 1.2 a training step and 0.1
 * to 1.2 a density or sample with SIMD, 8 to 25 and 3 to 13 with the portable kernels (180 to 160 200 parameters).
 */
const NANOSECONDS: Readonly<Record<KernelKind, number>> = { simd: 0.5, portable: 12 }
/** Columns are read, transposed and scaled whatever the model: a row costs as much as a model of this size. */
const PARAMETERS_OF_A_ROW = 64

/**
 * A job shorter than this stays on the calling thread. A fit of one step takes some 170 ms longer with two threads than
 * with none (median of 7 processes, AMD EPYC, 2 cores): loading the pool, starting workers. Two threads save at most
 * half of a job.
 */
const WORTH_A_START_MILLISECONDS = 250

/** How long one thread would take, roughly, over a job that passes `rows` rows through the flow, steps × rows of fit. */
export function estimatedMilliseconds(parameters: number, rows: number, kernels: KernelKind): number {
  return (rows * (parameters + PARAMETERS_OF_A_ROW) * NANOSECONDS[kernels]) / 1e6
}

/**
 * The number of worker threads for a job that splits into `parts` pieces and would take one thread `milliseconds`.
 * Only the time depends on it: any number gives the same bits.
 * @throws UsageError where threads is neither 'auto' nor an integer in 0 … 256.
 */
export function resolveThreads(threads: Threads, parts: number, milliseconds: number): number {
  if (threads === 'auto') {
    if (milliseconds < WORTH_A_START_MILLISECONDS) return 0
    return Math.max(1, Math.min(cores(), parts, MAX_THREADS_OF_A_JOB))
  }
  if (!Number.isInteger(threads) || threads < 0 || threads > MAX_THREADS_OF_A_JOB) {
    throw new UsageError(
      `threads is ${JSON.stringify(threads)}; expected "auto" or an integer from 0 to ${MAX_THREADS_OF_A_JOB}.`,
    )
  }
  return threads
}

/** For work done in several calls, `rows` rows in all: 0 where even the whole is too little to start workers for. */
export function threadsOfAll(threads: Threads, model: Model, rows: number): Threads {
  if (threads !== 'auto') return threads
  const kind = resolveKernels(model.kernels, model.precision)
  return resolveThreads('auto', Number.POSITIVE_INFINITY, estimatedMilliseconds(model.parameterCount, rows, kind))
}

import { cores } from '../parallel/cores.js'
import { resolveThreads, type Threads } from '../parallel/threads.js'

/** How many of several fits run at a time, and on how many threads each of them. */
export interface SideBySide {
  readonly atOnce: number
  readonly threads: number
}

/**
 * So many fits on so many threads, 'auto' for as many as cores: one thread each while there are no more threads than fits,
 * which waits for nobody; where there are more, as many as all can have alike. Without threads of their own they run one
 * after the other on the calling one.
 * @throws UsageError where threads is neither 'auto' nor an integer in 0 … 256.
 */
export function sideBySide(fits: number, threads: Threads): SideBySide {
  const all = threads === 'auto' ? cores() : resolveThreads(threads, fits, 0)
  if (all === 0) return { atOnce: 1, threads: 0 }
  const atOnce = Math.min(fits, all)
  return { atOnce, threads: Math.floor(all / atOnce) }
}

/** Runs `work` for 0 … count − 1, `atOnce` of them at a time; waits for all that have begun, then throws the first error. */
export async function eachOf<Result>(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  let failure: { readonly error: unknown } | undefined
  async function line(): Promise<void> {
    while (next < count && !failure) {
      const index = next++
      try {
        results[index] = await work(index)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, line))
  if (failure) throw failure.error
  return results
}

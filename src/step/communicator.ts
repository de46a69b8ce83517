/**
 * How the ranks of a job meet. Who computes a shard and how shards are summed is not its concern: it only makes what
 * one rank wrote visible to the others.
 */
export interface Communicator {
  readonly rank: number
  readonly size: number
  /** Returns when every rank has called it; what was written before is visible after. Throws AbortedError. */
  barrier(): void
  /** Makes every rank's shard sums and losses visible to all. In shared memory that is a barrier. Throws AbortedError. */
  exchange(): void
  /** Throws AbortedError when the job has been given up, so that long work between barriers can end early. */
  checkAbort(): void
  /** Gives the job up: every rank's next call of the above throws. */
  abort(): void
}

/** The job was given up by another rank or by the main thread. */
export class AbortedError extends Error {
  override name = 'AbortedError'
}

/** The communicator of a job with one rank. */
export function alone(): Communicator {
  let aborted = false
  function checkAbort(): void {
    if (aborted) throw new AbortedError('The job was aborted.')
  }
  return {
    rank: 0,
    size: 1,
    barrier: checkAbort,
    exchange: checkAbort,
    checkAbort,
    abort() {
      aborted = true
    },
  }
}

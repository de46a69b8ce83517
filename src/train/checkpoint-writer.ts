import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { echo } from '../options.js'
import { fetchSnapshot, pastOf, requestSnapshot } from '../parallel/training-tasks.js'
import { captureEnd, captureSnapshot, type FitIdentity } from './checkpoint.js'
import type { TrainingJob } from './run-training.js'

/** Where what a run has come to is put on the way, so that another one can go on from there. */
export interface CheckpointOptions {
  /** Seconds between two of them; default 30. */
  every?: number
  /**
   * Puts the bytes where they last. Training goes on meanwhile, and the next ones wait for it; if it throws, training ends as
   * by the signal, and the error is rethrown once the weights are committed.
   */
  write: (bytes: Uint8Array) => void | Promise<void>
}

const DEFAULT_SECONDS = 30
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0))

/** @throws UsageError where a value is none. */
export function checkCheckpoint(value: unknown): Required<CheckpointOptions> {
  const { every = DEFAULT_SECONDS, write, ...unknown } = { ...(value as CheckpointOptions) }
  if (typeof write !== 'function' || !v.is(seconds, every) || Object.keys(unknown).length > 0) {
    throw new UsageError(
      `checkpoint is ${echo(value)}; expected { every, write }, seconds ≥ 0 and a function of the bytes.`,
    )
  }
  return { every, write }
}

/** Takes and writes the checkpoints of a job, one after another. */
export class CheckpointWriter {
  readonly #job: TrainingJob
  readonly #identity: FitIdentity
  readonly #options: Required<CheckpointOptions>
  readonly #fail: (error: unknown) => void
  #writing: Promise<void> | undefined
  #requested = false
  #failed = false
  /** What the last one is of. */
  #written: string
  #last = performance.now()

  /** `fail` is told what `write` throws. */
  constructor(
    job: TrainingJob,
    identity: FitIdentity,
    options: Required<CheckpointOptions>,
    fail: (error: unknown) => void,
  ) {
    this.#job = job
    this.#identity = identity
    this.#options = options
    this.#fail = fail
    this.#written = stateOf(job)
  }

  /** To be called now and then while the job runs: asks for a snapshot when it is time, and writes one that is there. */
  poll(): void {
    if (this.#writing || this.#failed) return
    const { record } = this.#job
    const steps = fetchSnapshot(record)
    if (steps > 0) {
      this.#requested = false
      this.#write(captureSnapshot(this.#job, this.#identity, steps))
    } else if (!this.#requested && performance.now() - this.#last >= 1000 * this.#options.every) {
      this.#requested = true
      requestSnapshot(record)
    }
  }

  /** Writes the last one, of a job at rest. */
  async end(): Promise<void> {
    await this.#writing
    const { steps } = pastOf(this.#job.record)
    const state = stateOf(this.#job)
    if (steps > 0 && state !== this.#written && !this.#failed) {
      this.#written = state
      this.#write(captureEnd(this.#job, this.#identity, steps))
    }
    await this.#writing
  }

  #write(bytes: Uint8Array): void {
    this.#last = performance.now()
    this.#writing = this.#hand(bytes)
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    try {
      await this.#options.write(bytes)
    } catch (error) {
      this.#failed = true
      this.#fail(error)
    }
    this.#writing = undefined
  }
}

/** Two of a run are of the same moment where they have this in common. */
function stateOf({ record, recoveries }: TrainingJob): string {
  return `${pastOf(record).steps} ${recoveries.length}`
}

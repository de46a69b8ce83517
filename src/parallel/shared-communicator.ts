import { AbortedError, type Communicator } from '../step/communicator.js'

/** Words of the control block, each on a cache line of its own so that waiting on one does not slow another. */
const LINE = 16
const WORD = { arrived: 0, generation: LINE, sleepers: 2 * LINE, aborted: 3 * LINE }
const WORDS = 4 * LINE

/** Turns of the waiting loop before a rank sleeps: some tens of microseconds. */
const SPIN_TURNS = 20_000
/** A sleeping rank looks at the abort word this often even if nobody wakes it. */
const SLEEP_MILLISECONDS = 100

/** The shared words through which the ranks of one job and the main thread meet. */
export function createControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * WORDS))
}

/** Gives a job up: ranks at a barrier wake, the others see it at their next check. */
export function abortJob(control: Int32Array): void {
  Atomics.store(control, WORD.aborted, 1)
  Atomics.notify(control, WORD.generation)
}

/**
 * Ranks over shared memory. The barrier counts arrivals; the last one starts the next generation. Waiting spins
 * briefly where every rank has a core to itself (`spin`), then sleeps.
 */
export class SharedCommunicator implements Communicator {
  readonly rank: number
  readonly size: number
  readonly #control: Int32Array
  readonly #spinTurns: number

  constructor(control: Int32Array, rank: number, size: number, spin: boolean) {
    this.#control = control
    this.rank = rank
    this.size = size
    this.#spinTurns = spin ? SPIN_TURNS : 0
  }

  exchange(): void {
    this.barrier()
  }

  barrier(): void {
    const control = this.#control
    const generation = Atomics.load(control, WORD.generation)
    if (Atomics.add(control, WORD.arrived, 1) === this.size - 1) {
      Atomics.store(control, WORD.arrived, 0)
      Atomics.store(control, WORD.generation, (generation + 1) | 0)
      if (Atomics.load(control, WORD.sleepers) > 0) Atomics.notify(control, WORD.generation)
    } else {
      this.#wait(generation)
    }
    this.checkAbort()
  }

  checkAbort(): void {
    if (Atomics.load(this.#control, WORD.aborted) !== 0) throw new AbortedError('The job was aborted.')
  }

  abort(): void {
    abortJob(this.#control)
  }

  #wait(generation: number): void {
    const control = this.#control
    for (let turn = 0; turn < this.#spinTurns; turn++) {
      if (Atomics.load(control, WORD.generation) !== generation) return
    }
    Atomics.add(control, WORD.sleepers, 1)
    while (Atomics.load(control, WORD.generation) === generation && Atomics.load(control, WORD.aborted) === 0) {
      Atomics.wait(control, WORD.generation, generation, SLEEP_MILLISECONDS)
    }
    Atomics.sub(control, WORD.sleepers, 1)
  }
}

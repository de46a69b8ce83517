import type { Offset } from '../kernels/heap.js'
import { runOf } from './shards.js'

/** Ints from one rank's counter to the next: a cache line, so that claiming from one does not slow another. */
const LINE = 16

/** Ints that a deal among `size` ranks takes in the heap. */
export function dealLength(size: number): number {
  return size * LINE
}

/**
 * Deals units of work among ranks so that they end together although one may be slower, its core shared with another
 * process: each works through a run of its own and then helps the others. Its first unit a rank always does itself. Who
 * does a unit must not show in its result.
 */
export class Deal {
  readonly #i32: Int32Array
  readonly #at: Offset
  readonly #rank: number
  /** By rank, the own one first: where the run's counter lies, and where the run ends. */
  readonly #runs: readonly { counter: Offset; end: number }[]
  readonly #first: number
  #begun = false

  /** `at` has room for `dealLength(size)` ints of the heap that all ranks share. */
  constructor(i32: Int32Array, at: Offset, units: number, rank: number, size: number) {
    this.#i32 = i32
    this.#at = at
    this.#rank = rank
    this.#runs = Array.from({ length: size }, (_, i) => {
      const other = (rank + i) % size
      return { counter: at + other * LINE, end: runOf(units, other, size).end }
    })
    this.#first = runOf(units, rank, size).first
  }

  /** Makes the rank's run whole again: between two barriers, while nobody takes. */
  reset(): void {
    Atomics.store(this.#i32, this.#at + this.#rank * LINE, this.#first + 1)
    this.#begun = false
  }

  /** The next unit for this rank, or −1 where none is left. */
  take(): number {
    if (!this.#begun) {
      this.#begun = true
      if (this.#first < this.#runs[0].end) return this.#first
    }
    for (const { counter, end } of this.#runs) {
      if (Atomics.load(this.#i32, counter) >= end) continue
      const unit = Atomics.add(this.#i32, counter, 1)
      if (unit < end) return unit
    }
    return -1
  }
}

import { UsageError } from '../errors.js'
import { randomStream } from '../random/stream.js'

const WORD = 32

/** Some of the rows 0 … total − 1, in ascending order; a bit for each of all. */
export class RowSet implements Iterable<number> {
  /** Rows in the set. */
  readonly size: number
  /** Rows there are. */
  readonly total: number
  readonly #bits: Uint32Array
  readonly #inverted: boolean

  private constructor(bits: Uint32Array, total: number, size: number, inverted: boolean) {
    this.#bits = bits
    this.total = total
    this.size = size
    this.#inverted = inverted
  }

  /**
   * `size` of `total` ≤ 2^32 rows, every such set equally likely; the same for the same (seed, purpose, index).
   *
   * Source: R. W. Floyd's algorithm in J. Bentley, "Programming pearls: a sample of brilliance", CACM 30(9), 1987.
   */
  static draw(total: number, size: number, seed: number, purpose: number, index: number): RowSet {
    const bits = new Uint32Array(Math.ceil(total / WORD))
    const stream = randomStream(seed, purpose, index)
    for (let last = total - size; last < total; last++) {
      const row = stream.integer(last + 1)
      add(bits, contains(bits, row) ? last : row)
    }
    return new RowSet(bits, total, size, false)
  }

  /** These rows of `total`. */
  static of(rows: Iterable<number>, total: number): RowSet {
    const bits = new Uint32Array(Math.ceil(total / WORD))
    let size = 0
    for (const row of rows) {
      if (!contains(bits, row)) size++
      add(bits, row)
    }
    return new RowSet(bits, total, size, false)
  }

  /** Whether a row, counted from 0, is in the set. */
  has(row: number): boolean {
    return row >= 0 && row < this.total && Number.isInteger(row) && contains(this.#bits, row) !== this.#inverted
  }

  /**
   * The member that `place` others come before.
   * @throws UsageError where there are not so many.
   */
  member(place: number): number {
    let at = 0
    for (const row of this) if (at++ === place) return row
    throw new UsageError(`There is no row ${place} among ${this.size}.`)
  }

  /** The other rows. */
  complement(): RowSet {
    return new RowSet(this.#bits, this.total, this.total - this.size, !this.#inverted)
  }

  /** The rows of the set, ascending. */
  *[Symbol.iterator](): Iterator<number> {
    for (let row = 0; row < this.total; row++) if (this.has(row)) yield row
  }
}

function contains(bits: Uint32Array, row: number): boolean {
  return ((bits[row >>> 5] >>> (row & 31)) & 1) === 1
}

function add(bits: Uint32Array, row: number): void {
  bits[row >>> 5] |= 1 << (row & 31)
}

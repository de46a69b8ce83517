import { DistinctSample } from './distinct-sample.js'
import { blockRowsOf, type RowSource } from './row-source.js'

/** A number of rows or values, counted, or estimated where there are many. */
export interface Tally {
  readonly count: number
  readonly exact: boolean
}

/** What lets a density grow without bound: the more weight on one point or value, the higher it may pile up there. */
export interface Repetition {
  /** Rows that equal an earlier one. */
  readonly duplicateRows: Tally
  /** Columns of few values, each of them taken by many rows. */
  readonly discreteColumns: readonly { readonly column: number; readonly values: Tally }[]
}

/** A column is discrete where a value is shared by this many rows on average. */
const ROWS_PER_VALUE = 5
/** Different rows, and values of a column, that are counted one by one. */
const LIMIT = { rows: 2 ** 19, values: 2 ** 12 }
/** Rows within which repeated ones are always counted one by one. */
const WINDOW = 2 ** 16
/** Standard errors by which an estimate may be off. */
const TOLERANCE = 3

/** Counts rows that come twice and finds columns of few values, in one pass and constant memory; −0 equals 0. */
export async function findRepetition(source: RowSource): Promise<Repetition> {
  const { columns } = source
  const rows = new RepeatedRows(source.rows)
  const values = Array.from({ length: columns }, () => new DistinctSample(Math.min(LIMIT.values, source.rows)))
  const number = new Float64Array(1)
  const words = new Uint32Array(number.buffer)
  for await (const block of source.blocks(blockRowsOf(columns))) {
    for (let from = 0; from < block.length; from += columns) {
      let [rowA, rowB] = [SEED_A, SEED_B]
      for (let j = 0; j < columns; j++) {
        // + 0 turns −0 into 0.
        number[0] = block[from + j] + 0
        const a = finished(mixed(mixed(SEED_A, words[0]), words[1]))
        const b = finished(mixed(mixed(SEED_B, words[1]), words[0]))
        values[j].add(a, b)
        rowA = mixed(rowA, a)
        rowB = mixed(rowB, b)
      }
      rows.add(finished(rowA), finished(rowB))
    }
  }
  return {
    duplicateRows: rows.end(),
    discreteColumns: values
      .map(({ distinct, exact }, column) => ({ column, values: { count: distinct, exact } }))
      .filter(({ values }) => values.count * ROWS_PER_VALUE <= source.rows),
  }
}

/**
 * Rows that equal an earlier one. Of more than can be counted one by one there are three estimates, none of them good
 * everywhere: rows repeated a few times each are told by how often those of the sample come; a row that comes very
 * often is in the sample or not, but leaves all rows far fewer kinds; and what comes often comes again soon.
 */
class RepeatedRows {
  readonly #total: number
  readonly #sample: DistinctSample
  readonly #window: DistinctSample | undefined
  #seen = 0
  #soon = 0

  constructor(total: number) {
    this.#total = total
    this.#sample = new DistinctSample(Math.min(LIMIT.rows, total))
    if (total > LIMIT.rows) this.#window = new DistinctSample(WINDOW)
  }

  add(a: number, b: number): void {
    this.#sample.add(a, b)
    if (this.#window === undefined) return
    this.#window.add(a, b)
    if (++this.#seen % WINDOW === 0) this.#closeWindow()
  }

  end(): Tally {
    const { exact, repeated, distinct, distinctError } = this.#sample
    if (exact) return { count: repeated, exact }
    this.#closeWindow()
    const fewer = this.#total - distinct
    const likely = Math.abs(repeated - fewer) <= TOLERANCE * distinctError ? repeated : fewer
    return { count: Math.max(this.#soon, likely), exact }
  }

  #closeWindow(): void {
    this.#soon += this.#window?.repeated ?? 0
    this.#window?.clear()
  }
}

const SEED_A = 0x9e3779b9
const SEED_B = 0x7f4a7c15

/** One word more into a hash. Source: A. Appleby, MurmurHash3 (x86, 32 bits). */
function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** Every bit of the hash spread over all of them; as an unsigned integer. Source: its finalizer. */
function finished(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

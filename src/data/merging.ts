import { DataError } from '../errors.js'

type Floats = Float32Array | Float64Array

/** Rows that are compared: as many values of a column lie nearer to each other than a thousandth of their spread. */
const COMPARED_ROWS = 4096
/** Share of a column's different values that may become one with others. */
const MOST_MERGED = 0.05

/** Sees whether the values of each column stay apart in float32, on evenly spaced rows of all that come by. */
export class ApartCheck {
  readonly #rows: number
  readonly #columns: number
  readonly #count: number
  readonly #before: Float64Array
  readonly #after: Float64Array
  #first = 0
  #taken = 0

  /** For rows [rows, columns] that come in blocks. */
  constructor(rows: number, columns: number) {
    this.#rows = rows
    this.#columns = columns
    this.#count = Math.min(rows, COMPARED_ROWS)
    this.#before = new Float64Array(this.#count * columns)
    this.#after = new Float64Array(this.#count * columns)
  }

  /** A block of rows x, and what has become of them. */
  add(x: Floats, z: Floats): void {
    const columns = this.#columns
    const end = this.#first + x.length / columns
    for (; this.#taken < this.#count; this.#taken++) {
      const row = Math.floor((this.#taken * this.#rows) / this.#count)
      if (row >= end) break
      const from = (row - this.#first) * columns
      for (let j = 0; j < columns; j++) {
        this.#before[this.#taken * columns + j] = x[from + j]
        this.#after[this.#taken * columns + j] = z[from + j]
      }
    }
    this.#first = end
  }

  /** @throws DataError for a column that has fewer than 95 different values for every 100 it had; `title` names it. */
  end(title: (j: number) => string): void {
    for (let j = 0; j < this.#columns; j++) {
      const [before, after] = [this.#before, this.#after].map((values) => distinct(values, this.#columns, j))
      if (after >= (1 - MOST_MERGED) * before) continue
      throw new DataError(
        `${title(j)} loses its values in float32, as it is scaled: of ${before} different ones ${after} are left. Leave out values far from the others, or scale by quantiles: fit(…, { preprocess: preprocess() }), on the command line --preprocess robust.`,
      )
    }
  }
}

function distinct(values: Float64Array, columns: number, j: number): number {
  const sorted = values.filter((_, at) => at % columns === j).sort()
  let count = sorted.length > 0 ? 1 : 0
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) count++
  return count
}

import { scalerPart } from '../data/scaler.js'
import { count } from '../data/wording.js'
import type { Model } from '../flow/ensemble.js'
import { printable } from '../printable.js'

/** So many standard deviations from the mean lies at most one row in 25, whatever the distribution (Chebyshev), and hardly any of most. */
const FAR = 5

interface Far {
  readonly name: string
  readonly value: number
  /** "3.1 ± 0.4", what the rows trained on have. */
  readonly ordinary: string
}

/** Rows whose given numbers lie far from all that the model was trained on: what it says of them is a guess. */
export class FarGiven {
  readonly #columns: readonly { name: string; mean: number; sd: number; isNumber: boolean }[]
  #rows = 0
  #farRows = 0
  #first: (Far & { readonly row: number }) | undefined

  /** `columns` as the flow is given them; those that are no `numbers` are levels, which it knows, or refuses. */
  constructor(model: Model, columns: readonly string[], numbers: readonly string[]) {
    const { mean, sd } = scalerPart(model.scaler, model.dim)
    this.#columns = columns.map((name, j) => ({ name, mean: mean[j], sd: sd[j], isNumber: numbers.includes(name) }))
  }

  /** What is far in a row that begins at `at`. */
  farOf(row: ArrayLike<number>, at = 0): Far[] {
    return this.#columns.flatMap(({ name, mean, sd, isNumber }, j) =>
      isNumber && Math.abs(row[at + j] - mean) > FAR * sd
        ? [{ name: printable(name), value: row[at + j], ordinary: `${short(mean)} ± ${short(sd)}` }]
        : [],
    )
  }

  /** Rows of the columns, one after the other. */
  add(data: ArrayLike<number>): void {
    const columns = this.#columns.length
    for (let at = 0; at < data.length; at += columns) {
      const [far] = this.farOf(data, at)
      if (far) {
        this.#farRows++
        this.#first ??= { ...far, row: this.#rows }
      }
      this.#rows++
    }
  }

  /** What to tell of all rows so far; `said` is what the model says of them, "drawn". */
  text(said: string): string | undefined {
    if (!this.#first) return undefined
    const { name, value, ordinary, row } = this.#first
    return `${this.#farRows} of ${count(this.#rows, 'row')} ${this.#farRows === 1 ? 'has' : 'have'} a given number far from those trained on, first row ${row} (counted from 0), whose ${name} is ${short(value)} where they have ${ordinary}: what is ${said} there is a guess.`
  }
}

export const short = (value: number): string => String(Number(value.toPrecision(4)))

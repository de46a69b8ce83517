/** A mean negative log-likelihood, or a mean difference of two, in nats a row. */
export interface MeanNLL {
  /** null where a row lies so far out that the density there is 0, and without rows. */
  readonly mean: number | null
  /** Of the mean, from the spread over the rows; null for a single row or where the mean is. */
  readonly standardError: number | null
  readonly rows: number
}

/**
 * The mean of values that come in blocks and its standard error, sums in float64.
 * Source: Chan, Golub & LeVeque 1983, (2.1), for the mean of two sets and the squares about it.
 */
export class RunningMean {
  #rows = 0
  #mean = 0
  #squares = 0

  add(values: Float32Array | Float64Array): void {
    const count = values.length
    if (count === 0) return
    let sum = 0
    for (let i = 0; i < count; i++) sum += values[i]
    const own = sum / count
    let ownSquares = 0
    for (let i = 0; i < count; i++) ownSquares += (values[i] - own) * (values[i] - own)
    const before = this.#rows
    const difference = own - this.#mean
    this.#rows += count
    this.#mean += (difference * count) / this.#rows
    this.#squares += ownSquares + (difference * difference * before * count) / this.#rows
  }

  end(): MeanNLL {
    const rows = this.#rows
    if (rows === 0 || !Number.isFinite(this.#mean)) return { mean: null, standardError: null, rows }
    const standardError = rows > 1 ? Math.sqrt(this.#squares / (rows - 1) / rows) : null
    return { mean: this.#mean, standardError, rows }
  }
}

/** The same mean in units in which ln p is larger by `shift`. */
export function shifted({ mean, ...rest }: MeanNLL, shift: number): MeanNLL {
  return { mean: mean === null ? null : mean - shift, ...rest }
}

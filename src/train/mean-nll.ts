/** Values held at a time. */
const BLOCK_ROWS = 8192

/** A mean negative log-likelihood, or a mean difference of two, in nats a row. */
export interface MeanNLL {
  /** null where a row lies so far out that the density there is 0. */
  readonly mean: number | null
  /** Of the mean, from the spread over the rows; null for a single row or where the mean is. */
  readonly standardError: number | null
  readonly rows: number
}

/**
 * The mean of values in nats and its standard error, sums in float64. `fill` writes the values of rows first …
 * first + count, a block at a time: a function for single numbers would make an object of each.
 */
export function meanOf(rows: number, fill: (first: number, count: number, values: Float64Array) => void): MeanNLL {
  const block = new Float64Array(Math.min(rows, BLOCK_ROWS))
  let [mean, squares] = [0, 0]
  for (let first = 0; first < rows; first += block.length) {
    const count = Math.min(block.length, rows - first)
    fill(first, count, block)
    let sum = 0
    for (let i = 0; i < count; i++) sum += block[i]
    const own = sum / count
    let ownSquares = 0
    for (let i = 0; i < count; i++) ownSquares += (block[i] - own) * (block[i] - own)
    // Chan, Golub & LeVeque 1983, (2.1): the mean of both, and the squares about it.
    const difference = own - mean
    mean += (difference * count) / (first + count)
    squares += ownSquares + (difference * difference * first * count) / (first + count)
  }
  if (!Number.isFinite(mean)) return { mean: null, standardError: null, rows }
  return { mean, standardError: rows > 1 ? Math.sqrt(squares / (rows - 1) / rows) : null, rows }
}

/** The mean of −ln p over all rows, or those `chosen`. */
export function meanNLL(logProb: Float32Array | Float64Array, chosen?: Int32Array): MeanNLL {
  return meanOf(chosen?.length ?? logProb.length, (first, count, values) => {
    for (let i = 0; i < count; i++) values[i] = -logProb[chosen ? chosen[first + i] : first + i]
  })
}

/** The same mean in units in which ln p is larger by `shift`. */
export function shifted({ mean, ...rest }: MeanNLL, shift: number): MeanNLL {
  return { mean: mean === null ? null : mean - shift, ...rest }
}

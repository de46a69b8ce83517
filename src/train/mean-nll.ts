/** A mean negative log-likelihood, or a mean difference of two, in nats a row. */
export interface MeanNLL {
  /** null where a row lies so far out that the density there is 0. */
  readonly mean: number | null
  /** Of the mean, from the spread over the rows; null for a single row or where the mean is. */
  readonly standardError: number | null
  readonly rows: number
}

/** The mean of −ln p and its standard error, sums in float64. */
export function meanNLL(logProb: ArrayLike<number>): MeanNLL {
  return meanOf(logProb.length, (i) => -logProb[i])
}

/** The mean of ln p_true − ln p_model over the same rows: how many nats the model loses. */
export function meanExcess(model: ArrayLike<number>, truth: ArrayLike<number>): MeanNLL {
  return meanOf(model.length, (i) => truth[i] - model[i])
}

/** The same mean in units in which ln p is larger by `shift`. */
export function shifted({ mean, ...rest }: MeanNLL, shift: number): MeanNLL {
  return { mean: mean === null ? null : mean - shift, ...rest }
}

function meanOf(rows: number, value: (row: number) => number): MeanNLL {
  let sum = 0
  for (let i = 0; i < rows; i++) sum += value(i)
  const mean = sum / rows
  if (!Number.isFinite(mean)) return { mean: null, standardError: null, rows }
  let squares = 0
  for (let i = 0; i < rows; i++) squares += (value(i) - mean) * (value(i) - mean)
  return { mean, standardError: rows > 1 ? Math.sqrt(squares / (rows - 1) / rows) : null, rows }
}

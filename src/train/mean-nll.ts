/** A mean negative log-likelihood, or a mean difference of two, in nats a row. */
export interface MeanNLL {
  /** null where a row lies so far out that the density there is 0, and without rows. */
  readonly mean: number | null
  /** Of the mean, from the spread over the rows; null for a single row or where the mean is. */
  readonly standardError: number | null
  readonly rows: number
}

/**
 * The mean of values that come in blocks and its standard error, sums in float64. With weights w, those of values drawn
 * alike and each counted w times as much:
 *
 *   m = Σ w x / Σ w,   SE² = n/(n − 1) · Σ w² (x − m)² / (Σ w)²,   n how many w are above 0,
 *
 * which for equal weights is Σ (x − m)² / (n (n − 1)).
 * Sources: Cochran, Sampling Techniques, 1977, (6.13), a ratio of two means; Chan, Golub & LeVeque 1983, (2.1), for the sums
 * of two sets about the mean of both.
 */
export class RunningMean {
  #rows = 0
  /** How many have a weight above 0. */
  #counted = 0
  #mean = 0
  /** Σ w, Σ w², Σ w² (x − m) and Σ w² (x − m)². */
  #weight = 0
  #weights2 = 0
  #first2 = 0
  #second2 = 0

  add(values: Float32Array | Float64Array, weights?: Float64Array): void {
    let [weight, sum] = [0, 0]
    for (let i = 0; i < values.length; i++) {
      const w = weights ? weights[i] : 1
      this.#rows++
      // Nothing times infinity is no number.
      if (w === 0) continue
      this.#counted++
      weight += w
      sum += w * values[i]
    }
    if (weight === 0) return
    const own = sum / weight
    const before = this.#mean
    this.#weight += weight
    this.#mean += ((own - before) * weight) / this.#weight
    const shift = before - this.#mean
    this.#second2 += shift * (2 * this.#first2 + shift * this.#weights2)
    this.#first2 += shift * this.#weights2
    for (let i = 0; i < values.length; i++) {
      const w = weights ? weights[i] : 1
      if (w === 0) continue
      const d = values[i] - this.#mean
      this.#weights2 += w * w
      this.#first2 += w * w * d
      this.#second2 += w * w * d * d
    }
  }

  end(): MeanNLL {
    const rows = this.#rows
    const n = this.#counted
    if (n === 0 || !Number.isFinite(this.#mean)) return { mean: null, standardError: null, rows }
    const standardError = n > 1 ? Math.sqrt((n / (n - 1)) * Math.max(0, this.#second2)) / this.#weight : null
    return { mean: this.#mean, standardError, rows }
  }
}

/** The same mean in units in which ln p is larger by `shift`. */
export function shifted({ mean, ...rest }: MeanNLL, shift: number): MeanNLL {
  return { mean: mean === null ? null : mean - shift, ...rest }
}

/** A difference counts from this many of its standard errors on. */
export const NOISE = 2
/** Student's t by its degrees of freedom, from 1: what a mean of so many values and one stays within by chance in 95 of 100 cases. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26]

/** The same where the error is from the spread over a few folds, and uncertain itself. */
export const noiseOfFolds = (folds: number): number => STUDENT[folds - 2] ?? NOISE

/** Nats below which a mean difference is rounding: a log-density is a float32, good to some 10⁻⁶, and is printed with four digits. */
export const ROUNDING = 5e-5

/** Whether a mean difference may well be chance or rounding: no further from 0 than so many standard errors, or without one. */
export function withinNoise({ mean, standardError }: MeanNLL, noise = NOISE): boolean {
  return mean !== null && !(standardError !== null && Math.abs(mean) > Math.max(ROUNDING, noise * standardError))
}

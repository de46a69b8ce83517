import { DataError, UsageError } from '../errors.js'
import { ln } from '../random/elementary.js'

/** A multivariate normal N(mean, L Lᵀ). */
export interface Gaussian {
  /** [dim]. */
  readonly mean: Float64Array
  /** L [dim, dim], lower triangular, row-major, zeros above the diagonal. */
  readonly cholesky: Float64Array
}

const LN_2PI = ln(2 * Math.PI)
/** A pivot below this share of its column's variance is rounding, not spread: 2^−52 with room for the sums' error. */
const SINGULAR = 2 ** -40

/**
 * The full-covariance normal of greatest likelihood: the mean and the population covariance (÷ n, or ÷ Σ w) of rows that
 * come in blocks. One pass in float64 about the mean of the first block, as ScalerFit.
 */
export class GaussianFit {
  readonly #dim: number
  readonly #centre: Float64Array
  readonly #deviation: Float64Array
  /** Σ d and the lower triangle of Σ d dᵀ, d = x − centre. */
  readonly #sum: Float64Array
  readonly #products: Float64Array
  #rows = 0
  #weight = 0

  constructor(dim: number) {
    this.#dim = dim
    this.#centre = new Float64Array(dim)
    this.#deviation = new Float64Array(dim)
    this.#sum = new Float64Array(dim)
    this.#products = new Float64Array(dim * dim)
  }

  /** Takes a block x [rows, dim], row-major, each row as often as its weight says. */
  add(x: Float32Array | Float64Array, weights?: Float64Array): void {
    const dim = this.#dim
    const rows = x.length / dim
    if (this.#rows === 0) for (let at = 0; at < x.length; at++) this.#centre[at % dim] += x[at] / rows
    this.#rows += rows
    const [d, products] = [this.#deviation, this.#products]
    for (let from = 0; from < x.length; from += dim) {
      const weight = weights ? weights[from / dim] : 1
      this.#weight += weight
      for (let j = 0; j < dim; j++) {
        d[j] = x[from + j] - this.#centre[j]
        this.#sum[j] += weight * d[j]
        for (let k = 0; k <= j; k++) products[j * dim + k] += weight * d[j] * d[k]
      }
    }
  }

  /**
   * @throws UsageError without rows; DataError where a column is constant or a linear combination of those before it,
   * for then the likelihood has no maximum.
   */
  end(): Gaussian {
    if (this.#rows === 0) throw new UsageError('A Gaussian cannot be fitted to no rows.')
    const dim = this.#dim
    const correction = this.#sum.map((sum) => sum / this.#weight)
    const covariance = this.#products.map(
      (product, at) => product / this.#weight - correction[Math.floor(at / dim)] * correction[at % dim],
    )
    return { mean: this.#centre.map((c, j) => c + correction[j]), cholesky: cholesky(covariance, dim) }
  }
}

/** L with L Lᵀ = the symmetric matrix whose lower triangle is given. Source: Golub and Van Loan, section 4.2. */
function cholesky(matrix: Float64Array, dim: number): Float64Array {
  const l = new Float64Array(dim * dim)
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * dim + j]
      for (let k = 0; k < j; k++) rest -= l[i * dim + k] * l[j * dim + k]
      if (j < i) {
        l[i * dim + j] = rest / l[j * dim + j]
        continue
      }
      if (!(rest > SINGULAR * matrix[i * dim + i])) {
        throw new DataError(
          `No Gaussian fits: column ${i} (counted from 0) is constant or a linear combination of the columns before it.`,
        )
      }
      l[i * dim + i] = Math.sqrt(rest)
    }
  }
  return l
}

/** u = L⁻¹(x − mean) of the rows of a block x [rows, dim]: uncorrelated, of unit variance. Returns the target. */
export function whitened(
  gaussian: Gaussian,
  x: Float32Array | Float64Array,
  target = new Float64Array(x.length),
): Float64Array {
  const dim = gaussian.mean.length
  const u = new Float64Array(dim)
  for (let from = 0; from < x.length; from += dim) {
    whiten(gaussian, x, from, u)
    target.set(u, from)
  }
  return target
}

/** Of the row that begins at `from`. */
function whiten({ mean, cholesky: l }: Gaussian, x: Float32Array | Float64Array, from: number, u: Float64Array): void {
  const dim = mean.length
  for (let j = 0; j < dim; j++) {
    let rest = x[from + j] - mean[j]
    for (let k = 0; k < j; k++) rest -= l[j * dim + k] * u[k]
    u[j] = rest / l[j * dim + j]
  }
}

/** Σ ln Lⱼⱼ = ½ ln det Σ. */
export function halfLogDet({ mean, cholesky }: Gaussian): number {
  const dim = mean.length
  let sum = 0
  for (let j = 0; j < dim; j++) sum += ln(cholesky[j * dim + j])
  return sum
}

/**
 * ln p of the rows of a block x [rows, dim] into `logProb`, in nats: −½‖u‖² − Σ ln Lⱼⱼ − ½ dim ln 2π with L u = x − mean.
 *
 * Throws UsageError where x is no whole number of rows.
 */
export function gaussianLogProb(gaussian: Gaussian, x: Float32Array | Float64Array, logProb: Float64Array): void {
  const dim = gaussian.mean.length
  if (x.length % dim !== 0) throw new UsageError(`${x.length} numbers are no rows of the Gaussian's ${dim} columns.`)
  const constant = -0.5 * dim * LN_2PI - halfLogDet(gaussian)
  const u = new Float64Array(dim)
  for (let from = 0; from < x.length; from += dim) {
    whiten(gaussian, x, from, u)
    let square = 0
    for (let j = 0; j < dim; j++) square += u[j] * u[j]
    logProb[from / dim] = constant - 0.5 * square
  }
}

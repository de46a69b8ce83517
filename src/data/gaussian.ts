import { DataError, UsageError } from '../errors.js'
import { ln } from '../random/elementary.js'
import type { Matrix } from './rows.js'

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
 * The full-covariance normal of greatest likelihood: the mean and the population covariance (÷ n) of x [rows, dim], or of
 * the rows `chosen`.
 *
 * Two passes in float64. Throws UsageError without rows, DataError where a column is constant or a linear combination
 * of those before it, for then the likelihood has no maximum.
 */
export function fitGaussian(matrix: Matrix, chosen?: Int32Array): Gaussian {
  const { data, columns } = matrix
  const rows = chosen?.length ?? matrix.rows
  if (rows === 0) throw new UsageError('A Gaussian cannot be fitted to no rows.')
  const mean = columnMeans(matrix, rows, chosen)
  const covariance = new Float64Array(columns * columns)
  const deviation = new Float64Array(columns)
  for (let i = 0; i < rows; i++) {
    const from = (chosen ? chosen[i] : i) * columns
    for (let j = 0; j < columns; j++) {
      deviation[j] = data[from + j] - mean[j]
      for (let k = 0; k <= j; k++) covariance[j * columns + k] += deviation[j] * deviation[k]
    }
  }
  for (let at = 0; at < covariance.length; at++) covariance[at] /= rows
  return { mean, cholesky: cholesky(covariance, columns) }
}

/** Means, corrected by the mean of the deviations from the first ones: exact to rounding for 1.7e9 ± 1 too. */
function columnMeans({ data, columns }: Matrix, rows: number, chosen: Int32Array | undefined): Float64Array {
  const mean = new Float64Array(columns)
  for (let pass = 0; pass < 2; pass++) {
    const sums = new Float64Array(columns)
    for (let i = 0; i < rows; i++) {
      const from = (chosen ? chosen[i] : i) * columns
      for (let j = 0; j < columns; j++) sums[j] += data[from + j] - mean[j]
    }
    for (let j = 0; j < columns; j++) mean[j] += sums[j] / rows
  }
  return mean
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

/**
 * ln p of rows first … first + count of x [rows, dim], or of the rows `chosen`, into `logProb`, in nats:
 * −½‖u‖² − Σ ln Lⱼⱼ − ½ dim ln 2π with L u = x − mean.
 *
 * Throws UsageError where the columns differ in number.
 */
export function gaussianLogProb(
  { mean, cholesky: l }: Gaussian,
  { data, columns }: Matrix,
  chosen: Int32Array | undefined,
  first: number,
  count: number,
  logProb: Float64Array,
): void {
  const dim = mean.length
  if (columns !== dim) throw new UsageError(`The rows have ${columns} columns, but the Gaussian has ${dim}.`)
  let constant = -0.5 * dim * LN_2PI
  for (let j = 0; j < dim; j++) constant -= ln(l[j * dim + j])
  const u = new Float64Array(dim)
  for (let i = 0; i < count; i++) {
    const from = (chosen ? chosen[first + i] : first + i) * dim
    let square = 0
    for (let j = 0; j < dim; j++) {
      let rest = data[from + j] - mean[j]
      for (let k = 0; k < j; k++) rest -= l[j * dim + k] * u[k]
      u[j] = rest / l[j * dim + j]
      square += u[j] * u[j]
    }
    logProb[i] = constant - 0.5 * square
  }
}

import { ln } from '../random/elementary.js'

/** What takes the correlations out of columns, one after another. */
export interface Triangle {
  readonly mean: Float64Array
  /** Population standard deviations (÷ n); 1 of a constant column. */
  readonly sd: Float64Array
  /** W [dim, dim], lower triangular with a positive diagonal: W(u − mean) has covariance I. Where it was asked for. */
  readonly matrix?: Float64Array
  /** ln det of the correlations. */
  readonly logDet: number
}

/**
 * Below this share of its variance a pivot of the first pass is taken for this: what is left of a column is then brought
 * to about 1 by the second pass, to which no rounding of the first one matters. Columns are told apart to 1e-9 of their
 * sd so, where a single covariance in float64 ends at 1e-8.
 */
const LEAST_PIVOT = 1e-11
/** Of the second pass: a column with nothing left has no scale to bring it to. */
const LEAST_REST = 1e-22

/**
 * The inverse Cholesky factor of the covariance of u [rows, dim], in float64: by the covariance of the columns, scaled to
 * unit variance, and once more by that of the rows it has whitened, W ← L⁻¹W. Source: Fukaya et al., "Shifted Cholesky QR
 * for computing the QR factorization of ill-conditioned matrices", SIAM J. Sci. Comput. 42 (2020).
 */
export function fitTriangle(u: Float64Array, dim: number, correlations: boolean): Triangle {
  const { mean, sd } = moments(u, dim)
  if (!correlations) return { mean, sd, logDet: 0 }
  let matrix = new Float64Array(dim * dim)
  for (let j = 0; j < dim; j++) matrix[j * dim + j] = 1 / sd[j]
  for (const least of [LEAST_PIVOT, LEAST_REST]) {
    const { shift, covariance } = whitenedMoments(u, mean, matrix)
    const l = cholesky(covariance, dim, least)
    // W(u − m) has the mean `shift`: m moves by W⁻¹ of it.
    const moved = solved(matrix, dim, shift)
    for (let j = 0; j < dim; j++) mean[j] += moved[j]
    matrix = solvedMatrix(l, dim, matrix)
  }
  let logDet = 0
  for (let j = 0; j < dim; j++) logDet -= 2 * ln(matrix[j * dim + j] * sd[j])
  return { mean, sd, matrix, logDet }
}

function moments(u: Float64Array, dim: number): { mean: Float64Array; sd: Float64Array } {
  const rows = u.length / dim
  const [mean, sd] = [new Float64Array(dim), new Float64Array(dim)]
  for (let j = 0; j < dim; j++) {
    let sum = 0
    for (let at = j; at < u.length; at += dim) sum += u[at]
    mean[j] = sum / rows
    let squares = 0
    for (let at = j; at < u.length; at += dim) squares += (u[at] - mean[j]) * (u[at] - mean[j])
    sd[j] = Math.sqrt(squares / rows) || 1
  }
  return { mean, sd }
}

/** The mean of w = W(u − m), and its covariance (lower triangle). */
function whitenedMoments(u: Float64Array, mean: Float64Array, matrix: Float64Array) {
  const dim = mean.length
  const rows = u.length / dim
  const [w, shift, covariance] = [new Float64Array(dim), new Float64Array(dim), new Float64Array(dim * dim)]
  const d = new Float64Array(dim)
  for (let from = 0; from < u.length; from += dim) {
    for (let j = 0; j < dim; j++) d[j] = u[from + j] - mean[j]
    for (let j = 0; j < dim; j++) {
      let sum = 0
      for (let k = 0, at = j * dim; k <= j; k++, at++) sum += matrix[at] * d[k]
      w[j] = sum
      shift[j] += sum
      for (let k = 0, at = j * dim; k <= j; k++, at++) covariance[at] += sum * w[k]
    }
  }
  for (let j = 0; j < dim; j++) {
    shift[j] /= rows
    for (let k = 0; k <= j; k++) covariance[j * dim + k] = covariance[j * dim + k] / rows - shift[j] * shift[k]
  }
  return { shift, covariance }
}

/** L with L Lᵀ = the matrix whose lower triangle is given, pivots not below `least` of the diagonal or, that 0, `least`. */
function cholesky(matrix: Float64Array, dim: number, least: number): Float64Array {
  const l = new Float64Array(dim * dim)
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * dim + j]
      for (let k = 0; k < j; k++) rest -= l[i * dim + k] * l[j * dim + k]
      if (j < i) l[i * dim + j] = rest / l[j * dim + j]
      else l[i * dim + i] = Math.sqrt(Math.max(rest, least * matrix[i * dim + i], LEAST_REST))
    }
  }
  return l
}

/** L⁻¹b. */
function solved(l: Float64Array, dim: number, b: Float64Array): Float64Array {
  const x = new Float64Array(dim)
  for (let j = 0; j < dim; j++) {
    let rest = b[j]
    for (let k = 0; k < j; k++) rest -= l[j * dim + k] * x[k]
    x[j] = rest / l[j * dim + j]
  }
  return x
}

/** L⁻¹B, both lower triangular. */
function solvedMatrix(l: Float64Array, dim: number, b: Float64Array): Float64Array<ArrayBuffer> {
  const x = new Float64Array(dim * dim)
  for (let j = 0; j < dim; j++) {
    for (let c = 0; c <= j; c++) {
      let rest = b[j * dim + c]
      for (let k = c; k < j; k++) rest -= l[j * dim + k] * x[k * dim + c]
      x[j * dim + c] = rest / l[j * dim + j]
    }
  }
  return x
}

import { ln } from '../random/elementary.js'
import { fitTriangle } from './fit-triangle.js'

/** z = W(u − m). */
export interface Whitening {
  /** m [dim]. */
  readonly mean: Float64Array
  /** W [dim, dim], row-major, lower triangular, positive on the diagonal; or its diagonal [dim] where there is no more. */
  readonly matrix: Float64Array
}

/** z = W(u − m) in place of the first dim numbers of a row. */
export function whiten({ mean, matrix }: Whitening, row: Float64Array): void {
  const dim = mean.length
  for (let j = 0; j < dim; j++) row[j] -= mean[j]
  if (matrix.length === dim) {
    for (let j = 0; j < dim; j++) row[j] *= matrix[j]
    return
  }
  // From the last one on: each takes those before it.
  for (let j = dim - 1; j >= 0; j--) {
    let sum = 0
    for (let k = 0, at = j * dim; k <= j; k++, at++) sum += matrix[at] * row[k]
    row[j] = sum
  }
}

/** u = W⁻¹z + m in place, by forward substitution: (u − m)ⱼ = (zⱼ − Σ_{k<j} Wⱼₖ(u − m)ₖ)/Wⱼⱼ. */
export function unwhiten({ mean, matrix }: Whitening, row: Float64Array): void {
  const dim = mean.length
  const diagonal = matrix.length === dim
  for (let j = 0; j < dim; j++) {
    let rest = row[j]
    if (!diagonal) for (let k = 0, at = j * dim; k < j; k++, at++) rest -= matrix[at] * row[k]
    row[j] = rest / matrix[diagonal ? j : j * dim + j]
  }
  for (let j = 0; j < dim; j++) row[j] += mean[j]
}

/** Wᵀr in place. */
export function transposeTimes({ mean, matrix }: Whitening, row: Float64Array): void {
  const dim = mean.length
  const diagonal = matrix.length === dim
  for (let j = 0; j < dim; j++) {
    let sum = 0
    if (diagonal) sum = matrix[j] * row[j]
    else for (let k = j; k < dim; k++) sum += matrix[k * dim + j] * row[k]
    row[j] = sum
  }
}

/** Σ ln Wⱼⱼ. */
export function logDiagonal({ mean, matrix }: Whitening): number {
  const dim = mean.length
  let sum = 0
  for (let j = 0; j < dim; j++) sum += ln(matrix[matrix.length === dim ? j : j * dim + j])
  return sum
}

/**
 * Standard deviations by which the statistic must exceed what independent columns give, and nats a row that taking the
 * correlations out must bring: below them the columns stay as they are, each along its own axis. A checkerboard has
 * r = 0.2, which is 0.02 nats and no reason to shear it; the 0.05 are r = 0.31 of two columns.
 */
const SIGNIFICANT = { deviations: 6, nats: 0.05 }

/**
 * The whitening of rows u [rows, dim]: z has mean 0 and unit variances, and no correlations where those are taken out.
 *
 * 'auto' takes them out where they are significant and worth it: with R the matrix of correlations, −(n − 1 − (2d + 5)/6) ln det R has
 * for independent normal columns about the mean d(d − 1)/2 and twice that as variance. Source: Bartlett, JRSS B 16 (1954).
 */
export function fitWhitening(u: Float64Array, dim: number, decorrelate: boolean | 'auto'): Whitening {
  const rows = u.length / dim
  const { mean, sd, matrix, logDet } = fitTriangle(u, dim, decorrelate !== false && rows > 2 * dim)
  const pairs = (dim * (dim - 1)) / 2
  const statistic = -(rows - 1 - (2 * dim + 5) / 6) * logDet
  const significant =
    statistic > pairs + SIGNIFICANT.deviations * Math.sqrt(2 * pairs) && -0.5 * logDet > SIGNIFICANT.nats
  if (matrix && (decorrelate === true || significant)) return { mean, matrix }
  return { mean, matrix: sd.map((s) => 1 / s) }
}

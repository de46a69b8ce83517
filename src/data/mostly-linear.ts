import type { Matrix } from './rows.js'

/** Numbers that the search may multiply for one column; rows are left out where there are more. */
const MOST_PRODUCTS = 5e7
const STEPS = 25
/** A residual below this share of the column's sd is rounding. */
const EXACT = 1e-8
/** Share of the rows in which the column must be what others say, and of those the value that comes most. */
const SHARE = { least: 0.5, ofOneValue: 0.5 }
/** Different values of the column in such rows, at least: zeros that meet zeros are no sum. */
const LEAST_VALUES = 10
const LEAST_COEFFICIENT = 1e-6

/**
 * Whether column j of rows scaled to unit variance is in more than half of them a linear function of the others: by
 * least absolute residuals, which a part of the rows cannot move as long as the others agree exactly, through weighted
 * least squares with weights 1/|residual|. Source: Schlossmacher, JASA 68 (1973).
 */
export function mostlyLinear({ data, rows, columns }: Matrix, j: number): { of: number[]; share: number } | undefined {
  const step = Math.max(1, Math.ceil((rows * columns * columns * STEPS) / MOST_PRODUCTS))
  const count = Math.floor(rows / step)
  if (count < 10 * columns) return undefined
  // Each row: a 1 for the constant, the other columns, column j.
  const order = [...Array(columns).keys()].filter((k) => k !== j).concat(j)
  const width = columns + 1
  const x = new Float64Array(count * width)
  for (let i = 0; i < count; i++) {
    x[i * width] = 1
    for (let k = 0; k < columns; k++) x[i * width + k + 1] = data[i * step * columns + order[k]]
  }
  const residuals = new Float64Array(count)
  const weights = new Float64Array(count).fill(1)
  let coefficients = new Float64Array(columns)
  for (let s = 0; s < STEPS; s++) {
    coefficients = weightedLeastSquares(x, width, weights)
    for (let i = 0; i < count; i++) {
      let rest = x[i * width + columns]
      for (let k = 0; k < columns; k++) rest -= coefficients[k] * x[i * width + k]
      residuals[i] = rest
      weights[i] = 1 / Math.max(Math.abs(rest), 10 ** Math.max(-9, -1 - s))
    }
  }
  const values = x.filter((_, at) => at % width === columns).filter((_, i) => Math.abs(residuals[i]) < EXACT)
  const of = [...coefficients.keys()].slice(1).filter((k) => Math.abs(coefficients[k]) > LEAST_COEFFICIENT)
  const share = values.length / count
  if (share <= SHARE.least || of.length === 0 || !areVaried(values.sort())) return undefined
  return { of: of.map((k) => order[k - 1]), share }
}

function areVaried(sorted: Float64Array): boolean {
  let [values, run, longest] = [1, 1, 1]
  for (let i = 1; i < sorted.length; i++) {
    const same = sorted[i] === sorted[i - 1]
    if (!same) values++
    run = same ? run + 1 : 1
    longest = Math.max(longest, run)
  }
  return values >= LEAST_VALUES && longest <= SHARE.ofOneValue * sorted.length
}

/** Keeps columns that say the same from dividing by nothing: among unit variances far below what an exact fit needs. */
const RIDGE = 1e-13

/** The coefficients of the last column by the others: (XᵀDX)⁻¹XᵀDy, by elimination, D the weights. */
function weightedLeastSquares(x: Float64Array, width: number, weights: Float64Array): Float64Array<ArrayBuffer> {
  const n = width - 1
  const sums = new Float64Array(n * width)
  for (let i = 0, at = 0; i < weights.length; i++, at += width) {
    for (let k = 0; k < n; k++) {
      const weighted = weights[i] * x[at + k]
      for (let c = k; c < width; c++) sums[k * width + c] += weighted * x[at + c]
    }
  }
  // Upwards of the diagonal alone: what is below follows from symmetry.
  for (let k = 0; k < n; k++) {
    const pivot = sums[k * width + k] * (1 + RIDGE) + Number.MIN_VALUE
    sums[k * width + k] = pivot
    for (let r = k + 1; r < n; r++) {
      const factor = sums[k * width + r] / pivot
      for (let c = r; c < width; c++) sums[r * width + c] -= factor * sums[k * width + c]
    }
  }
  const solution = new Float64Array(n)
  for (let k = n - 1; k >= 0; k--) {
    let rest = sums[k * width + n]
    for (let c = k + 1; c < n; c++) rest -= sums[k * width + c] * solution[c]
    solution[k] = rest / sums[k * width + k]
  }
  return solution
}

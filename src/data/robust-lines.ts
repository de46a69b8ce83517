import { DataError } from '../errors.js'
import { sortedColumn } from './row-sample.js'
import type { Matrix } from './rows.js'
import { constantColumn, type Scaler } from './scaler.js'

/** A column has long tails where a value lies further from the median than this, in robust standard deviations. */
export const LONG_TAIL = 10
/**
 * Moments are of rows all of whose values lie within LONG_TAIL, or of this share of the rows where those are fewer: one
 * huge value decides about no column's scale.
 */
const INNER_SHARE = 0.95

/** Shares of the rows between two quantiles as far apart as so many sd of a normal column, the middle ones first. */
const RANGES = [
  { low: 0.16, sds: 1.98892 },
  { low: 0.05, sds: 3.28971 },
  { low: 0.01, sds: 4.6527 },
  { low: 0.001, sds: 6.18046 },
]

/**
 * Median and quantile-based scale of each column: the range of the middle 68 % of the rows, or of more of them where that
 * is 0, or else the standard deviation. Neither moves for a few values far out.
 * @throws DataError for a constant column and one whose spread float64 cannot hold.
 */
export function robustLines(sample: Matrix, dim: number, title: (j: number) => string): Scaler {
  const { columns } = sample
  const lines = { mean: new Float64Array(columns), sd: new Float64Array(columns) }
  for (let j = 0; j < columns; j++) {
    const sorted = sortedColumn(sample, j)
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
    if (at(0) === at(1)) throw constantColumn(title(j), at(0), j < dim)
    lines.mean[j] = at(0.5)
    const ranges = RANGES.map(({ low, sds }) => (at(1 - low) - at(low)) / sds)
    const scale = ranges.find((range) => range > 0) ?? deviation(sorted)
    if (!(scale > 0 && scale < Infinity && 1 / scale < Infinity)) {
      throw new DataError(
        `${title(j)} cannot be scaled: its values lie too close or too far apart for float64; rescale it.`,
      )
    }
    lines.sd[j] = scale
  }
  return lines
}

function deviation(values: Float64Array): number {
  let mean = 0
  for (const value of values) mean += value / values.length
  let variance = 0
  for (const value of values) variance += ((value - mean) * (value - mean)) / values.length
  return Math.sqrt(variance)
}

/** The rows that moments are taken of, as they are. */
export function innerRows({ data, rows, columns }: Matrix, robust: Scaler): Matrix & { data: Float64Array } {
  const farthest = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      farthest[i] = Math.max(farthest[i], Math.abs((data[i * columns + j] - robust.mean[j]) / robust.sd[j]))
    }
  }
  const bound = Math.max(LONG_TAIL, farthest.toSorted()[Math.ceil(INNER_SHARE * rows) - 1])
  const kept = new Float64Array(data.length)
  let count = 0
  for (let i = 0; i < rows; i++) {
    if (farthest[i] > bound) continue
    kept.set(data.subarray(i * columns, (i + 1) * columns), count * columns)
    count++
  }
  return { data: kept.subarray(0, count * columns), rows: count, columns }
}

import type { Matrix } from '../data/rows.js'
import { evenly, type Interval, padded, quantile, sorted } from './interval.js'

/** Column `j` of the matrix, of all rows or of those given. */
export function column({ data, rows, columns }: Matrix, j: number, chosen?: Int32Array): Float64Array {
  if (chosen === undefined) return Float64Array.from({ length: rows }, (_, i) => data[i * columns + j])
  return Float64Array.from(chosen, (row) => data[row * columns + j])
}

/** Share of a model's samples that may lie outside a picture: one straying far would shrink everything else. */
const STRAYING = 0.002
const PADDING = 0.05

/** What an axis has to hold: all of the data, and the samples but for a few that stray. */
export function commonDomain(data: Float64Array, samples: Float64Array): Interval {
  const given = sorted(data)
  const drawn = sorted(samples)
  const low = Math.min(...[given[0], quantile(drawn, STRAYING)].filter(Number.isFinite))
  const high = Math.max(...[given[given.length - 1], quantile(drawn, 1 - STRAYING)].filter(Number.isFinite))
  return Number.isFinite(low) && Number.isFinite(high) ? padded(low, high, PADDING) : [-1, 1]
}

/** Rows of the matrix with any of the columns outside its domain. */
export function countOutside(matrix: Matrix, domains: readonly Interval[]): number {
  let outside = 0
  for (let i = 0; i < matrix.rows; i++) {
    const within = ([low, high]: Interval, j: number) => {
      const value = matrix.data[i * matrix.columns + j]
      return value >= low && value <= high
    }
    if (!domains.every(within)) outside++
  }
  return outside
}

/** At most `most` rows, evenly spaced. */
export function thinRows(matrix: Matrix, most: number): Matrix {
  const { columns, data } = matrix
  const rows = evenly(matrix.rows, most)
  const kept = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    kept.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { data: kept, rows: rows.length, columns }
}

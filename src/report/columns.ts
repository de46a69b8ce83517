import { blockRowsOf, type RowBlock, type RowSource } from '../data/row-source.js'
import type { Matrix } from '../data/rows.js'
import { evenly, type Interval, padded, quantile, sorted } from './interval.js'
import { numberText } from './text.js'

/** Column `j` of the matrix. */
export function column({ data, rows, columns }: Matrix, j: number): Float64Array {
  const values = new Float64Array(rows)
  for (let i = 0; i < rows; i++) values[i] = data[i * columns + j]
  return values
}

/** Share of a model's samples that may lie outside a picture at either end. */
const STRAYING = 0.002
/** How far samples may widen a picture beyond the data at either end, as a share of the data's range. */
const WIDENING = 0.5
const PADDING = 0.05
/** The bulk of the data lies between the quantiles of this share at either end … */
const TAIL = 0.01
/** … and what lies no farther from it than this share of its range belongs to it: with a normal column all but 3 rows of a million. */
const REACH = 0.5

/** What an axis has to hold: the bulk of the data, and the samples but for those that would shrink everything else. */
export function commonDomain(data: Float64Array, samples: Float64Array): Interval {
  const given = sorted(data)
  const drawn = sorted(samples)
  if (given.length === 0) return [-1, 1]
  const [low, high] = bulk(given)
  if (drawn.length === 0) return padded(low, high, PADDING)
  const room = WIDENING * (high - low)
  return padded(
    Math.min(low, Math.max(low - room, quantile(drawn, STRAYING))),
    Math.max(high, Math.min(high + room, quantile(drawn, 1 - STRAYING))),
    PADDING,
  )
}

/** All of the sorted values but those so far from most that an axis with them would show nothing of the rest. */
function bulk(ascending: Float64Array): Interval {
  const [low, high] = [ascending[0], ascending[ascending.length - 1]]
  // Of few values the outermost one or two would pull an interpolated quantile with them.
  const inward = Math.ceil(TAIL * (ascending.length - 1))
  const [from, to] = [ascending[inward], ascending[ascending.length - 1 - inward]]
  // Where most values are equal there is no range to go by.
  if (!(to > from)) return [low, high]
  const reach = REACH * (to - from)
  return [Math.max(low, from - reach), Math.min(high, to + reach)]
}

/** Rows of the matrix with any of the columns outside its domain; what is missing, NaN, is not. */
export function countOutside(matrix: Matrix, domains: readonly Interval[]): number {
  let outside = 0
  for (let i = 0; i < matrix.rows; i++) {
    const within = ([low, high]: Interval, j: number) => {
      const value = matrix.data[i * matrix.columns + j]
      return !(value < low || value > high)
    }
    if (!domains.every(within)) outside++
  }
  return outside
}

/** " 0.4 % of the data and 1.2 % of the samples lie outside." of a picture that has these domains; '' where none do. */
export function outsideText(data: Matrix, samples: Matrix, domains: readonly Interval[]): string {
  const parts = [
    { rows: countOutside(data, domains), of: data.rows, what: 'data' },
    { rows: countOutside(samples, domains), of: samples.rows, what: 'samples' },
  ].filter(({ rows }) => rows > 0)
  if (parts.length === 0) return ''
  const texts = parts.map(({ rows, of, what }) => `${numberText((100 * rows) / of, 2)} % of the ${what}`)
  return ` ${texts.join(' and ')} lie outside.`
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

/**
 * The same of rows that need not be in memory; where not all are taken, the row with the least and the one with the
 * greatest value of every column come behind them, so that the domains are those of all rows.
 */
export async function evenRows(source: RowSource, most: number): Promise<Matrix> {
  const { columns } = source
  const chosen = evenly(source.rows, most)
  const rows = chosen.length < source.rows ? chosen.length + 2 * columns : chosen.length
  const data = new Float64Array(rows * columns)
  const even = data.subarray(0, chosen.length * columns)
  const extremes = data.subarray(even.length).fill(NaN)
  let first = 0
  let next = 0
  for await (const block of source.blocks(blockRowsOf(columns))) {
    next = takeRows(block, first, chosen, next, even)
    if (extremes.length > 0) takeExtremes(block, columns, extremes)
    first += block.length / columns
  }
  return { data, rows, columns }
}

/** Takes the chosen rows, from number `next` of them on, that are in the block of rows from `first` on; the new `next`. */
function takeRows(block: RowBlock, first: number, chosen: Int32Array, next: number, taken: Float64Array): number {
  const columns = taken.length / chosen.length
  const end = first + block.length / columns
  let at = next
  for (; at < chosen.length && chosen[at] < end; at++) {
    for (let j = 0; j < columns; j++) taken[at * columns + j] = block[(chosen[at] - first) * columns + j]
  }
  return at
}

/** `extremes` [2 · columns, columns]: row j has the least value of column j so far, row columns + j the greatest. */
function takeExtremes(block: RowBlock, columns: number, extremes: Float64Array): void {
  for (let from = 0; from < block.length; from += columns) {
    for (let j = 0; j < columns; j++) {
      const value = block[from + j]
      const least = j * columns
      const greatest = least + columns * columns
      // Nothing is less or greater than NaN: the first row is both.
      if (!(value >= extremes[least + j])) extremes.set(block.subarray(from, from + columns), least)
      if (!(value <= extremes[greatest + j])) extremes.set(block.subarray(from, from + columns), greatest)
    }
  }
}

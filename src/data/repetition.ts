import type { Matrix } from './rows.js'

/** What lets a density grow without bound: the more weight on one point or value, the higher it may pile up there. */
export interface Repetition {
  /** Rows that equal an earlier one. */
  readonly duplicateRows: number
  /** Columns of few values, each of them taken by many rows. */
  readonly discreteColumns: readonly { readonly column: number; readonly values: number }[]
}

/** A column is discrete where a value is shared by this many rows on average. */
const ROWS_PER_VALUE = 5
/** Places of the hash table for each row, at least; open addressing stays short below one half. */
const SLACK = 2
const MULTIPLIER = 0x9e3779b1
const EMPTY = -1

/** Counts rows that come twice and finds columns of few values, in time and memory linear in the rows. */
export function findRepetition(matrix: Matrix): Repetition {
  const { rows, columns } = matrix
  let capacity = 16
  while (capacity < rows * SLACK) capacity *= 2
  const table = new Int32Array(capacity)
  const discreteColumns = Array.from({ length: columns }, (_, column) => ({
    column,
    values: countDistinct(matrix, column, column + 1, table),
  })).filter(({ values }) => values * ROWS_PER_VALUE <= rows)
  return { duplicateRows: rows - countDistinct(matrix, 0, columns, table), discreteColumns }
}

/** How many different rows there are in columns first … end − 1; −0 equals 0. `seen` is a hash table to work in. */
function countDistinct({ data, rows, columns }: Matrix, first: number, end: number, seen: Int32Array): number {
  const capacity = seen.fill(EMPTY).length
  const number = new Float64Array(1)
  const words = new Uint32Array(number.buffer)
  let distinct = 0

  function hashOf(row: number): number {
    let hash = 0
    for (let j = first; j < end; j++) {
      // + 0 turns −0 into 0.
      number[0] = data[row * columns + j] + 0
      hash = Math.imul(hash ^ words[0], MULTIPLIER)
      hash = Math.imul(hash ^ (hash >>> 15) ^ words[1], MULTIPLIER)
    }
    return (hash ^ (hash >>> 16)) >>> 0
  }
  function equal(a: number, b: number): boolean {
    for (let j = first; j < end; j++) if (data[a * columns + j] !== data[b * columns + j]) return false
    return true
  }
  for (let row = 0; row < rows; row++) {
    let place = hashOf(row) & (capacity - 1)
    while (seen[place] !== EMPTY && !equal(seen[place], row)) place = (place + 1) & (capacity - 1)
    if (seen[place] !== EMPTY) continue
    seen[place] = row
    distinct++
  }
  return distinct
}

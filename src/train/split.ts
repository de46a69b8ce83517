import type { Matrix } from '../data/rows.js'
import { UsageError } from '../errors.js'
import { PURPOSE } from '../random/purposes.js'
import { permutation } from '../random/stream.js'

/** Row numbers for training and validation, each in ascending order. */
export interface Split {
  readonly training: Int32Array
  readonly validation: Int32Array
}

/** A copy in float64. */
export interface OwnedMatrix extends Matrix {
  readonly data: Float64Array<ArrayBuffer>
}

/**
 * Holds out round(rows · share) rows, at least one where share > 0, chosen by the seed.
 * @throws UsageError where fewer than 2 training rows would remain.
 */
export function splitRows(rows: number, share: number, seed: number): Split {
  const order = share > 0 ? permutation(rows, seed, PURPOSE.split, 0) : Int32Array.from({ length: rows }, (_, i) => i)
  const held = share > 0 ? Math.max(1, Math.round(rows * share)) : 0
  if (rows - held < 2) {
    throw new UsageError(
      `A validation share of ${share} leaves ${rows - held} of ${rows} rows to train on; expected 2 or more.`,
    )
  }
  return { training: order.slice(held).sort(), validation: order.slice(0, held).sort() }
}

/** Where `permutation` draws the test rows from: index 0 is fit's. */
const TEST_INDEX = 1

/**
 * Keeps round(rows · share) rows for a test, at least one where share > 0, chosen by the seed; `fit` gets the rest.
 * @throws UsageError where fewer than 2 rows would remain.
 */
export function splitOffTest(rows: number, share: number, seed: number): { rest: Int32Array; test: Int32Array } {
  if (share === 0) return { rest: Int32Array.from({ length: rows }, (_, i) => i), test: new Int32Array(0) }
  const order = permutation(rows, seed, PURPOSE.split, TEST_INDEX)
  const kept = Math.max(1, Math.round(rows * share))
  if (rows - kept < 2) {
    throw new UsageError(`A test share of ${share} leaves ${rows - kept} of ${rows} rows; expected 2 or more.`)
  }
  return { rest: order.slice(kept).sort(), test: order.slice(0, kept).sort() }
}

/** The rows of these numbers: the matrix itself where they are all of them. */
export function rowsOf(matrix: Matrix, rows: Int32Array): Matrix {
  return rows.length === matrix.rows ? matrix : takeRows(matrix, rows)
}

/** The rows of these numbers, in float64. */
export function takeRows({ data, columns }: Matrix, rows: Int32Array): OwnedMatrix {
  const taken = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    for (let j = 0; j < columns; j++) taken[i * columns + j] = data[row * columns + j]
  })
  return { data: taken, rows: rows.length, columns }
}

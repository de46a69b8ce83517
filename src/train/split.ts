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

/** All rows of a matrix, or the `chosen` ones in that order, without a copy of them. */
export interface Part {
  readonly matrix: Matrix
  readonly chosen?: Int32Array
}

export function countOf({ matrix, chosen }: Part): number {
  return chosen?.length ?? matrix.rows
}

/** Copies rows first … first + count of a part into the beginning of `target`, and returns them as a matrix. */
export function copyRows({ matrix, chosen }: Part, first: number, count: number, target: Float64Array): Matrix {
  const { data, columns } = matrix
  for (let i = 0; i < count; i++) {
    const from = (chosen ? chosen[first + i] : first + i) * columns
    for (let j = 0; j < columns; j++) target[i * columns + j] = data[from + j]
  }
  return { data: target.subarray(0, count * columns), rows: count, columns }
}

/** The rows of these numbers, in float64. */
export function takeRows(matrix: Matrix, chosen: Int32Array): OwnedMatrix {
  const { columns } = matrix
  const data = new Float64Array(chosen.length * columns)
  copyRows({ matrix, chosen }, 0, chosen.length, data)
  return { data, rows: chosen.length, columns }
}

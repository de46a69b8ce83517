import { RowSet } from '../data/row-set.js'
import { UsageError } from '../errors.js'
import { echo } from '../options.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'

/** Rows for training and for validation; together all there are. */
export interface Split {
  readonly training: RowSet
  readonly validation: RowSet
}

/** Which rows are drawn under PURPOSE.split. */
const INDEX = { validation: 0, test: 1, folds: 2 }

/** One of `of` equal parts of the rows, as a value: part `index`, from 0. */
export interface Fold {
  readonly type: 'fold'
  readonly index: number
  readonly of: number
}

/**
 * Holds out part `index` of `of` in place of a share: with the same seed, every row is in one of the parts.
 * @throws UsageError where there is no such part.
 */
export function fold(index: number, of: number): Fold {
  if (!Number.isSafeInteger(of) || of < 2 || !Number.isSafeInteger(index) || index < 0 || index >= of) {
    throw new UsageError(`fold is given ${echo(index)} of ${echo(of)}; expected a part from 0 to below 2 or more.`)
  }
  return { type: 'fold', index, of }
}

/** What a fit may be told of the rows that it holds out. */
export type Validation = number | Fold

/** @throws UsageError for what is neither a share nor a fold. */
export function checkValidation(value: unknown): Validation {
  if (typeof value === 'number' && value >= 0 && value < 1) return value
  const { type, index, of } = { ...(value as Fold | undefined) }
  if (type === 'fold') return fold(index as number, of as number)
  throw new UsageError(
    `validation is ${echo(value)}; expected a share of the rows from 0 to below 1, or fold(index, of).`,
  )
}

/**
 * How many rows that holds out: round(rows · share), at least one where the share is above 0, or those of the fold.
 * @throws UsageError where fewer than 2 training rows would remain.
 */
export function validationRowsOf(rows: number, validation: Validation): number {
  const held = typeof validation === 'number' ? heldOut(rows, validation) : rowsOfFold(rows, validation)
  if (rows - held >= 2) return held
  const what = typeof validation === 'number' ? `share of ${validation}` : `fold of ${validation.of}`
  throw new UsageError(`A validation ${what} leaves ${rows - held} of ${rows} rows to train on; expected 2 or more.`)
}

/**
 * Holds rows out, chosen by the seed: round(rows · share), at least one where the share is above 0, or a fold.
 * @throws UsageError where fewer than 2 training rows would remain.
 */
export function splitRows(rows: number, validation: Validation, seed: number): Split {
  const held = validationRowsOf(rows, validation)
  if (typeof validation === 'number') {
    const set = RowSet.draw(rows, held, seed, PURPOSE.split, INDEX.validation)
    return { training: set.complement(), validation: set }
  }
  const order = new Int32Array(rows)
  permutationInto(order, seed, PURPOSE.split, INDEX.folds)
  const set = RowSet.of(
    order.filter((_, place) => place % validation.of === validation.index),
    rows,
  )
  return { training: set.complement(), validation: set }
}

const rowsOfFold = (rows: number, { index, of }: Fold): number => Math.ceil((rows - index) / of)

/**
 * Keeps round(rows · share) rows for a test, at least one where share > 0, chosen by the seed; `fit` gets the rest.
 * @throws UsageError where fewer than 2 rows would remain.
 */
export function splitOffTest(rows: number, share: number, seed: number): { rest: RowSet; test: RowSet } {
  const kept = heldOut(rows, share)
  if (rows - kept < 2) {
    throw new UsageError(`A test share of ${share} leaves ${rows - kept} of ${rows} rows; expected 2 or more.`)
  }
  const test = RowSet.draw(rows, kept, seed, PURPOSE.split, INDEX.test)
  return { rest: test.complement(), test }
}

function heldOut(rows: number, share: number): number {
  return share > 0 ? Math.max(1, Math.round(rows * share)) : 0
}

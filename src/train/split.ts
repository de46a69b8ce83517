import { RowSet } from '../data/row-set.js'
import { UsageError } from '../errors.js'
import { PURPOSE } from '../random/purposes.js'

/** Rows for training and for validation; together all there are. */
export interface Split {
  readonly training: RowSet
  readonly validation: RowSet
}

/** Which rows are drawn under PURPOSE.split. */
const INDEX = { validation: 0, test: 1 }

/**
 * How many rows are held out: round(rows · share), at least one where share > 0.
 * @throws UsageError where fewer than 2 training rows would remain.
 */
export function validationRowsOf(rows: number, share: number): number {
  const held = heldOut(rows, share)
  if (rows - held < 2) {
    throw new UsageError(
      `A validation share of ${share} leaves ${rows - held} of ${rows} rows to train on; expected 2 or more.`,
    )
  }
  return held
}

/** Holds out so many rows, chosen by the seed. */
export function splitRows(rows: number, held: number, seed: number): Split {
  const validation = RowSet.draw(rows, held, seed, PURPOSE.split, INDEX.validation)
  return { training: validation.complement(), validation }
}

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

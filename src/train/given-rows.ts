import { chosenColumns, placesFrom, sideBySide } from '../data/row-columns.js'
import { evenRows } from '../data/row-sample.js'
import type { RowSet } from '../data/row-set.js'
import { isSource, type RowSource, toSource } from '../data/row-source.js'
import type { Matrix, Rows } from '../data/rows.js'
import { DataError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'

/** Rows with what goes with each: as many rows of context, and a weight each. */
export interface GivenRows {
  readonly rows: Rows | RowSource
  /** What each row is given, for a flow with a context. */
  readonly context?: Rows | RowSource
  /** How much each row counts, ≥ 0: twice as much is as if it were there twice. Default 1 each. */
  readonly weights?: ArrayLike<number>
}

/**
 * Rows as a source of [dim + contextDim] columns, the context behind. For a flow with a context they are given with it,
 * or come from a source that has it behind them already.
 * @throws UsageError where a context is missing or there should be none, and for another shape; DataError as toSource.
 */
export function withContext(flow: Model, input: Rows | RowSource | GivenRows, what: string): RowSource {
  const { dim, contextDim } = flow
  const { rows, context } = isGiven(input) ? input : { rows: input, context: undefined }
  if (context !== undefined) {
    if (contextDim === 0) {
      throw new UsageError(
        `${what} has a context, but this flow has none: give the rows alone, or make the flow with { context: columns }.`,
      )
    }
    const points = toSource(rows, dim, what)
    const given = toSource(context, contextDim, `Context of ${what.toLowerCase()}`)
    if (points.rows === given.rows) return sideBySide(points, given)
    throw new UsageError(`${what} has ${points.rows} rows, its context ${given.rows}; expected as many.`)
  }
  if (contextDim === 0) return toSource(rows, dim, what)
  const columns = contextDim === 1 ? '1 column' : `${contextDim} columns`
  if (!isSource(rows) || rows.columns !== dim + contextDim) {
    throw new UsageError(
      `This flow is conditioned on ${columns}: give { rows, context }, or a source of ${dim + contextDim} columns, the context last.`,
    )
  }
  return toSource(rows, dim + contextDim, what)
}

function isGiven(input: Rows | RowSource | GivenRows): input is GivenRows {
  return typeof input === 'object' && input !== null && ('context' in input || 'weights' in input) && 'rows' in input
}

/**
 * The weights of rows, where they have some.
 * @throws UsageError for another number of them; DataError for one that is negative or not finite.
 */
export function weightsOf(input: Rows | RowSource | GivenRows, rows: number, what: string): Float64Array | undefined {
  if (!isGiven(input) || input.weights === undefined) return undefined
  const weights = Float64Array.from(input.weights)
  if (weights.length !== rows) {
    throw new UsageError(`${what} has ${rows} rows, but ${weights.length} weights; expected as many.`)
  }
  const row = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
  if (row >= 0) {
    throw new DataError(`The weight of row ${row} (counted from 0) is ${weights[row]}; expected a finite number ≥ 0.`)
  }
  return weights
}

/** The weights of the rows in a set, in their order. */
export function weightsIn(weights: Float64Array | undefined, rows: RowSet): Float64Array | undefined {
  if (!weights) return undefined
  const chosen = new Float64Array(rows.size)
  let at = 0
  for (const row of rows) chosen[at++] = weights[row]
  return chosen
}

/** The context of `count` evenly spaced rows, by their weights, [count, contextDim], of a source that has it behind its columns. */
export async function contextsOf(
  { dim, contextDim }: Model,
  source: RowSource,
  count: number,
  weights?: Float64Array,
): Promise<Matrix> {
  return evenRows(chosenColumns(source, placesFrom(dim, dim + contextDim)), count, weights)
}

/** Rows that are judged together, and the weight of each where they have some. */
export interface Part {
  readonly rows: RowSource
  readonly weights?: Float64Array
}

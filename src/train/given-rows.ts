import { chosenColumns, placesFrom, sideBySide } from '../data/row-columns.js'
import { evenRows } from '../data/row-sample.js'
import { isSource, type RowSource, toSource } from '../data/row-source.js'
import type { Matrix, Rows } from '../data/rows.js'
import { UsageError } from '../errors.js'
import type { Flow } from '../flow/flow.js'

/** Rows with what each is given: as many rows of context. */
export interface GivenRows {
  readonly rows: Rows | RowSource
  readonly context: Rows | RowSource
}

/**
 * Rows as a source of [dim + contextDim] columns, the context behind. For a flow with a context they are given with it,
 * or come from a source that has it behind them already.
 * @throws UsageError where a context is missing or there should be none, and for another shape; DataError as toSource.
 */
export function withContext(flow: Flow, input: Rows | RowSource | GivenRows, what: string): RowSource {
  const { dim, contextDim } = flow
  if (isGiven(input)) {
    if (contextDim === 0) {
      throw new UsageError(
        `${what} has a context, but this flow has none: give the rows alone, or make the flow with { context: columns }.`,
      )
    }
    const rows = toSource(input.rows, dim, what)
    const context = toSource(input.context, contextDim, `Context of ${what.toLowerCase()}`)
    if (rows.rows === context.rows) return sideBySide(rows, context)
    throw new UsageError(`${what} has ${rows.rows} rows, its context ${context.rows}; expected as many.`)
  }
  if (contextDim === 0) return toSource(input, dim, what)
  const columns = contextDim === 1 ? '1 column' : `${contextDim} columns`
  if (!isSource(input) || input.columns !== dim + contextDim) {
    throw new UsageError(
      `This flow is conditioned on ${columns}: give { rows, context }, or a source of ${dim + contextDim} columns, the context last.`,
    )
  }
  return toSource(input, dim + contextDim, what)
}

function isGiven(input: Rows | RowSource | GivenRows): input is GivenRows {
  return typeof input === 'object' && input !== null && 'context' in input
}

/** The context of `count` evenly spaced rows, [count, contextDim], of a source that has it behind its columns. */
export async function contextsOf({ dim, contextDim }: Flow, source: RowSource, count: number): Promise<Matrix> {
  return evenRows(chosenColumns(source, placesFrom(dim, dim + contextDim)), count)
}

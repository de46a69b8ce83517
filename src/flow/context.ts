import { type Matrix, type Rows, toMatrix } from '../data/rows.js'
import { rowsOutside, type Scaler, scalerPart } from '../data/scaler.js'
import { DataError, UsageError } from '../errors.js'

/** What a density p(x | c) is conditioned on: a row of c for every row of x, or one row, [contextDim], for all. */
export type Context = Rows | readonly number[]

/** The option of every call that evaluates a flow. */
export interface Given {
  /** Of a flow that has a context, and of no other. */
  context?: Context
}

/** What is asked of a flow's context. */
interface Conditioned {
  readonly dim: number
  readonly contextDim: number
}

/**
 * The context of so many rows: a row for each, or one for all.
 * @throws UsageError where a flow with a context is not told it, one without is, or it has another shape; DataError for
 *   NaN, and for ±∞ unless that is let through.
 */
export function readContext(
  { contextDim }: Conditioned,
  context: Context | undefined,
  rows: number,
  options: { infinite?: boolean } = {},
): Matrix | undefined {
  if (contextDim === 0) {
    if (context === undefined) return undefined
    throw new UsageError('This flow has no context: leave context out, or make the flow with { context: columns }.')
  }
  if (context === undefined) {
    throw new UsageError(`This flow is conditioned on ${columnsText(contextDim)}: give { context }.`)
  }
  const one = Array.isArray(context) && context.length > 0 && context.every((value) => typeof value === 'number')
  if (one && context.length !== contextDim) {
    throw new UsageError(
      `Context is one row of ${context.length} numbers, but this flow is conditioned on ${columnsText(contextDim)}; rows of it are a number[][], say.`,
    )
  }
  const matrix = toMatrix(
    one ? Float64Array.from(context as number[]) : (context as Rows),
    contextDim,
    'Context',
    options,
  )
  if (matrix.rows !== rows && matrix.rows !== 1) {
    throw new UsageError(`Context has ${matrix.rows} rows for ${rows} rows; expected as many, or one for all.`)
  }
  return matrix
}

function columnsText(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`
}

/**
 * The same for rows that are to be drawn, or to come from noise: there is nothing that those beyond the bound could be.
 * @throws UsageError, DataError as `readContext`, and DataError for a row beyond the bound.
 */
export function contextOfDraw(
  flow: Conditioned & { readonly scaler: Scaler },
  context: Context | undefined,
  rows: number,
): Matrix | undefined {
  const matrix = readContext(flow, context, rows)
  const [outside] = matrix ? rowsOutside(matrix, scalerPart(flow.scaler, flow.dim)) : []
  if (outside !== undefined) {
    const which = matrix?.rows === 1 ? 'The context' : `Context row ${outside} (counted from 0)`
    throw new DataError(
      `${which} lies over 10⁶ standard deviations away from what this flow was fitted to; give another.`,
    )
  }
  return matrix
}

/** Rows with their context behind, that are asked for a part at a time. */
export interface RowParts {
  readonly rows: number
  /** dim + contextDim */
  readonly columns: number
  /** All of them, where they lie side by side already. */
  readonly all?: Matrix['data']
  /** An array of the parts' type. */
  readonly like: Matrix['data']
  /** Rows first … first + count, row-major; until the next call. */
  part(first: number, count: number): Matrix['data']
}

/** Rows, each with its context behind it; joined as they are asked for, so that there is no second copy of them all. */
export function joined(x: Matrix, context?: Matrix): RowParts {
  if (!context) {
    const { data, rows, columns } = x
    return { rows, columns, all: data, like: data, part: (first, count) => partOf(x, first, count) }
  }
  const columns = x.columns + context.columns
  const single = x.data instanceof Float32Array && context.data instanceof Float32Array
  let room: Matrix['data'] = new Float64Array(0)
  function part(first: number, count: number): Matrix['data'] {
    if (room.length < count * columns) room = new (single ? Float32Array : Float64Array)(count * columns)
    const target = room.subarray(0, count * columns)
    putColumns(partOf(x, first, count), x.columns, target, columns, 0)
    putColumns(contextPart(context as Matrix, first, count), context?.columns ?? 0, target, columns, x.columns)
    return target
  }
  return { rows: x.rows, columns, like: single ? x.data : new Float64Array(0), part }
}

function partOf({ data, columns }: Matrix, first: number, count: number): Matrix['data'] {
  return data.subarray(first * columns, (first + count) * columns)
}

/** The context of rows first … first + count; one row where that holds for all. */
export function contextPart(context: Matrix, first: number, count: number): Matrix['data'] {
  return context.rows === 1 ? context.data : partOf(context, first, count)
}

/** Rows [rows, columns], or one row again and again, into columns `at` … of a wider target. */
function putColumns(source: Matrix['data'], columns: number, target: Matrix['data'], width: number, at: number): void {
  for (let to = at, from = 0; to < target.length; to += width, from = (from + columns) % source.length) {
    for (let j = 0; j < columns; j++) target[to + j] = source[from + j]
  }
}

import { fitPreprocessing, type Preprocessing } from '../data/fit-scaler.js'
import { sideBySide } from '../data/row-columns.js'
import { RowSet } from '../data/row-set.js'
import { blockRowsOf, chosenRows, isSource, type RowSource, toSource } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import type { Rows } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import type { WeighedRows } from '../data/weighed-rows.js'
import { UsageError } from '../errors.js'
import { type GivenRows, weightsIn, weightsOf } from '../train/given-rows.js'

const isGiven = (rows: Rows | RowSource | GivenRows): rows is GivenRows =>
  typeof rows === 'object' && rows !== null && 'rows' in rows && ('context' in rows || 'weights' in rows)

/** Rows with their context behind, how many of the columns are modelled, and how much each row counts. */
export interface AutoRows {
  readonly source: RowSource
  readonly dim: number
  readonly weights: Float64Array | undefined
}

/**
 * Reads rows, their context and their weights.
 * @throws UsageError where nothing tells how many columns there are, and for another number of weights; DataError for a weight
 *   that is none.
 */
export function readRows(input: Rows | RowSource | GivenRows, dim: number | undefined): AutoRows {
  const { source, ...rest } = readSource(input, dim)
  return { source, ...rest, weights: weightsOf(input, source.rows, 'Data') }
}

/** The rows with a weight above 0: the others are as if they were not there. */
export function countingRows({ source, dim, weights }: AutoRows): AutoRows {
  if (!weights?.includes(0)) return { source, dim, weights }
  const rows = RowSet.of(
    [...weights.keys()].filter((row) => weights[row] > 0),
    source.rows,
  )
  return { source: chosenRows(source, rows), dim, weights: weightsIn(weights, rows) }
}

function readSource(input: Rows | RowSource | GivenRows, dim: number | undefined): Omit<AutoRows, 'weights'> {
  const { rows, context } = isGiven(input) ? input : { rows: input, context: undefined }
  const columns = isSource(rows) ? rows.columns : (dim ?? columnsOf(rows))
  if (columns === undefined) throw new UsageError('auto got a flat array: say with dim how many columns it has.')
  const source = toSource(rows, columns, 'Data')
  if (context === undefined) return { source, dim: dim ?? columns }
  const given = isSource(context) ? context.columns : columnsOf(context)
  if (given === undefined) throw new UsageError('auto got a flat array as context: give it as rows.')
  return { source: sideBySide(source, toSource(context, given, 'Context')), dim: columns }
}

/** Of nested arrays and what has a shape. */
function columnsOf(rows: Rows): number | undefined {
  if (rows instanceof Float32Array || rows instanceof Float64Array) return undefined
  if ('shape' in rows) return rows.shape[1]
  return rows[0]?.length
}

/** Rows of a source, or all of them, as a flow's layers would see them. */
export type Mapped = (rows: RowSet | undefined) => Promise<WeighedRows>

/** Fits the preprocessing to some rows; what comes out maps rows as a flow's layers would see them, [rows, dim]. */
export async function preprocessor(
  { source, dim, weights }: AutoRows,
  training: RowSet | undefined,
  preprocessing: Preprocessing,
  columns: readonly string[] | undefined,
): Promise<Mapped> {
  const of = (rows: RowSet | undefined) => (rows ? chosenRows(source, rows) : source)
  const weighing = (rows: RowSet | undefined) => (rows ? weightsIn(weights, rows) : weights)
  const scaler = await fitPreprocessing(of(training), preprocessing, columns, dim, weighing(training))
  return (rows) => through(of(rows), weighing(rows), scaler, dim)
}

/** Those beyond the bound within which flows compute are left out, as `fit` does with rows held out. */
async function through(
  source: RowSource,
  weights: Float64Array | undefined,
  scaler: Scaler,
  dim: number,
): Promise<WeighedRows> {
  const { columns } = source
  const transform = new RowTransform(scaler, dim)
  const kept = new Float64Array(source.rows * dim)
  const keptWeights = new Float64Array(weights ? source.rows : 0)
  const mapped = new Float64Array(blockRowsOf(columns) * columns)
  let [row, at] = [0, 0]
  for await (const block of source.blocks(blockRowsOf(columns))) {
    const outside = new Set(transform.forward(block, mapped))
    for (let i = 0; i < block.length / columns; i++, row++) {
      if (outside.has(i)) continue
      if (weights) keptWeights[at] = weights[row]
      for (let j = 0; j < dim; j++) kept[at * dim + j] = mapped[i * columns + j]
      at++
    }
  }
  return { rows: kept.subarray(0, at * dim), ...(weights && { weights: keptWeights.subarray(0, at) }) }
}

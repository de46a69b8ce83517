import { fitPreprocessing, type Preprocessing } from '../data/fit-scaler.js'
import { sideBySide } from '../data/row-columns.js'
import type { RowSet } from '../data/row-set.js'
import { blockRowsOf, chosenRows, isSource, type RowSource, toSource } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import type { Rows } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import { UsageError } from '../errors.js'
import type { GivenRows } from '../train/given-rows.js'

const isGiven = (rows: Rows | RowSource | GivenRows): rows is GivenRows =>
  typeof rows === 'object' && rows !== null && 'rows' in rows && ('context' in rows || 'weights' in rows)

/**
 * The rows as a source, their context behind, and how many of its columns are modelled.
 * @throws UsageError where nothing tells how many columns there are.
 */
export function readRows(
  input: Rows | RowSource | GivenRows,
  dim: number | undefined,
): { source: RowSource; dim: number } {
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

/** Fits the preprocessing to some rows of a source; what comes out maps rows as a flow's layers would see them. */
export async function preprocessor(
  source: RowSource,
  training: RowSet | undefined,
  preprocessing: Preprocessing,
  dim: number,
  columns: readonly string[] | undefined,
): Promise<(rows: RowSet | undefined) => Promise<Float64Array>> {
  const of = (rows: RowSet | undefined) => (rows ? chosenRows(source, rows) : source)
  const scaler = await fitPreprocessing(of(training), preprocessing, columns, dim)
  return (rows) => through(of(rows), scaler, dim)
}

/** [rows, dim] */
async function through(source: RowSource, scaler: Scaler, dim: number): Promise<Float64Array> {
  const { columns } = source
  const transform = new RowTransform(scaler, dim)
  const kept = new Float64Array(source.rows * dim)
  const mapped = new Float64Array(blockRowsOf(columns) * columns)
  let at = 0
  for await (const block of source.blocks(blockRowsOf(columns))) {
    transform.forward(block, mapped)
    for (let from = 0; from < block.length; from += columns) {
      for (let j = 0; j < dim; j++) kept[at++] = mapped[from + j]
    }
  }
  return kept
}

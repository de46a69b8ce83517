import type { RowSource } from '../data/row-source.js'
import { type Rows, toMatrix } from '../data/rows.js'
import type { Support } from '../data/support.js'
import { encodedRows } from './encoded-rows.js'
import type { TableCodec } from './kinds.js'
import { RowCodec } from './table-codec.js'
import { tableValues } from './table-values.js'
import type { TypedTable } from './typed-table.js'

/** The rows of a table as a flow takes them. */
export interface EncodedTable {
  /**
   * [rows, columns], those that are given behind the others. Rows are left out with a missing cell in a column that has no gaps by
   * the codec; of one that has, a modelled cell is NaN where it is missing: `imputeMissing` draws one.
   */
  readonly rows: RowSource
  /** Their names: those of the table, age missing beside age where it has gaps, and species=Adelie of levels that are given. */
  readonly columns: readonly string[]
  /** How many are modelled. */
  readonly dim: number
  /** The values that each of these can have, for `preprocess({ supports })` and `auto`. */
  readonly supports: readonly Support[]
}

/**
 * The rows of a table as a source that `fit` and `auto` take, encoded as they are asked for: whole and rounded numbers spread
 * over their steps, categories and dates as numbers.
 * @throws DataError for a column that the table does not have, or a cell that its column cannot hold.
 */
export async function encodeRows(table: TypedTable, codec: TableCodec): Promise<EncodedTable> {
  const rows = new RowCodec(codec)
  const { names, dim, supports } = rows
  return { rows: encodedRows(rows, await tableValues(table, codec)), columns: names, dim, supports }
}

/**
 * Rows of a flow, [rows, columns] as `encodeRows` names them, as those of the table, an object each: numbers with its decimals,
 * levels and dates as texts, null where a cell is missing.
 * @throws UsageError, DataError for another shape, and for NaN.
 */
export function decodeRows(codec: TableCodec, rows: Rows): Record<string, number | string | null>[] {
  const coder = new RowCodec(codec)
  const { data, rows: count } = toMatrix(rows, coder.names.length, 'Rows', { infinite: true })
  const { columns, texts } = coder
  const values = coder.decode(data, new Float64Array(count * columns.length))
  return Array.from({ length: count }, (_, i) => {
    const row = values.subarray(i * columns.length, (i + 1) * columns.length)
    return Object.fromEntries(
      columns.map((name, j) => [name, Number.isNaN(row[j]) ? null : (texts[j]?.(row[j]) ?? row[j])]),
    )
  })
}

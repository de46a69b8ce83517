import { encodedRows } from '../columns/encoded-rows.js'
import { readTypedTable } from '../columns/read-typed-table.js'
import type { RowCodec } from '../columns/table-codec.js'
import { tableValues } from '../columns/table-values.js'
import type { ReadTableOptions } from '../data/read-table.js'
import type { RowSource } from '../data/row-source.js'
import { DataError } from '../errors.js'

/**
 * The rows of a file as contexts of a flow.
 * @throws DataError as `readTypedTable` and `tableValues`, and for cells that are missing.
 */
export async function contextRows(file: string, codec: RowCodec, options: ReadTableOptions): Promise<RowSource> {
  const table = await readTypedTable(file, options)
  const values = await tableValues(table, codec.codec)
  const whole = new Set(codec.codec.columns.filter(({ missing }) => missing === undefined).map(({ name }) => name))
  const missing = table.columns.find((column) => whole.has(column.name) && column.missing > 0)
  if (missing === undefined) return encodedRows(codec, values)
  throw new DataError(
    `${missing.missingPlace}: column ${JSON.stringify(missing.name)} is empty. Fill it in or remove the row. ${table.rows - values.rows.size} of ${table.rows} rows have such a cell.`,
  )
}

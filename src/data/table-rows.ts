import { cellNumber } from './cell.js'
import { columnNames, placeOf } from './table-columns.js'

/** Whether a record is read. */
export type RowFilter = (cells: readonly string[]) => boolean

/**
 * Lets through the records that hold `value` in a column, compared as numbers where both are numbers, else as text.
 * @throws DataError where the table has no such column.
 */
export function rowFilter(
  header: readonly string[] | undefined,
  width: number,
  place: string,
  { column, value }: { readonly column: string; readonly value: string },
): RowFilter {
  const at = placeOf(column, columnNames(header, width), place)
  const number = cellNumber(value)
  return (cells) => cells[at].trim() === value || cellNumber(cells[at]) === number
}

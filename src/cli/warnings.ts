import { findRepetition } from '../data/repetition.js'
import type { Table } from '../data/table.js'

/** What to tell of a table on which a density can grow without bound. */
export function repetitionWarnings({ data, rows, columns }: Table): string[] {
  const { duplicateRows, discreteColumns } = findRepetition({ data, rows, columns: columns.length })
  const warnings = discreteColumns.map(
    ({ column, values }) =>
      `column ${JSON.stringify(columns[column])} has only ${values} different values in ${rows} rows: a density may pile up on them without bound. Leave it out with --columns, or spread its values by noise of a step's width.`,
  )
  if (duplicateRows > 0) {
    warnings.push(
      `${duplicateRows} of ${rows} rows repeat an earlier one: a density may pile up on them without bound, and copies of training rows get among those held out.`,
    )
  }
  return warnings
}

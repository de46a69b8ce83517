import { findRepetition } from '../data/repetition.js'
import type { Table } from '../data/table.js'

/** What to tell of a table on which a density can grow without bound. */
export function repetitionWarnings({ data, rows, columns }: Table): string[] {
  const { duplicateRows, discreteColumns } = findRepetition({ data, rows, columns: columns.length })
  const warnings: string[] = []
  const names = discreteColumns.map(({ column, values }) => `${JSON.stringify(columns[column])} (${values})`)
  if (names.length > 0) {
    warnings.push(
      `few different values for ${rows} rows in ${names.length === 1 ? 'column' : 'columns'} ${listed(names)}: a density may pile up on them without bound. Leave such a column out with --columns, or spread its values by noise of a step's width.`,
    )
  }
  if (duplicateRows > 0) {
    warnings.push(
      `${duplicateRows} of ${rows} rows repeat an earlier one: a density may pile up on them without bound, and copies of training rows get among those held out.`,
    )
  }
  return warnings
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}

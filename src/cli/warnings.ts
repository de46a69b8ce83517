import { findRepetition, type Tally } from '../data/repetition.js'
import type { ModelRows } from './given-columns.js'

/** What to tell of rows on which a density can grow without bound; columns that it is given may well repeat. */
export async function repetitionWarnings({ points, columns, dim }: ModelRows): Promise<string[]> {
  const { duplicateRows, discreteColumns } = await findRepetition(points)
  const warnings: string[] = []
  const modelled = discreteColumns.filter(({ column }) => column < dim)
  const names = modelled.map(({ column, values }) => `${JSON.stringify(columns[column])} (${text(values)})`)
  if (names.length > 0) {
    warnings.push(
      `few different values for ${points.rows} rows in ${names.length === 1 ? 'column' : 'columns'} ${listed(names)}: a density may pile up on them without bound. Leave such a column out with --columns, or spread its values by noise of a step's width.`,
    )
  }
  if (duplicateRows.count > 0) {
    warnings.push(
      `${text(duplicateRows)} of ${points.rows} rows repeat an earlier one: a density may pile up on them without bound, and copies of training rows get among those held out.`,
    )
  }
  return warnings
}

function text({ count, exact }: Tally): string {
  return exact ? `${count}` : `about ${count}`
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}

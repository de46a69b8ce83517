import { findDependence, findNearDependence, LINEAR_WAY, linearText, nearLinearText } from '../data/dependence.js'
import { fillText, findFills } from '../data/fill-values.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import { findRepetition, type Tally } from '../data/repetition.js'
import { innerRows, robustLines } from '../data/robust-lines.js'
import { columnTitle, sampleRows } from '../data/row-sample.js'
import { DataError } from '../errors.js'
import type { ModelRows } from './given-columns.js'
import type { PreprocessName } from './preprocessing.js'
import type { TrainOptions } from './train-options.js'

/**
 * What to tell of a file's rows before anything starts.
 * @throws DataError for a constant column, for a fill value where nothing was said of one, and, where correlations are
 *   to be taken out, for a column that others determine.
 */
export async function dataWarnings(
  rows: ModelRows,
  preprocess: PreprocessName | Preprocessing,
  { fillValue }: Pick<TrainOptions, 'fillValue'>,
): Promise<string[]> {
  const { points, columns, dim } = rows
  const title = (j: number) => columnTitle(j, columns, dim)
  const sample = await sampleRows(points)
  const [fill] = fillValue === 'none' ? [] : findFills(sample)
  if (fill) {
    throw new DataError(
      `${fillText(fill, title(fill.column), points.rows)} Leave those rows out with --fill-value=${fill.value}; --fill-value none takes them for measurements.`,
    )
  }
  const inner = innerRows(sample, robustLines(sample, dim, title))
  const exact = findDependence(inner, dim)
  const [first] = exact
  if (first && preprocess !== 'standardise' && preprocess !== 'none') {
    throw new DataError(`${linearText(first, title)}: ${LINEAR_WAY}`)
  }
  return [
    ...(await repetitionWarnings(rows)),
    ...exact.map((found) => `${linearText(found, title)}: ${LINEAR_WAY}`),
    ...findNearDependence(inner, dim, exact).map((found) => `${nearLinearText(found, title)}.`),
  ]
}

/** What to tell of rows on which a density can grow without bound; columns that it is given may well repeat. */
async function repetitionWarnings({ points, columns, dim }: ModelRows): Promise<string[]> {
  const { duplicateRows, discreteColumns } = await findRepetition(points)
  const warnings: string[] = []
  const modelled = discreteColumns.filter(({ column }) => column < dim)
  const names = modelled.map(({ column, values }) => `${JSON.stringify(columns[column])} (${text(values)})`)
  if (names.length > 0) {
    warnings.push(
      `few different values for ${points.rows} rows in ${names.length === 1 ? 'column' : 'columns'} ${listed(names)}: a density may pile up on them without bound. ${names.length === 1 ? 'It is' : 'They are'} left out by --drop, and --column NAME:rounded spreads values over the steps between them.`,
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

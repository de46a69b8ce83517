import { blockRowsOf, type RowSource } from '../data/row-source.js'
import type { Matrix } from '../data/rows.js'
import { rowsOutside, scalerPart } from '../data/scaler.js'
import { placeOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import { givenNames } from '../flow/column-names.js'
import { contextOfModelDraw, type Model, membersOf } from '../flow/ensemble.js'
import { say } from './output.js'
import { tableReading } from './table-options.js'
import { numbersByName, type Values } from './values.js'

/** What the rows of a sample are given: the same for all, or each a row of its own. */
export type SampleGiven = { readonly one: Matrix } | { readonly each: RowSource }

/**
 * What --given or --given-rows say.
 * @throws UsageError where the model needs neither or one of them, for a column too few, and for both; DataError for one
 *   that it does not have, a file that cannot be used, and what lies beyond the bound.
 */
export async function sampleGiven(model: Model, values: Values): Promise<SampleGiven | undefined> {
  const { given, 'given-rows': file } = values
  if (given !== undefined && file !== undefined) throw new UsageError('--given and --given-rows exclude each other.')
  const names = givenNames(model)
  if (names.length === 0) {
    if (given === undefined && file === undefined) return undefined
    throw new UsageError(
      `--${given === undefined ? 'given-rows' : 'given'} is for models trained with --given; this one has no such columns.`,
    )
  }
  if (file !== undefined) return { each: await givenRows(model, names, file, values) }
  const numbers = numbersByName(values, 'given') ?? new Map<string, number>()
  for (const name of numbers.keys()) placeOf(name, names, '--given')
  const missing = names.filter((name) => !numbers.has(name))
  if (missing.length > 0) {
    throw new UsageError(
      `This model is conditioned on ${names.join(', ')}; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing: give --given ${names.map((name) => `${name}=…`).join(',')}.`,
    )
  }
  const row = names.map((name) => numbers.get(name) as number)
  return { one: contextOfModelDraw(model, row, 1) as Matrix }
}

async function givenRows(model: Model, names: readonly string[], file: string, values: Values): Promise<RowSource> {
  if (values.rows !== undefined) {
    throw new UsageError('--rows and --given-rows exclude each other: one row is drawn for each row of the file.')
  }
  // Loaded here, since numbers on the command line need none of it.
  const { readTable } = await import('../data/read-table.js')
  const { points } = await readTable(file, { columns: names, minimumRows: 1, onNote: say, ...tableReading(values) })
  const { columns } = points
  let first = 0
  for (const data of points.blocks(blockRowsOf(columns))) {
    const rows = data.length / columns
    const [outside] = membersOf(model).flatMap(({ scaler, dim }) =>
      rowsOutside({ data, rows, columns }, scalerPart(scaler, dim)),
    )
    if (outside !== undefined) {
      throw new DataError(
        `${file}: row ${first + outside} (counted from 0) lies over 10⁶ standard deviations away from what the model was trained on.`,
      )
    }
    first += rows
  }
  return points
}

/** Rows of a sample, some at a time, with what they are given. */
export async function* eachGiven(
  given: SampleGiven | undefined,
  rows: number,
  blockRows: number,
): AsyncGenerator<{ readonly count: number; readonly context?: Matrix }> {
  if (given && 'each' in given) {
    const { columns } = given.each
    for await (const data of given.each.blocks(blockRows)) {
      const count = data.length / columns
      yield { count, context: { data, rows: count, columns } }
    }
    return
  }
  for (let first = 0; first < rows; first += blockRows) {
    yield { count: Math.min(blockRows, rows - first), context: given?.one }
  }
}

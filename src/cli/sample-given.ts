import { givenCodec } from '../columns/given-codec.js'
import type { CodedColumn } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import { valueOfText } from '../columns/value-of-text.js'
import { cellKind } from '../data/cell.js'
import { blockRowsOf, type RowSource } from '../data/row-source.js'
import type { Matrix } from '../data/rows.js'
import { rowsOutside, scalerPart } from '../data/scaler.js'
import { placeOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import { givenNames } from '../flow/column-names.js'
import { contextOfModelDraw, type Model, membersOf } from '../flow/ensemble.js'
import { FarGiven, short } from './far-given.js'
import { say, warn } from './output.js'
import { tableReading } from './table-options.js'
import { textsByName, type Values } from './values.js'

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
  const codec = model.data.table && givenCodec(new RowCodec(model.data.table))
  const names = codec?.codec.given ?? givenNames(model)
  if (names.length === 0) {
    if (given === undefined && file === undefined) return undefined
    throw new UsageError(
      `--${given === undefined ? 'given-rows' : 'given'} is for models trained with --given; this one has no such columns.`,
    )
  }
  if (file !== undefined) return { each: await givenRows(model, codec, names, file, values) }
  const texts = textsByName(values, 'given') ?? new Map<string, string>()
  for (const name of texts.keys()) placeOf(name, names, '--given')
  const missing = names.filter((name) => !texts.has(name))
  if (missing.length > 0) {
    throw new UsageError(
      `This model needs values of ${names.join(', ')}: ${texts.size > 0 ? `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing; ` : ''}give --given ${names.map((name) => `${name}=VALUE`).join(',')}, or --given-rows FILE.`,
    )
  }
  const columns: readonly CodedColumn[] =
    codec?.codec.columns ?? names.map((name) => ({ name, kind: { kind: 'continuous' } }))
  const row = columns.map((column) => givenValue(column, texts.get(column.name) as string))
  const context = codec ? codec.encode(Float64Array.from(row), [0], new Float64Array(model.contextDim)) : row
  const one = contextOfModelDraw(model, context, 1) as Matrix
  for (const { name, value, ordinary } of new FarGiven(model, codec?.names ?? names, names).farOf(one.data)) {
    warn(
      `${name} is given as ${short(value)}, far from ${ordinary} of the rows trained on: what is drawn there is a guess.`,
    )
  }
  return { one }
}

/** NaN of what is missing, where the model knows that it may be. */
function givenValue(column: CodedColumn, text: string): number {
  const gone = cellKind(text) === 'missing'
  if (gone && column.missing !== undefined) return Number.NaN
  if (text !== '') return valueOfText(column, text, '--given')
  throw new UsageError(
    `--given: ${JSON.stringify(column.name)} has no value, and the model was not trained on rows in which that is missing (train --missing model): give one.`,
  )
}

async function givenRows(
  model: Model,
  codec: RowCodec | undefined,
  names: readonly string[],
  file: string,
  values: Values,
): Promise<RowSource> {
  if (values.rows !== undefined) {
    throw new UsageError('--rows and --given-rows exclude each other: one row is drawn for each row of the file.')
  }
  const options = { columns: names, minimumRows: 1, onNote: say, ...tableReading(values) }
  // Loaded here, since values on the command line need none of it.
  const points = codec
    ? await (await import('./context-rows.js')).contextRows(file, codec, options)
    : (await (await import('../data/read-table.js')).readTable(file, options)).points
  const { columns } = points
  const far = new FarGiven(model, codec?.names ?? names, names)
  let first = 0
  for await (const data of points.blocks(blockRowsOf(columns))) {
    const rows = data.length / columns
    const [outside] = membersOf(model).flatMap(({ scaler, dim }) =>
      rowsOutside({ data, rows, columns }, scalerPart(scaler, dim)),
    )
    if (outside !== undefined) {
      throw new DataError(
        `${file}: row ${first + outside} (counted from 0) lies over 10⁶ standard deviations away from what the model was trained on.`,
      )
    }
    far.add(data)
    first += rows
  }
  const text = far.text('drawn')
  if (text) warn(text)
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

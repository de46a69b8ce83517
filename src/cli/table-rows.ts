import { basename, extname } from 'node:path'
import { columnsText } from '../columns/columns-text.js'
import { encodedRows } from '../columns/encoded-rows.js'
import { kindText, type TableCodec } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import { columnsOf, type FoundColumns } from '../columns/table-kinds.js'
import { tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import { fillText, findFills } from '../data/fill-values.js'
import { chosenColumns, placesFrom } from '../data/row-columns.js'
import { sampleRows } from '../data/row-sample.js'
import type { RowSource } from '../data/row-source.js'
import { placeOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import { columnTexts } from './column-options.js'
import { checkFile } from './data-source.js'
import { type Begun, codecFor, columnsFor } from './from-model.js'
import type { TrainingRows } from './generated-rows.js'
import { checkGiven } from './given-columns.js'
import { say, sayLines } from './output.js'
import { checkWeights } from './row-weights.js'
import type { TrainOptions } from './train-options.js'

/** The rows of a file as a flow takes them, and what its columns were taken for. */
export interface TableRows extends TrainingRows {
  readonly codec: RowCodec
}

/**
 * Reads a file, finds out what its columns are, and says so; of --from the model says what they are.
 * @throws UsageError, DataError for what cannot be, and for cells that are missing where nothing was said of them.
 */
export async function readTableRows(
  argument: string,
  options: TrainOptions,
  begun: Begun | undefined,
  quiet: boolean,
): Promise<TableRows> {
  const { weights, fillValue } = options
  const table = await readTable(argument, options, begun)
  const { json, kinds } = begun ? modelColumns(table, begun, options) : await foundColumns(table, options, quiet)
  const codec = new RowCodec(json)
  const values = await tableValues(table, withColumn(json, weights))
  checkMissing(table, json, weights, values.rows.size, options)
  const own = chosenColumns(values.source, placesFrom(0, codec.columns.length))
  if (fillValue !== 'none') await checkFills(own, codec)
  const beside = chosenColumns(values.source, [codec.columns.length])
  return {
    name: argument === '-' ? 'stdin' : basename(argument, extname(argument)),
    codec,
    points: encodedRows(codec, { ...values, source: own }),
    columns: codec.names,
    dim: codec.dim,
    weights: weights === undefined ? undefined : await checkWeights(beside, weights),
    kinds,
  }
}

async function readTable(argument: string, options: TrainOptions, begun: Begun | undefined): Promise<TypedTable> {
  const { given = [], weights, where, fillValue, reading, columns } = options
  checkFile(argument, options.rows)
  const beside = weights === undefined ? [] : [weights]
  const chosen = columns && [...new Set([...columns, ...given, ...beside])]
  // Loaded here, since a generator's rows need none of it.
  const { readTypedTable } = await import('../columns/read-typed-table.js')
  return readTypedTable(argument, {
    columns: begun ? columnsFor(begun.model, argument, options) : chosen,
    ...{ where, onNote: say, fillValue: typeof fillValue === 'number' ? fillValue : undefined },
    ...reading,
  })
}

async function foundColumns(table: TypedTable, options: TrainOptions, quiet: boolean) {
  const { choices, given, weights, seed } = options
  checkNames(namesOf(table), options)
  const kinds = Object.fromEntries(choices.kinds)
  const beside = weights === undefined ? [] : [weights]
  const found = await columnsOf(table, { kinds, all: choices.all, given, beside, seed })
  const lines = quiet ? [] : [`Columns of ${table.source}, ${table.rows} rows`, ...columnsText(table, found)]
  sayLines(lines)
  return { json: found.codec, kinds: foundTexts(found) }
}

/** The columns of a model that is trained on; those of a table without names stand in its order. */
function modelColumns(table: TypedTable, { model }: Begun, { weights, seed }: TrainOptions) {
  const own = table.columns.filter(({ name }) => name !== weights)
  const json = codecFor(
    model,
    own.map(({ name }) => name),
    seed,
  )
  const known = new Set(json.columns.map(({ name }) => name))
  if (!own.some(({ name }) => known.has(name)))
    for (const [j, column] of own.entries()) column.name = json.columns[j].name
  return { json, kinds: undefined }
}

const namesOf = ({ columns }: TypedTable) => columns.map(({ name }) => name)

function checkNames(names: readonly string[], { given = [], weights, choices }: TrainOptions): void {
  checkGiven(names, given)
  for (const [name, kind] of choices.kinds) placeOf(name, names, kind === 'drop' ? '--drop' : '--column')
  if (weights === undefined) return
  placeOf(weights, names, '--weights')
  if (given.includes(weights)) throw new UsageError(`--given and --weights both name ${JSON.stringify(weights)}.`)
  if (names.length - given.length === 1) {
    throw new UsageError(`--weights names the only column (${weights}); expected one at least to model.`)
  }
}

function withColumn(codec: TableCodec, name: string | undefined): TableCodec {
  return name === undefined ? codec : { ...codec, columns: [...codec.columns, { name, kind: { kind: 'continuous' } }] }
}

function foundTexts({ columns }: FoundColumns): string {
  return columnTexts(
    columns.map(({ name, found }) => [name, found.kind === 'drop' ? 'drop' : kindText(found)] as const),
  )
}

/** Throws DataError for missing cells, with a count of each column and the ways out, unless those rows are to be left out. */
function checkMissing(
  table: TypedTable,
  codec: TableCodec,
  weights: string | undefined,
  rows: number,
  { dropMissing, fillValue }: TrainOptions,
): void {
  const used = new Set([...codec.columns.map(({ name }) => name), ...(weights === undefined ? [] : [weights])])
  const missing = table.columns.filter((column) => used.has(column.name) && column.missing > 0)
  const left = table.rows - rows
  if (missing.length > 0 && !dropMissing) {
    const counts = missing.map((column) => `${column.missing} in ${JSON.stringify(column.name)}`).join(', ')
    throw new DataError(
      `${missing[0].missingPlace}: column ${JSON.stringify(missing[0].name)} is empty, one of the cells that are missing: ${counts}; ${left} of ${table.rows} rows have such a cell. --drop-missing leaves those rows out, --drop NAMES those columns; or fill the cells in.`,
    )
  }
  if (left === 0) return
  const why = missing.length > 0 ? 'with a cell that is missing' : `with the fill value ${fillValue} in a column`
  say(`Left out: ${left} of ${table.rows} rows, ${why}.`)
  if (rows < 2) throw new DataError(`Without the rows ${why} there are ${rows} rows; expected 2 or more.`)
}

/** Throws DataError for a number that seems to stand for values that are missing. */
async function checkFills(values: RowSource, { codec }: RowCodec): Promise<void> {
  const fill = findFills(await sampleRows(values)).find(({ column }) => {
    const { kind } = codec.columns[column].kind
    return kind !== 'category' && kind !== 'date'
  })
  if (fill === undefined) return
  const title = `Column ${JSON.stringify(codec.columns[fill.column].name)}`
  throw new DataError(
    `${fillText(fill, title, values.rows)} Leave those rows out with --fill-value=${fill.value}; --fill-value none takes them for measurements.`,
  )
}

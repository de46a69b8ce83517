import { basename, extname } from 'node:path'
import { columnsText } from '../columns/columns-text.js'
import { encodedRows } from '../columns/encoded-rows.js'
import { kindText, type TableCodec, withoutGaps } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import { columnsOf, type FoundColumns } from '../columns/table-kinds.js'
import { tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import { fillText, findFills } from '../data/fill-values.js'
import { chosenColumns, placesFrom } from '../data/row-columns.js'
import { sampleRows, sortedColumn } from '../data/row-sample.js'
import type { RowSource } from '../data/row-source.js'
import { placeOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import { choosing } from './choosing.js'
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
  { quiet, dry }: { readonly quiet: boolean; readonly dry: boolean },
): Promise<TableRows> {
  const { weights: weighing, fillValue, dropMissing } = options
  const table = await readTable(argument, options, begun)
  const { json, kinds } = begun ? modelColumns(table, begun, options) : await foundColumns(table, options, quiet)
  const codec = new RowCodec(json)
  const values = await tableValues(table, withColumn(dropMissing ? withoutGaps(json, 'all') : json, weighing))
  checkMissing(table, json, values.rows.size, { ...options, from: begun?.from })
  const own = chosenColumns(values.source, placesFrom(0, codec.columns.length))
  if (fillValue !== 'none') await checkFills(own, codec)
  const beside = chosenColumns(values.source, [codec.columns.length])
  const weights = weighing === undefined ? undefined : await checkWeights(beside, weighing)
  const points = encodedRows(codec, { ...values, source: own })
  return {
    name: argument === '-' ? 'stdin' : basename(argument, extname(argument)),
    codec,
    points: codec.gaps.length > 0 ? await drawn(points, codec, weights, { ...options, begun, dry }) : points,
    columns: codec.names,
    dim: codec.dim,
    ...{ weights, kinds },
  }
}

/** Rows with what is missing drawn, or put in where nothing is to be trained. */
async function drawn(
  points: RowSource,
  { codec }: RowCodec,
  weights: Float64Array | undefined,
  { begun, dry, seed, fit: { threads, kernels } }: TrainOptions & { begun: Begun | undefined; dry: boolean },
): Promise<RowSource> {
  const { imputeMissing } = await import('../auto/impute.js')
  const how = { weights, seed, threads, kernels, untrained: dry, model: dry ? undefined : begun?.model }
  return choosing('what may be in cells that are missing', undefined, () => imputeMissing(points, codec, how))
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
  const missing = options.modelMissing ? 'model' : 'drop'
  const found = await columnsOf(table, { kinds, all: choices.all, given, beside, seed, missing })
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
  rows: number,
  { weights, dropMissing, fillValue, from }: TrainOptions,
): void {
  const whole = codec.columns.filter(({ missing }) => dropMissing || missing === undefined)
  const used = new Set([...whole.map(({ name }) => name), ...(weights === undefined ? [] : [weights])])
  const missing = table.columns.filter((column) => used.has(column.name) && column.missing > 0)
  const left = table.rows - rows
  if (missing.length > 0 && !dropMissing) {
    const counts = missing.map((column) => `${column.missing} in ${JSON.stringify(column.name)}`).join(', ')
    throw new DataError(
      `${missing[0].missingPlace}: column ${JSON.stringify(missing[0].name)} is empty, one of the cells that are missing: ${counts}; ${left} of ${table.rows} rows have such a cell. ${waysOut(missing.some(({ name }) => name === weights) || from !== undefined)}`,
    )
  }
  if (left === 0) return
  const why = missing.length > 0 ? 'with a cell that is missing' : `with the fill value ${fillValue} in a column`
  say(`Left out: ${left} of ${table.rows} rows, ${why}.`)
  if (rows < 2) throw new DataError(`Without the rows ${why} there are ${rows} rows; expected 2 or more.`)
}

/** What can be done about missing cells; of a column of weights, or one that a model knows, nothing can be modelled. */
function waysOut(settled: boolean): string {
  const modelled = settled ? '' : '--missing model models which are missing, '
  return `--drop-missing leaves those rows out, ${modelled}--drop NAMES leaves out those columns; or fill the cells in.`
}

/** Throws DataError for a number that seems to stand for values that are missing. */
async function checkFills(values: RowSource, { codec }: RowCodec): Promise<void> {
  const sample = await sampleRows(values)
  const [fill] = codec.columns.flatMap(({ name, kind }, j) => {
    if (kind.kind === 'category' || kind.kind === 'date') return []
    const there = sortedColumn(sample, j).filter((value) => !Number.isNaN(value))
    return findFills({ data: there, rows: there.length, columns: 1 }).map((found) => ({ ...found, name }))
  })
  if (fill === undefined) return
  const title = `Column ${JSON.stringify(fill.name)}`
  throw new DataError(
    `${fillText(fill, title, values.rows)} Leave those rows out with --fill-value=${fill.value}; --fill-value none takes them for measurements.`,
  )
}

import type { ColumnKind, TableCodec } from '../columns/kinds.js'
import { readTypedTable } from '../columns/read-typed-table.js'
import { THERE } from '../columns/table-codec.js'
import { type TableValues, tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import { placeOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { predict } from '../predict/predict.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { checkFile } from './data-source.js'
import { FarGiven } from './far-given.js'
import { loadModel } from './load-model.js'
import { say, warn } from './output.js'
import { PredictedColumn } from './predicted-column.js'
import { OUTPUT_OPTION_TEXT, rowsOutput, writeRows } from './rows-output.js'
import { withProgress } from './rows-progress.js'
import { tableOf } from './table-of.js'
import { TABLE_OPTION_TEXT, tableReading } from './table-options.js'
import { kernels, threads } from './train-options.js'
import { OPTION_TEXT } from './train-usage.js'
import { probabilities } from './values.js'

const QUANTILES = [0.05, 0.25, 0.75, 0.95]
const BLOCK_ROWS = 512

export const usage: CommandUsage = {
  synopsis: 'predict MODEL DATA --of COLUMN',
  summary: 'Writes the rows of DATA as CSV, each with the distribution of one column given all others under a model.',
  operands: [2, 2],
  options: {
    of: {
      placeholder: 'COLUMN',
      text: 'the column that is predicted, one that the model models; DATA need not have it',
    },
    quantiles: { placeholder: 'P,…', text: `probabilities of the quantiles (${QUANTILES.join(',')})` },
    ...TABLE_OPTION_TEXT,
    threads: OPTION_TEXT.threads,
    kernels: OPTION_TEXT.kernels,
    ...OUTPUT_OPTION_TEXT,
  },
  notes: [
    'Any model that knows the other columns tells p(COLUMN | others): one trained with --given them, or one of all columns. Each',
    'row gets COLUMN_mean, _median, _sd and _q05 … _q95, and where the row has the column itself, _log_prob, its log-density',
    'given the others, nats, or of whole numbers the logarithm of its probability, and _quantile, the share of the distribution',
    'below it: 0.01 or 0.99 is unusual. Of a column of names it is COLUMN_likeliest, the likeliest one, COLUMN_p_NAME, the',
    'probability of each, and _log_prob, the logarithm of that of the one that is there. Rows with a cell that is missing elsewhere are left out.',
  ].join('\n'),
  examples: [
    'pushforward predict runs/wine wine.csv --of alcohol > predicted.csv',
    'pushforward predict runs/wine new.csv --of alcohol --quantiles 0.1,0.9 --json',
  ],
}

/** `pushforward predict MODEL DATA --of COLUMN`. */
export async function run({ operands: [path, data], values }: CommandArguments): Promise<number> {
  const { of } = values
  if (of === undefined) throw new UsageError('predict needs --of COLUMN: which column is to be predicted?')
  const quantiles = probabilities(values, 'quantiles', QUANTILES)
  const wanted = threads(values)
  const output = await rowsOutput(values)
  const model = await loadModel(path, { kernels: kernels(values) })
  const table = tableOf(model)
  const kind = kindOf(table, of)
  checkFile(data, undefined)
  const names = table.columns.map(({ name }) => name)
  const columns = (header: readonly string[] | undefined) =>
    header && !header.includes(of) ? names.filter((name) => name !== of) : names
  const read = await readTypedTable(data, { minimumRows: 1, columns, onNote: say, ...tableReading(values) })
  const predicted = new PredictedColumn(table, of, kind, quantiles)
  const far = new FarGiven(model, predicted.codec.names.slice(model.dim), table.given)
  const known = await tableValues(read, predicted.others)
  const { rows } = known.source
  if (rows < read.rows) say(`Left out: ${read.rows - rows} of ${read.rows} rows, with a cell that is missing.`)
  if (rows === 0) throw new DataError(`${read.source}: every row has a cell that is missing.`)
  const code = await writeRows(
    predicted.written(read.columns),
    {
      rows,
      blocks: withProgress(predictedBlocks(model, predicted, { read, known, far }, wanted), {
        ...{ verb: 'predicting', rows, blockRows: BLOCK_ROWS, toFile: output.path !== undefined },
      }),
    },
    output,
  )
  const text = far.text('predicted')
  if (text) warn(text)
  return code
}

function kindOf({ columns, given }: TableCodec, of: string): ColumnKind {
  const names = columns.map(({ name }) => name)
  const { kind } = columns[placeOf(of, names, '--of')]
  if (given.includes(of)) {
    throw new UsageError(
      `--of ${of}: the model is given this column; it can predict ${names.filter((name) => !given.includes(name)).join(', ')}.`,
    )
  }
  return kind
}

async function* predictedBlocks(
  model: Model,
  column: PredictedColumn,
  {
    read,
    known: { source, rows },
    far,
  }: { readonly read: TypedTable; readonly known: TableValues; readonly far: FarGiven },
  wanted: Threads,
): AsyncGenerator<Float64Array> {
  const { codec, place, seat, gap, told } = column
  const has = read.columns.some(({ name }) => name === codec.columns[place])
  const known = has ? await knownValues(read, column) : undefined
  const numbersOfRows = [...rows]
  const count = codec.columns.length
  const options = { of: seat, ...told.asked, threads: threadsOfAll(wanted, model, 100 * source.rows) }
  let first = 0
  for await (const block of source.blocks(BLOCK_ROWS)) {
    const chosen = numbersOfRows.slice(first, first + block.length / source.columns)
    const values = withColumn(
      block,
      place,
      chosen.map((row) => known?.[row] ?? Number.NaN),
    )
    const encoded = codec.encode(values, chosen, new Float64Array(chosen.length * codec.names.length))
    for (let i = 0; i < chosen.length; i++) {
      encoded[i * codec.names.length + seat] = column.lowest(values[i * count + place])
      if (gap !== undefined) encoded[i * codec.names.length + gap] = THERE
    }
    const context = columnsOf(encoded, codec.names.length, model.dim)
    far.add(context)
    const predictions = await predict(model, columnsOf(encoded, codec.names.length, 0, model.dim), {
      ...options,
      ...(model.contextDim > 0 && { context }),
    })
    yield Float64Array.from(
      chosen.flatMap((_, i) => column.line(values.subarray(i * count, (i + 1) * count), predictions, i, has)),
    )
    first += chosen.length
  }
}

/** The values of the column by row of the table, NaN where one is missing. */
async function knownValues(read: TypedTable, { alone }: PredictedColumn): Promise<Float64Array> {
  const all = new Float64Array(read.rows).fill(Number.NaN)
  const { source, rows } = await tableValues(read, alone)
  const there = [...rows]
  let first = 0
  for await (const block of source.blocks(BLOCK_ROWS)) {
    for (const [i, value] of block.entries()) all[there[first + i]] = value
    first += block.length
  }
  return all
}

/** Rows with one column more, put in at a place. */
function withColumn(block: ArrayLike<number>, place: number, column: readonly number[]): Float64Array {
  const columns = block.length / column.length + 1
  let from = 0
  return Float64Array.from({ length: column.length * columns }, (_, at) =>
    at % columns === place ? column[Math.floor(at / columns)] : block[from++],
  )
}

/** Columns first … end of rows of so many. */
function columnsOf(rows: Float64Array, columns: number, first: number, end = columns): Float64Array {
  return rows.filter((_, at) => at % columns >= first && at % columns < end)
}

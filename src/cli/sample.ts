import { RowCodec } from '../columns/table-codec.js'
import { numberColumn, writtenColumns } from '../columns/written-column.js'
import { columnNames } from '../flow/column-names.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import type { SampleDraw } from '../flow/stream-rows.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { sampleTo } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { threadsOfAll } from '../parallel/threads.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { loadModel } from './load-model.js'
import { OUTPUT_OPTION_TEXT, rowsOutput, writeRows } from './rows-output.js'
import { eachGiven, type SampleGiven, sampleGiven } from './sample-given.js'
import { TABLE_OPTION_TEXT } from './table-options.js'
import { kernels, threads } from './train-options.js'
import { OPTION_TEXT } from './train-usage.js'
import { integer, nonNegative } from './values.js'

const DEFAULT_ROWS = 1000

export const usage: CommandUsage = {
  synopsis: 'sample MODEL',
  summary: 'Draws rows from a model and writes them as CSV under the names of the columns it was trained on.',
  operands: [1, 1],
  options: {
    rows: { placeholder: 'N', text: `rows to draw (${DEFAULT_ROWS})` },
    given: { placeholder: 'NAME=VALUE,…', text: 'what the rows are given, of a model trained with --given' },
    'given-rows': { placeholder: 'FILE', text: 'the same from a file: one row is drawn for each of its rows' },
    ...TABLE_OPTION_TEXT,
    temperature: { placeholder: 'T', text: 'factor on the noise; below 1 the sample keeps to the middle (1)' },
    ...OPTION_TEXT,
    seed: { placeholder: 'N', text: 'seed of the sample; a longer one begins with the same rows (0)' },
    ...OUTPUT_OPTION_TEXT,
  },
  notes: [
    'MODEL is a run folder, a model file, or latest, the newest run in runs/. Rows come as those of the file that the model was',
    'trained on: columns in its order, whole numbers, texts and dates as they are there, numbers with its decimals.',
  ].join('\n'),
  examples: [
    'pushforward sample latest > samples.csv',
    'pushforward sample runs/points --rows 1e7 --seed 1 --out samples.parquet',
    'pushforward sample runs/penguins --given species=Adelie,body_mass=4200 --rows 100',
  ],
}

/** `pushforward sample MODEL`. */
export async function run({ operands: [path], values }: CommandArguments): Promise<number> {
  const wantedRows = integer(values, 'rows', undefined, 0)
  const seed = integer(values, 'seed', 0, 0)
  const temperature = nonNegative(values, 'temperature', 1)
  const wanted = threads(values)
  const output = await rowsOutput(values)
  const model = await loadModel(path, { kernels: kernels(values) })
  const given = await sampleGiven(model, values)
  const rows = given && 'each' in given ? given.each.rows : (wantedRows ?? DEFAULT_ROWS)
  const options = { seed, temperature, threads: threadsOfAll(wanted, model, rows) }
  const drawn = blocks(model, rows, given, options)
  const { table } = model.data
  if (!table) return writeRows(columnNames(model).map(numberColumn), { rows, blocks: drawn }, output)
  const codec = new RowCodec(table)
  return writeRows(writtenColumns(codec), { rows, blocks: decoded(codec, drawn) }, output)
}

/** The same as values of the table. */
async function* decoded(codec: RowCodec, blocks: AsyncIterable<Float64Array>): AsyncGenerator<Float64Array> {
  for await (const block of blocks) {
    yield codec.decode(block, new Float64Array((block.length / codec.names.length) * codec.columns.length))
  }
}

/** Blocks of the sample with what it is given, all drawn into the same memory. */
async function* blocks(
  model: Model,
  rows: number,
  given: SampleGiven | undefined,
  options: Omit<SampleDraw, 'firstRow'> & ParallelOptions,
): AsyncGenerator<Float64Array> {
  const { dim, contextDim } = model
  const blockRows = Math.min(rows, parallelRowsOf(dim + contextDim))
  const block = sharedLike(model.scaler.mean, blockRows * dim)
  let firstRow = 0
  for await (const { count, context } of eachGiven(given, rows, blockRows)) {
    const part = block.subarray(0, count * dim)
    await sampleTo(model, count, part, { ...options, firstRow, context })
    yield joined({ data: part, rows: count, columns: dim }, context).part(0, count) as Float64Array
    firstRow += count
  }
}

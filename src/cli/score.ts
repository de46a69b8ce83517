import { numberColumn } from '../columns/written-column.js'
import { generators } from '../data/generators.js'
import { type ColumnChooser, columnNames as namesOf } from '../data/table-columns.js'
import { count, listed } from '../data/wording.js'
import { shortestFloat32 } from '../data/write-table.js'
import { DataError, UsageError } from '../errors.js'
import { columnNames } from '../flow/column-names.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { threadsOfAll } from '../parallel/threads.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { COLUMN_OPTION_TEXT } from './column-options.js'
import { type DataSource, fileFirst, readData } from './data-source.js'
import { loadModel } from './load-model.js'
import { say } from './output.js'
import { OUTPUT_OPTION_TEXT, rowsOutput } from './rows-output.js'
import { scoredTable } from './score-table.js'
import { type ScoredBlock, writeScores } from './scored-rows.js'
import { TABLE_OPTION_TEXT, tableReading } from './table-options.js'
import { kernels, threads } from './train-options.js'
import { OPTION_TEXT } from './train-usage.js'
import { flag, integer } from './values.js'

export const usage: CommandUsage = {
  synopsis: 'score MODEL DATA',
  summary:
    'Writes the rows of DATA as CSV, each with its log-density under a model, in nats and original units, and its quantile.',
  operands: [2, 2],
  words: { DATA: [...generators.keys()] },
  options: {
    rows: { placeholder: 'N', text: 'rows to draw where DATA is a generator (1024)' },
    worst: { placeholder: 'N', text: 'only the N rows of lowest log-density, and which column makes each strange' },
    ...TABLE_OPTION_TEXT,
    'drop-missing': COLUMN_OPTION_TEXT['drop-missing'],
    ...OPTION_TEXT,
    seed: { placeholder: 'N', text: 'seed where DATA is a generator (0)' },
    ...OUTPUT_OPTION_TEXT,
  },
  notes: [
    'MODEL is a run folder, a model file, or latest, the newest run in runs/; DATA is a file, as of train, - for standard',
    'input, or a generator. Columns are found by their names, in whatever order, those that the density is given too, and',
    'others are left out; without names they are taken in the order that `show` has them in. Where columns are whole numbers,',
    'rounded ones, categories or dates, the log-density has the mass of their values in it, ln P(value) in place of a density,',
    'as the mean over 8 points of the interval that each stands for: on average no more than the exact one.',
    'quantile is the share of the rows held out in training that have at most this log_prob: 0.01 is odder than 99 % of them.',
    'Of a model of train --missing model it is that of what is there and of which cells are missing, the others integrated out.',
    '--worst adds row, its number from 0, strange_column, the column least likely given the others beside what is typical of',
    'it, strange_log_prob, its log-density given them, and typical_log_prob, the median of that over rows the model draws.',
  ].join('\n'),
  examples: [
    'pushforward score runs/points points.csv > scored.csv',
    'pushforward score runs/points points.csv --worst 20',
    'pushforward score runs/points points.parquet --out scored.parquet',
    'cut -d, -f2,3 all.csv | pushforward score runs/points -',
  ],
}

/** `pushforward score MODEL DATA`. */
export async function run({ operands: [path, operand], values }: CommandArguments): Promise<number> {
  const rows = integer(values, 'rows', undefined, 1)
  const seed = integer(values, 'seed', 0, 0)
  const wanted = threads(values)
  const dropMissing = flag(values, 'drop-missing')
  const written = { worst: integer(values, 'worst', undefined, 1), output: await rowsOutput(values), threads: wanted }
  const model = await loadModel(path, { kernels: kernels(values) })
  const data = fileFirst(operand)
  const { table } = model.data
  const names = table ? table.columns.map(({ name }) => name) : model.data.columns
  const columnsOf = modelColumns(names, names?.length ?? model.dim + model.contextDim, data)
  const reading = { rows, seed, minimumRows: 1, columns: columnsOf, onNote: say, ...tableReading(values) }
  if (table)
    return writeScores(model, await scoredTable(model, table, data, { ...reading, ...written, dropMissing }), written)
  if (dropMissing)
    throw new UsageError('--drop-missing is for models that know kinds of columns; this one takes numbers.')
  const source = await readData(data, reading)
  const places = placesOf(model, source)
  const options = { threads: threadsOfAll(wanted, model, source.points.rows) }
  const scored = {
    columns: [...places.keys()].map(numberColumn),
    places: [...places.values()],
    rows: source.points.rows,
    blocks: scoredBlocks(model, source, [...places.values()], options),
    number: (row: number) => row,
  }
  return writeScores(model, scored, written)
}

/** Blocks of rows with their log-densities; all in the same memory. */
async function* scoredBlocks(
  model: Model,
  source: DataSource,
  places: readonly number[],
  options: ParallelOptions,
): AsyncGenerator<ScoredBlock> {
  const columns = model.dim + model.contextDim
  const blockRows = Math.min(source.points.rows, parallelRowsOf(columns))
  const moved = sharedLike(model.scaler.mean, blockRows * columns)
  const densities = densityRoom(model, blockRows)
  for (const values of source.points.blocks(blockRows)) {
    const rows = values.length / columns
    const own = densities.subarray(0, rows)
    await logProbTo(model, joined({ data: permuted(values, places, moved), rows, columns }), own, options)
    yield { values, logProb: Float64Array.from(own, own instanceof Float32Array ? shortestFloat32 : undefined) }
  }
}

/** Reads the model's columns from a table, in the table's order; a missing one is the reader's error. */
function modelColumns(names: readonly string[] | undefined, dim: number, source: string): ColumnChooser {
  return (header, width) => {
    if (names && header) {
      const [own, there] = [new Set(names), new Set(header)]
      const others = [...there].filter((name) => !own.has(name))
      if (others.length > 0 && width > dim)
        say(`Left out, as the model does not have them: ${listed(others, (name) => name)}.`)
      return [...[...there].filter((name) => own.has(name)), ...names.filter((name) => !there.has(name))]
    }
    if (width !== dim) {
      const needed = names ? ` (${names.join(', ')})` : ''
      throw new DataError(
        `${source === '-' ? 'Standard input' : source} has ${count(width, 'column')}${header ? '' : ' without names'}, but the model has ${dim}${needed}.`,
      )
    }
    return header ?? namesOf(undefined, dim)
  }
}

/** For each column of the source, its place among the model's. */
function placesOf(model: Model, { columns, generator }: DataSource): Map<string, number> {
  const known = columnNames(model)
  if (known.every((name) => columns.includes(name))) return new Map(columns.map((name) => [name, known.indexOf(name)]))
  if (generator) {
    throw new DataError(
      `${generator.name} has the columns ${columns.join(', ')}, but the model has ${known.join(', ')}.`,
    )
  }
  return new Map(known.map((name, j) => [name, j]))
}

/** Rows with column j moved to places[j], in `target` where that is another one. */
function permuted(rows: Float64Array, places: readonly number[], target: Float64Array): Float64Array {
  const dim = places.length
  if (places.every((place, j) => place === j)) return rows
  for (let at = 0; at < rows.length; at++) target[at - (at % dim) + places[at % dim]] = rows[at]
  return target.subarray(0, rows.length)
}

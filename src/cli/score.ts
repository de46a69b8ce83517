import { generators } from '../data/generators.js'
import { type ColumnChooser, columnNames as namesOf } from '../data/table-columns.js'
import { listed } from '../data/wording.js'
import { shortestFloat32 } from '../data/write-table.js'
import { DataError, UsageError } from '../errors.js'
import { columnNames } from '../flow/column-names.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import type { Reals } from '../flow/evaluator.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { threadsOfAll } from '../parallel/threads.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { COLUMN_OPTION_TEXT } from './column-options.js'
import { type DataSource, fileFirst, readData } from './data-source.js'
import { loadModel } from './load-model.js'
import { say } from './output.js'
import { scoreTable } from './score-table.js'
import { TABLE_OPTION_TEXT, tableReading } from './table-options.js'
import { kernels, OPTION_TEXT, threads } from './train-options.js'
import { flag, integer } from './values.js'
import { writeTable } from './write-table.js'

const SCORE_COLUMN = 'log_prob'

export const usage: CommandUsage = {
  synopsis: 'score MODEL DATA',
  summary: `Writes the rows of DATA as CSV, each with its log-density under a model as ${SCORE_COLUMN} (nats, original units).`,
  operands: [2, 2],
  words: { DATA: [...generators.keys()] },
  options: {
    rows: { placeholder: 'N', text: 'rows to draw where DATA is a generator (1024)' },
    ...TABLE_OPTION_TEXT,
    'drop-missing': COLUMN_OPTION_TEXT['drop-missing'],
    ...OPTION_TEXT,
    seed: { placeholder: 'N', text: 'seed where DATA is a generator (0)' },
    json: { text: 'rows as JSON objects, one a line; a log-density of −∞ is null' },
  },
  notes: [
    'MODEL is a run folder, a model file, or latest, the newest run in runs/; DATA is a file, as of train, - for standard',
    'input, or a generator. Columns are found by their names, in whatever order, those that the density is given too, and',
    'others are left out; without names they are taken in the order that `show` has them in. Where columns are whole numbers,',
    'rounded ones, categories or dates, the log-density has the mass of their values in it, ln P(value) in place of a density,',
    'as the mean over 8 points of the interval that each stands for: on average no more than the exact one.',
  ].join('\n'),
  examples: [
    'pushforward score runs/points points.csv > scored.csv',
    'cut -d, -f2,3 all.csv | pushforward score runs/points -',
  ],
}

/** `pushforward score MODEL DATA`. */
export async function run({ operands: [path, operand], values }: CommandArguments): Promise<number> {
  const rows = integer(values, 'rows', undefined, 1)
  const seed = integer(values, 'seed', 0, 0)
  const wanted = threads(values)
  const [dropMissing, json] = [flag(values, 'drop-missing'), flag(values, 'json')]
  const model = await loadModel(path, { kernels: kernels(values) })
  const data = fileFirst(operand)
  const { table } = model.data
  const names = table ? table.columns.map(({ name }) => name) : model.data.columns
  const columnsOf = modelColumns(names, names?.length ?? model.dim + model.contextDim, data)
  const reading = { rows, seed, minimumRows: 1, columns: columnsOf, onNote: say, ...tableReading(values) }
  if (table) return scoreTable(model, table, data, { ...reading, threads: wanted, dropMissing, json })
  if (dropMissing)
    throw new UsageError('--drop-missing is for models that know kinds of columns; this one takes numbers.')
  const source = await readData(data, reading)
  const places = placesOf(model, source)
  const options = { threads: threadsOfAll(wanted, model, source.points.rows) }
  const blocks = scoredBlocks(model, source, [...places.values()], options)
  const columns = [...places.keys()]
  await writeTable([...columns, scoreColumn(columns)], blocks, json)
  return 0
}

/** The name of the densities, with a number where a column of the rows is called that already. */
export function scoreColumn(columns: readonly string[]): string {
  let name = SCORE_COLUMN
  for (let i = 2; columns.includes(name); i++) name = `${SCORE_COLUMN}_${i}`
  return name
}

/** Blocks of rows, each row with its log-density as one column more; all in the same memory. */
async function* scoredBlocks(model: Model, source: DataSource, places: readonly number[], options: ParallelOptions) {
  const columns = model.dim + model.contextDim
  const blockRows = Math.min(source.points.rows, parallelRowsOf(columns))
  const moved = sharedLike(model.scaler.mean, blockRows * columns)
  const wide = new Float64Array(blockRows * (columns + 1))
  const values = densityRoom(model, blockRows)
  for (const block of source.points.blocks(blockRows)) {
    const rows = block.length / columns
    const scores = values.subarray(0, rows)
    await logProbTo(model, joined({ data: permuted(block, places, moved), rows, columns }), scores, options)
    yield beside(block, scores, wide)
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
        `${source === '-' ? 'Standard input' : source} has ${width} columns${header ? '' : ' without names'}, but the model has ${dim}${needed}.`,
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

/** Rows [rows, dim] with their scores as one column more, in `target`. */
function beside(rows: Float64Array, scores: Reals, target: Float64Array): Float64Array {
  const dim = rows.length / scores.length
  for (let i = 0; i < scores.length; i++) {
    target.set(rows.subarray(i * dim, (i + 1) * dim), i * (dim + 1))
    target[i * (dim + 1) + dim] = scores instanceof Float32Array ? shortestFloat32(scores[i]) : scores[i]
  }
  return target.subarray(0, rows.length + scores.length)
}

import { type ColumnChooser, columnNames } from '../data/table-columns.js'
import { shortestFloat32 } from '../data/write-table.js'
import { DataError } from '../errors.js'
import type { Flow } from '../flow/flow.js'
import { loadFlow } from '../io/save-flow.js'
import { logProb, type ParallelOptions } from '../parallel/evaluate.js'
import { threadsOfAll } from '../parallel/threads.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { type DataSource, readData } from './data-source.js'
import { say } from './output.js'
import { modelPath } from './run-folder.js'
import { kernels, OPTION_TEXT, threads } from './train-options.js'
import { flag, integer } from './values.js'
import { writeTable } from './write-table.js'

const SCORE_COLUMN = 'log_prob'
/** Rows scored before any of them is written: work for every thread. */
const BLOCK_ROWS = 2 ** 16

export const usage: CommandUsage = {
  synopsis: 'score MODEL DATA',
  summary: `Writes the rows of DATA as CSV, each with its log-density under a model as ${SCORE_COLUMN} (nats, original units).`,
  operands: [2, 2],
  options: {
    rows: { placeholder: 'N', text: 'rows to draw where DATA is a generator (1024)' },
    ...OPTION_TEXT,
    seed: { placeholder: 'N', text: 'seed where DATA is a generator (0)' },
    json: { text: 'rows as JSON objects, one a line; a log-density of −∞ is null' },
  },
  notes: [
    'MODEL is a run folder, a model file, or latest, the newest run in runs/; DATA is a CSV file, - for standard input,',
    'or a generator. Columns are found by their names, in whatever order, and others are left out; without names they are',
    'taken in the order of training.',
  ].join('\n'),
  examples: [
    'pushforward score runs/points points.csv > scored.csv',
    'cut -d, -f2,3 all.csv | pushforward score runs/points -',
  ],
}

/** `pushforward score MODEL DATA`. */
export async function run({ operands: [path, data], values }: CommandArguments): Promise<number> {
  const rows = integer(values, 'rows', undefined, 1)
  const seed = integer(values, 'seed', 0, 0)
  const wanted = threads(values)
  const model = await loadFlow(await modelPath(path), { kernels: kernels(values) })
  const source = await readData(data, { rows, seed, minimumRows: 1, columns: modelColumns(model, data) })
  const places = placesOf(model, source)
  const options = { threads: threadsOfAll(wanted, model, source.points.rows) }
  const blocks = scoredBlocks(model, source, [...places.values()], options)
  await writeTable([...places.keys(), SCORE_COLUMN], blocks, flag(values, 'json'))
  return 0
}

/** Blocks of rows, each row with its log-density as one column more. */
async function* scoredBlocks(model: Flow, source: DataSource, places: readonly number[], options: ParallelOptions) {
  for (const block of source.points.blocks(BLOCK_ROWS)) {
    yield beside(block, await logProb(model, permuted(block, places), options))
  }
}

/** Reads the model's columns from a table, in the table's order; a missing one is the reader's error. */
function modelColumns({ data: { columns: names }, dim }: Flow, source: string): ColumnChooser {
  return (header, width) => {
    if (names && header) {
      const others = header.filter((name) => !names.includes(name))
      if (others.length > 0 && width > dim) say(`Left out, as the model does not have them: ${others.join(', ')}.`)
      return [...header.filter((name) => names.includes(name)), ...names.filter((name) => !header.includes(name))]
    }
    if (width !== dim) {
      const needed = names ? ` (${names.join(', ')})` : ''
      throw new DataError(
        `${source === '-' ? 'Standard input' : source} has ${width} columns${header ? '' : ' without names'}, but the model has ${dim}${needed}.`,
      )
    }
    return header ?? columnNames(undefined, dim)
  }
}

/** For each column of the source, its place among the model's. */
function placesOf({ data: { columns: names }, dim }: Flow, { columns, generator }: DataSource): Map<string, number> {
  const known = columnNames(names, dim)
  if (known.every((name) => columns.includes(name))) return new Map(columns.map((name) => [name, known.indexOf(name)]))
  if (generator) {
    throw new DataError(
      `${generator.name} has the columns ${columns.join(', ')}, but the model has ${known.join(', ')}.`,
    )
  }
  return new Map(known.map((name, j) => [name, j]))
}

/** Rows with column j moved to places[j]. */
function permuted(rows: Float64Array, places: readonly number[]): Float64Array {
  const dim = places.length
  if (places.every((place, j) => place === j)) return rows
  const moved = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at++) moved[at - (at % dim) + places[at % dim]] = rows[at]
  return moved
}

/** Rows [rows, dim] with their scores as one column more. */
function beside(rows: Float64Array, scores: Float32Array | Float64Array): Float64Array {
  const dim = rows.length / scores.length
  const wide = new Float64Array(rows.length + scores.length)
  for (let i = 0; i < scores.length; i++) {
    wide.set(rows.subarray(i * dim, (i + 1) * dim), i * (dim + 1))
    wide[i * (dim + 1) + dim] = scores instanceof Float32Array ? shortestFloat32(scores[i]) : scores[i]
  }
  return wide
}

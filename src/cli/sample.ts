import { columnNames } from '../data/table-columns.js'
import type { Flow, SampleOptions } from '../flow/flow.js'
import { loadFlow } from '../io/save-flow.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { sampleTo } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { threadsOfAll } from '../parallel/threads.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { modelPath } from './run-folder.js'
import { kernels, OPTION_TEXT, threads } from './train-options.js'
import { flag, integer, nonNegative } from './values.js'
import { writeTable } from './write-table.js'

const DEFAULT_ROWS = 1000

export const usage: CommandUsage = {
  synopsis: 'sample MODEL',
  summary: 'Draws rows from a model and writes them as CSV under the names of the columns it was trained on.',
  operands: [1, 1],
  options: {
    rows: { placeholder: 'N', text: `rows to draw (${DEFAULT_ROWS})` },
    temperature: { placeholder: 'T', text: 'factor on the noise; below 1 the sample keeps to the middle (1)' },
    ...OPTION_TEXT,
    seed: { placeholder: 'N', text: 'seed of the sample; a longer one begins with the same rows (0)' },
    json: { text: 'rows as JSON objects, one a line' },
  },
  notes: 'MODEL is a run folder, a model file, or latest, the newest run in runs/.',
  examples: [
    'pushforward sample latest > samples.csv',
    'pushforward sample runs/points --rows 100000 --seed 1 > samples.csv',
  ],
}

/** `pushforward sample MODEL`. */
export async function run({ operands: [path], values }: CommandArguments): Promise<number> {
  const rows = integer(values, 'rows', DEFAULT_ROWS, 0)
  const seed = integer(values, 'seed', 0, 0)
  const temperature = nonNegative(values, 'temperature', 1)
  const wanted = threads(values)
  const model = await loadFlow(await modelPath(path), { kernels: kernels(values) })
  const options = { seed, temperature, threads: threadsOfAll(wanted, model, rows) }
  await writeTable(columnNames(model.data.columns, model.dim), blocks(model, rows, options), flag(values, 'json'))
  return 0
}

/** Blocks of the sample, all in the same memory. */
async function* blocks(
  model: Flow,
  rows: number,
  options: Required<Omit<SampleOptions, 'firstRow'>> & ParallelOptions,
): AsyncGenerator<Float64Array> {
  const { dim } = model
  const blockRows = Math.min(rows, parallelRowsOf(dim))
  const block = sharedLike(model.scaler.mean, blockRows * dim)
  for (let firstRow = 0; firstRow < rows; firstRow += blockRows) {
    const count = Math.min(blockRows, rows - firstRow)
    const part = block.subarray(0, count * dim)
    await sampleTo(model, count, part, { ...options, firstRow })
    yield part
  }
}

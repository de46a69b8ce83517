import { formatHeader, formatRows } from '../data/write-table.js'
import { loadFlow } from '../io/save-flow.js'
import { sample } from '../parallel/evaluate.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { writeData } from './output.js'
import { kernels, OPTION_TEXT, threads } from './train-options.js'
import { integer, nonNegative } from './values.js'

const DEFAULT_ROWS = 1000
/** Rows computed before any of them is written: work for every thread, and all that memory is spent on. */
export const BLOCK_ROWS = 2 ** 18

export const usage: CommandUsage = {
  synopsis: 'sample MODEL',
  summary: 'Draws rows from a model and writes them as CSV under the names of the columns it was trained on.',
  operands: [1, 1],
  options: {
    rows: { placeholder: 'N', text: `rows to draw (${DEFAULT_ROWS})` },
    temperature: { placeholder: 'T', text: 'factor on the noise; below 1 the sample keeps to the middle (1)' },
    ...OPTION_TEXT,
    seed: { placeholder: 'N', text: 'seed of the sample; a longer one begins with the same rows (0)' },
  },
  notes: 'MODEL is a folder that holds model.safetensors, or such a file.',
  examples: ['pushforward sample runs/points --rows 100000 --seed 1 > samples.csv'],
}

/** `pushforward sample MODEL`. */
export async function run({ operands: [path], values }: CommandArguments): Promise<number> {
  const rows = integer(values, 'rows', DEFAULT_ROWS, 0)
  const seed = integer(values, 'seed', 0, 0)
  const options = { seed, temperature: nonNegative(values, 'temperature', 1), threads: threads(values) }
  const model = await loadFlow(path, { kernels: kernels(values) })
  await writeData(formatHeader(columnNames(model.data.columns, model.dim)))
  for (let firstRow = 0; firstRow < rows; firstRow += BLOCK_ROWS) {
    const block = await sample(model, Math.min(BLOCK_ROWS, rows - firstRow), { ...options, firstRow })
    for (const text of formatRows(block.data, model.dim)) await writeData(text)
  }
  return 0
}

/** The columns a model was trained on, or x1, x2, … where they had no names. */
export function columnNames(columns: readonly string[] | undefined, dim: number): readonly string[] {
  return columns ?? Array.from({ length: dim }, (_, j) => `x${j + 1}`)
}

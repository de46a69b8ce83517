import { numberColumn } from '../columns/written-column.js'
import { type Generator, generators } from '../data/generators.js'
import { didYouMean } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { GENERATED_ROWS } from './data-source.js'
import { writeData } from './output.js'
import { rowsOutput, writeRows } from './rows-output.js'
import { integer } from './values.js'

export const usage: CommandUsage = {
  synopsis: 'data [NAME]',
  summary: `Writes rows of a generator as CSV; without NAME, says which generators there are.`,
  operands: [0, 1],
  words: { NAME: [...generators.keys()] },
  options: {
    rows: { placeholder: 'N', text: `rows to draw (${GENERATED_ROWS})` },
    seed: { placeholder: 'N', text: 'seed; the rows of a smaller set come first in a larger one (0)' },
    json: { text: 'rows as JSON objects, one a line' },
  },
  examples: [
    'pushforward data',
    'pushforward data 8gaussians --rows 500',
    'pushforward data jang --rows 10000 --seed 1 > crescent.csv',
  ],
}

/** Rows drawn before any of them is written. */
const BLOCK_ROWS = 65_536

/** `pushforward data [NAME]`. */
export async function run({ operands: [name], values }: CommandArguments): Promise<number> {
  const rows = integer(values, 'rows', GENERATED_ROWS, 0)
  const seed = integer(values, 'seed', 0, 0)
  if (name === undefined) {
    await writeData(list())
    return 0
  }
  const generator = generators.get(name)
  if (!generator) {
    const way = didYouMean(name, generators.keys(), { otherwise: `There are ${[...generators.keys()].join(', ')}.` })
    throw new UsageError(`There is no generator ${name}. ${way}`)
  }
  const drawn = { rows, blocks: blocks(generator, rows, seed) }
  return writeRows(generator.columns.map(numberColumn), drawn, await rowsOutput(values))
}

async function* blocks(generator: Generator, rows: number, seed: number): AsyncGenerator<Float64Array> {
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    yield generator.generate(Math.min(BLOCK_ROWS, rows - first), { seed, first }).data as Float64Array
  }
}

function list(): string {
  const rows = [...generators.values()].map(({ name, columns, entropy }) => [
    name,
    columns.join(', '),
    entropy.toFixed(6),
  ])
  const table = [['name', 'columns', 'entropy, nats'], ...rows]
  const widths = [0, 1].map((c) => Math.max(...table.map((cells) => cells[c].length)))
  return table.map(([a, b, c]) => `${a.padEnd(widths[0])}  ${b.padEnd(widths[1])}  ${c}\n`).join('')
}

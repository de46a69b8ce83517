import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { type Generator, generators } from '../data/generators.js'
import { didYouMean } from '../data/nearest-name.js'
import type { ReadTableOptions, StoredTable } from '../data/read-table.js'
import { StoredRows } from '../data/stored-rows.js'
import { UsageError } from '../errors.js'
import { say } from './output.js'
import { saidOfTable } from './table-options.js'

/** Rows that a command works on, and what is known of them. */
export interface DataSource extends StoredTable {
  /** For a run's folder: the generator's name, or the file's without its extension. */
  readonly name: string
  /** Where the rows were drawn and not read. */
  readonly generator?: Generator
}

export interface DataOptions extends ReadTableOptions {
  /** How many rows a generator draws; a file has as many as it has. */
  rows: number | undefined
  /** The generator's. */
  seed: number
}

/** Whether a name can be no generator's: it has a folder or an ending. */
const isPath = (argument: string): boolean => extname(argument) !== '' || dirname(argument) !== '.'

/** Says of a path what of it is not there, and which file beside it may be meant. */
function noFile(path: string): string {
  const folder = dirname(path)
  if (!existsSync(folder)) return `There is no file ${path}: there is no folder ${folder}.`
  const beside = path.slice(0, path.length - basename(path).length)
  const way = didYouMean(basename(path), entriesOf(folder), { shownAs: (name) => `${beside}${name}` })
  return `There is no file ${path}. ${way}`.trimEnd()
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // No right to look: then there is nothing to suggest.
  }
}

/** Rows a generator draws where no number is given. */
export const GENERATED_ROWS = 1024

/** DATA of a command line; where a file has the name of a generator it is the file, as a path, and that is said. */
export function fileFirst(argument: string): string {
  if (!generators.has(argument)) return argument
  const found = statSync(argument, { throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return argument
  say(`Reading the file ${argument}, and not the generator of that name.`)
  return `./${argument}`
}

/**
 * The rows of a generator, by its name, or of a file that readTable reads; `-` is standard input.
 * @throws UsageError for --rows with a file, or a name that is neither; DataError for a file that cannot be used.
 */
export async function readData(argument: string, { rows, seed, ...options }: DataOptions): Promise<DataSource> {
  const generator = generators.get(argument)
  if (generator) {
    const stray = Array.isArray(options.columns) ? 'columns' : options.where ? 'where' : saidOfTable(options)
    if (stray !== undefined) throw new UsageError(`--${stray} is for files; ${argument} is a generator.`)
    return {
      name: argument,
      generator,
      columns: [...generator.columns],
      points: drawn(generator, rows ?? GENERATED_ROWS, seed),
    }
  }
  checkFile(argument, rows)
  // Loaded here, since a generator's rows need none of it.
  const { readTable } = await import('../data/read-table.js')
  const name = argument === '-' ? 'stdin' : basename(argument, extname(argument))
  return { name, ...(await readTable(argument, { onNote: say, ...options })) }
}

/** @throws UsageError where there is no such file, and for --rows, of which a file has as many as it has. */
export function checkFile(argument: string, rows: number | undefined): void {
  if (rows !== undefined)
    throw new UsageError(`--rows is for generators (${[...generators.keys()].join(', ')}); a file is read whole.`)
  if (argument !== '-' && !existsSync(argument)) {
    throw new UsageError(
      isPath(argument) ? noFile(argument) : `There is no file or generator ${argument}. ${hint(argument)}`,
    )
  }
}

/** Points drawn at a time. */
const DRAWN_ROWS = 2 ** 16

function drawn(generator: Generator, rows: number, seed: number): StoredRows {
  const points = new StoredRows()
  points.begin(generator.columns.length)
  for (let first = 0; first < rows; first += DRAWN_ROWS) {
    const { data } = generator.generate(Math.min(DRAWN_ROWS, rows - first), { seed, first })
    for (const value of data) points.push(value)
  }
  return points
}

function hint(argument: string): string {
  const otherwise = `Generators are ${[...generators.keys()].join(', ')}.`
  return didYouMean(argument, generators.keys(), { otherwise, shownAs: (name) => `the generator ${name}` })
}

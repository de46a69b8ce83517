import { existsSync, statSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { type Generator, generators } from '../data/generators.js'
import { nearestName } from '../data/nearest-name.js'
import type { Table, TableOptions } from '../data/table.js'
import type { ColumnChooser } from '../data/table-columns.js'
import { UsageError } from '../errors.js'

/** Rows that a command works on, and what is known of them. */
export interface DataSource extends Table {
  /** For a run's folder: the generator's name, or the file's without its extension. */
  readonly name: string
  /** Where the rows were drawn and not read. */
  readonly generator?: Generator
}

export interface DataOptions extends Omit<TableOptions, 'source'> {
  /** How many rows a generator draws; a file has as many as it has. */
  rows: number | undefined
  /** The generator's. */
  seed: number
}

/** Rows a generator draws where no number is given. */
export const GENERATED_ROWS = 1024

/**
 * The rows of a generator, by its name, or of a CSV file; `-` reads standard input.
 * @throws UsageError for --rows with a file, or a name that is neither; DataError for a file that cannot be used.
 */
export async function readData(argument: string, { rows, seed, ...options }: DataOptions): Promise<DataSource> {
  const generator = generators.get(argument)
  if (generator) {
    const stray = Array.isArray(options.columns) ? 'columns' : options.where && 'where'
    if (stray !== undefined) throw new UsageError(`--${stray} is for files; ${argument} is a generator.`)
    const { data } = generator.generate(rows ?? GENERATED_ROWS, { seed })
    return {
      name: argument,
      generator,
      columns: [...generator.columns],
      rows: rows ?? GENERATED_ROWS,
      data: data as Float64Array<ArrayBuffer>,
    }
  }
  if (rows !== undefined)
    throw new UsageError(`--rows is for generators (${[...generators.keys()].join(', ')}); a file is read whole.`)
  if (argument === '-') return { name: 'stdin', ...(await readStandardInput(options)) }
  if (!existsSync(argument)) throw new UsageError(`There is no file or generator ${argument}.${hint(argument)}`)
  // Loaded here, since a generator's rows need none of it.
  const { readTable } = await import('../data/read-table.js')
  return { name: basename(argument, extname(argument)), ...(await readTable(argument, options)) }
}

/** Rows that a command takes once, block by block. */
export interface RowStream extends Omit<DataSource, 'data'> {
  /** [blockRows, columns] each, the last one what is left. */
  blocks(blockRows: number): Iterable<Float64Array> | AsyncIterable<Float64Array>
}

/**
 * The same rows where one pass over them will do: a file is read twice, once to find what is wrong with it, so that its
 * rows need no memory. What cannot be read twice is held.
 * @throws as readData.
 */
export async function streamData(argument: string, options: DataOptions): Promise<RowStream> {
  const held = generators.has(argument) || argument === '-' || options.rows !== undefined
  if (held || !statSync(argument, { throwIfNoEntry: false })?.isFile()) {
    const source = await readData(argument, options)
    return { ...source, blocks: (blockRows) => cut(source, blockRows) }
  }
  const { scanTable, tableBlocks } = await import('../data/read-table.js')
  const { columns, minimumRows, where } = options
  const chosen = typeof columns === 'function' ? once(columns) : columns
  const shape = await scanTable(argument, { columns: chosen, minimumRows, where })
  return {
    name: basename(argument, extname(argument)),
    ...shape,
    blocks: (blockRows) =>
      tableBlocks(argument, { columns: chosen, minimumRows, where, blockRows, expected: shape.rows }),
  }
}

/** A choice that is made, and talked about, once for both readings. */
function once(choose: ColumnChooser): ColumnChooser {
  let chosen: readonly string[] | undefined
  return (header, width) => {
    chosen ??= choose(header, width)
    return chosen
  }
}

function* cut({ data, columns }: DataSource, blockRows: number): Iterable<Float64Array> {
  const numbers = blockRows * columns.length
  for (let first = 0; first < data.length; first += numbers) yield data.subarray(first, first + numbers)
}

async function readStandardInput(options: TableOptions): Promise<Table> {
  const { tableReader } = await import('../data/table.js')
  const reader = tableReader({ ...options, source: 'standard input' })
  for await (const text of process.stdin.setEncoding('utf8')) reader.push(text as string)
  return reader.end()
}

function hint(argument: string): string {
  const near = nearestName(argument, generators.keys())
  return near === undefined
    ? ` Generators are ${[...generators.keys()].join(', ')}.`
    : ` Did you mean the generator ${near}?`
}

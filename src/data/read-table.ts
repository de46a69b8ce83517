import { brotliDecompressSync } from 'node:zlib'
import type { Compressors } from 'hyparquet'
import { asError, DataError, UsageError } from '../errors.js'
import type { CellSink } from './cells.js'
import { csvTable, type TextReader } from './csv-table.js'
import { type Format, formatOf } from './file-format.js'
import { type Input, openInput, unpacked } from './input.js'
import { jsonTable } from './json-table.js'
import { NumberRows } from './number-rows.js'
import { StoredRows } from './stored-rows.js'
import { sayNotes, type TableOptions } from './table.js'
import { KeptBytes } from './temporary-file.js'
import { loadUnzstd } from './unzstd.js'

/** What says how a table is read. */
export type ReadTableOptions = Omit<TableOptions, 'source'>

/** A table whose rows can be gone through as often as wanted, and need not be in memory. */
export interface StoredTable {
  /** Names of the columns that were read, in the order of the numbers of a row. */
  readonly columns: string[]
  /** The rows, as `fit` and `logProb` take them. */
  readonly points: StoredRows
}

/** Archives within archives, at most. */
const DEEPEST = 4
/** What a message calls the formats whose insides other packages read. */
const TITLES: Partial<Record<Extract<Format, string>, string>> = {
  parquet: 'Parquet',
  arrow: 'Arrow',
  npy: '.npy',
  zip: '.npz',
}
/** Options that say how text is cut, and the formats beside text that one of them fits. */
const OF_TEXT = { header: ['json', 'npy', 'zip'], skipRows: [], comment: [], delimiter: [], decimal: [] } as const
const ARGUMENTS = {
  header: 'header',
  skipRows: 'skip-rows',
  comment: 'comment',
  delimiter: 'delimiter',
  decimal: 'decimal',
}

/**
 * Reads a table of numbers from a file, or from standard input as `-`, in constant memory.
 *
 * What the file holds is told by its first bytes, whatever its name: delimited text (comma, semicolon, tab, bars or
 * blanks, decimal point or comma, with a header, none, or names in a comment before the rows; UTF-8, or UTF-16 with a byte
 * order mark), JSON lines or a JSON list of objects or of lists, Parquet, Arrow IPC (file or stream) and with it Feather 2,
 * `.npy` and `.npz`; any of them packed with gzip or zstd as well. The rows come back from a source that goes through
 * them as often as wanted: `const { columns, points } = await readTable(path)`, then `fit(model, points)`,
 * `logProb(model, points)`. What exceeds 2 MiB of numbers waits in a temporary file, which ends with `points.close()` or
 * with the process.
 *
 * `columns` are the names to read, in this order (all where absent); `where: { column, value }` keeps the rows that hold a
 * value; `minimumRows` (2) is what there must be. Of text, `header` says whether the first row holds names (boolean) or
 * gives them (names), `skipRows` how many lines to leave out at the beginning, `comment` what lines that are no rows begin
 * with, `delimiter` and `decimal` (`,` or `.`) what separates cells and decimals; all of them are found out where absent,
 * and `onNote` gets a line about what was found that plain CSV has not.
 *
 * @throws DataError, with file, line or row, column and value, where the file cannot be read, is damaged, or has a cell in
 *   a chosen column that is no finite number; UsageError for an option that does not fit what the file holds.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<StoredTable> {
  const source = path === '-' ? 'standard input' : path
  const points = new StoredRows()
  const rows = new NumberRows({ ...options, source }, points)
  try {
    await readCells(path, options, rows)
    return { columns: rows.end().columns, points }
  } catch (error) {
    points.close()
    throw error
  }
}

/** The cells of such a table, whatever they hold, block by block to the sink. */
export async function readCells(path: string, options: ReadTableOptions, sink: CellSink): Promise<void> {
  const source = path === '-' ? 'standard input' : path
  let input = await openInput(path)
  try {
    let format = formatOf(input.start)
    for (let depth = 0; format === 'gzip' || format === 'zstd'; depth++) {
      if (depth === DEEPEST) throw new DataError(`${source}: packed more than ${DEEPEST} times. Unpack it.`)
      input = await unpacked(input, format, source)
      format = formatOf(input.start)
    }
    if (typeof format === 'object') throw new DataError(`${source}: ${format.refused}, not a table. ${format.way}`)
    checkOptions(options, format, source)
    await readAs(format, input, source, options, sink)
  } finally {
    await input.close()
  }
}

function checkOptions(options: ReadTableOptions, format: Format, source: string): void {
  if (format === 'text' || format === 'utf-16le' || format === 'utf-16be') return
  for (const [name, others] of Object.entries(OF_TEXT)) {
    const option = name as keyof typeof OF_TEXT
    if (options[option] === undefined || (others as readonly Format[]).includes(format)) continue
    throw new UsageError(
      `--${ARGUMENTS[option]} is for text; ${source} holds ${TITLES[format as 'parquet'] ?? 'JSON'}.`,
    )
  }
}

async function readAs(
  format: Extract<Format, string>,
  input: Input,
  source: string,
  options: ReadTableOptions,
  sink: CellSink,
): Promise<void> {
  const title = TITLES[format]
  if (title === undefined) {
    const encoding = format === 'utf-16le' || format === 'utf-16be' ? format : 'utf-8'
    const reader = (format === 'json' ? jsonTable : csvTable)(source, options, sink)
    sayNotes(source, await readText(input, encoding, source, reader), options)
    return
  }
  const kept: KeptBytes[] = []
  try {
    const bytes = await input.bytes()
    // Loaded here, since text needs none of them.
    if (format === 'parquet') await (await import('./parquet.js')).readParquet(bytes, source, sink, await compressors())
    else if (format === 'arrow') await (await import('./arrow.js')).readArrow(bytes, source, sink, await loadUnzstd())
    else if (format === 'npy') (await import('./npy.js')).readNpy(bytes, source, options, sink)
    else (await import('./npz.js')).readNpz(bytes, source, options, (pieces) => keep(pieces, kept), sink)
  } catch (error) {
    if (error instanceof DataError || error instanceof UsageError) throw error
    // What a reader of well-formed data stumbles over says nothing of what is wrong.
    const message = asError(error).message
    const what = error instanceof TypeError || /undefined|DataView/.test(message) ? 'its parts do not fit' : message
    throw new DataError(`${source}: damaged ${title} data (${what}).`, { cause: error })
  } finally {
    for (const file of kept) file.close()
  }
}

/**
 * Those in place of the portable ones: Brotli by the system's own decoder, which takes no more memory than the page is to have
 * (one in JavaScript makes room for a window), and zstd that ends.
 */
async function compressors(): Promise<Compressors> {
  return {
    BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
    ZSTD: (await loadUnzstd()).page,
  }
}

function keep(pieces: Iterable<Uint8Array>, kept: KeptBytes[]) {
  const file = new KeptBytes()
  kept.push(file)
  for (const piece of pieces) file.push(piece)
  return file.bytes
}

const AS_UTF_8 = 'Save it as UTF-8; in Excel that is "CSV UTF-8", in a shell iconv -f latin1 -t utf-8.'

async function readText(input: Input, encoding: string, source: string, reader: TextReader): Promise<string[]> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      if (encoding === 'utf-8' && bytes?.includes(0)) {
        throw new DataError(
          `${source}: not text, but a binary file of no known kind. Save the table as CSV, Parquet or .npy.`,
        )
      }
      throw new DataError(`${source}: not ${encoding.toUpperCase()} text. ${AS_UTF_8}`)
    }
  }
  for await (const bytes of input.pieces()) reader.push(decode(bytes))
  reader.push(decode())
  return reader.end()
}

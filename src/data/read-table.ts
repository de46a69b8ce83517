import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { DataError } from '../errors.js'
import { rowReader, type Table, type TableOptions, type TableReader, type TableShape, tableReader } from './table.js'

/** Bytes read at a time. */
const PIECE = 65_536

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a directory, not a table',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
}

type FileOptions = Omit<TableOptions, 'source' | 'expectedRows'>

/**
 * Reads a CSV file as parseTable does, in memory bounded by the numbers themselves; messages call it by `path`.
 *
 * Throws DataError where the file cannot be opened or read, is not UTF-8, or is no table of numbers.
 */
export async function readTable(path: string, options: FileOptions = {}): Promise<Table> {
  let reader: TableReader | undefined
  for await (const { text, bytes } of readTexts(path)) {
    reader ??= tableReader({ ...options, source: path, expectedRows: await rowsAfter(path, bytes) })
    reader.push(text)
  }
  return (reader ?? tableReader({ ...options, source: path })).end()
}

/** Reads a whole CSV file, keeping nothing but its shape: what readTable refuses is refused. */
export async function scanTable(path: string, options: FileOptions = {}): Promise<TableShape> {
  const reader = rowReader({ ...options, source: path }, { begin() {}, push() {} })
  for await (const { text } of readTexts(path)) reader.push(text)
  return reader.end()
}

/**
 * The numbers of a CSV file in blocks [blockRows, columns], of which the last may be shorter, as they are read.
 *
 * Throws DataError as readTable, and where the file does not have the `expected` rows any more.
 */
export async function* tableBlocks(
  path: string,
  { blockRows, expected, ...options }: FileOptions & { blockRows: number; expected: number },
): AsyncGenerator<Float64Array> {
  const full: Float64Array[] = []
  let block = new Float64Array(0)
  let used = 0
  const reader = rowReader(
    { ...options, source: path },
    {
      begin(columns) {
        block = new Float64Array(blockRows * columns)
      },
      push(value) {
        block[used++] = value
        if (used < block.length) return
        full.push(block)
        block = new Float64Array(block.length)
        used = 0
      },
    },
  )
  for await (const { text } of readTexts(path)) {
    reader.push(text)
    yield* full.splice(0)
  }
  const { rows } = reader.end()
  if (rows !== expected)
    throw new DataError(`${path}: changed while it was read: ${rows} rows now, ${expected} before.`)
  if (used > 0) yield block.subarray(0, used)
}

/** A file as text, piece by piece, with the bytes it comes from. */
async function* readTexts(path: string): AsyncGenerator<{ text: string; bytes: Uint8Array }> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw new DataError(`${path}: not UTF-8 text. Save it as UTF-8.`)
    }
  }
  for await (const bytes of readPieces(path)) yield { text: decode(bytes), bytes }
  decode()
}

/** Lines vary in length from the first piece of a file to the others. */
const RESERVE = 1.1
const NEWLINE = 10

/** About how many rows a file has that begins like this; undefined where the piece is all of it, or nothing is known. */
async function rowsAfter(path: string, piece: Uint8Array): Promise<number | undefined> {
  const { size } = await stat(path)
  if (size <= piece.length) return undefined
  let lines = 0
  for (const byte of piece) if (byte === NEWLINE) lines++
  return Math.ceil((RESERVE * lines * size) / piece.length)
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new DataError(`${path}: ${REASONS[code] ?? `cannot be read (${code})`}.`, { cause: error })
  }
}

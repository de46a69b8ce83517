import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { DataError } from '../errors.js'
import { type Table, type TableOptions, type TableReader, tableReader } from './table.js'

/** Bytes read at a time. */
const PIECE = 65_536

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a directory, not a table',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
}

/**
 * Reads a CSV file as parseTable does, in memory bounded by the numbers themselves; messages call it by `path`.
 *
 * Throws DataError where the file cannot be opened or read, is not UTF-8, or is no table of numbers.
 */
export async function readTable(path: string, options: Omit<TableOptions, 'source'> = {}): Promise<Table> {
  let reader: TableReader | undefined
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw new DataError(`${path}: not UTF-8 text. Save it as UTF-8.`)
    }
  }
  for await (const bytes of readPieces(path)) {
    reader ??= tableReader({ ...options, source: path, expectedRows: await rowsAfter(path, bytes) })
    reader.push(decode(bytes))
  }
  reader ??= tableReader({ ...options, source: path })
  reader.push(decode())
  return reader.end()
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

import { createReadStream } from 'node:fs'
import { DataError } from '../errors.js'
import { type Table, type TableOptions, tableReader } from './table.js'

/** Bytes read at a time. */
const PIECE = 262_144

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
  const reader = tableReader({ ...options, source: path })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw new DataError(`${path}: not UTF-8 text. Save it as UTF-8.`)
    }
  }
  for await (const bytes of readPieces(path)) reader.push(decode(bytes))
  reader.push(decode())
  return reader.end()
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new DataError(`${path}: ${REASONS[code] ?? `cannot be read (${code})`}.`, { cause: error })
  }
}

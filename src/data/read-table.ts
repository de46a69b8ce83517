import { createReadStream } from 'node:fs'
import { DataError } from '../errors.js'
import { StoredRows } from './stored-rows.js'
import { rowReader, type TableOptions, type TableShape } from './table.js'

/** Bytes read at a time: what is cut from them is garbage soon, so that the heap does not grow for it. */
const PIECE = 16_384

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a directory, not a table',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
}

type FileOptions = Omit<TableOptions, 'source'>

/** A table whose rows can be gone through as often as wanted, and need not be in memory. */
export interface StoredTable {
  readonly columns: TableShape['columns']
  readonly points: StoredRows
}

/**
 * Reads a CSV file as parseTable does, in constant memory; messages call it by `path`.
 *
 * Throws DataError where the file cannot be opened or read, is not UTF-8, or is no table of numbers.
 */
export async function readTable(path: string, options: FileOptions = {}): Promise<StoredTable> {
  return storeTable(readPieces(path), { ...options, source: path })
}

/** The same for bytes that come from elsewhere. */
export async function storeTable(
  pieces: AsyncIterable<Uint8Array>,
  options: TableOptions & { source: string },
): Promise<StoredTable> {
  const points = new StoredRows()
  const reader = rowReader(options, points)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw new DataError(`${options.source}: not UTF-8 text. Save it as UTF-8.`)
    }
  }
  try {
    for await (const bytes of pieces) reader.push(decode(bytes))
    decode()
    return { columns: reader.end().columns, points }
  } catch (error) {
    points.close()
    throw error
  }
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new DataError(`${path}: ${REASONS[code] ?? `cannot be read (${code})`}.`, { cause: error })
  }
}

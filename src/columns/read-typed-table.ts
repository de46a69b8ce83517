import { type ReadTableOptions, readCells } from '../data/read-table.js'
import { type TypedTable, TypedTableReader } from './typed-table.js'

export interface ReadTypedTableOptions extends ReadTableOptions {
  /** A number that stands for a value that is missing. */
  fillValue?: number
}

/**
 * Reads a table from a file as `readTable` does, but whatever its cells hold: numbers, texts, dates, nothing. `columnsOf`
 * finds out what its columns are.
 * @throws DataError, UsageError as `readTable`, but for cells that are text or missing.
 */
export async function readTypedTable(path: string, options: ReadTypedTableOptions = {}): Promise<TypedTable> {
  const source = path === '-' ? 'standard input' : path
  const reader = new TypedTableReader({ ...options, source })
  try {
    await readCells(path, options, reader)
    return reader.end()
  } catch (error) {
    reader.close()
    throw error
  }
}

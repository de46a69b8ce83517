import { DataError } from '../errors.js'
import { cellKind } from './cell.js'
import { count } from './wording.js'

export interface HeaderOptions {
  /**
   * Whether the first row holds names, or the names of a table that has none; found out where absent: it does unless all
   * its cells are numbers.
   */
  readonly header?: boolean | readonly string[]
  /** The columns asked for, where that is by name. */
  readonly columns?: unknown
}

/** Whether the first row names the columns; `place` ("file:line") opens the messages. */
export function isHeader(cells: readonly string[], place: string, { columns, header }: HeaderOptions): boolean {
  if (typeof header === 'boolean') return header
  const kinds = cells.map(cellKind)
  const text = cells.filter((_, j) => kinds[j] === 'text')
  const numbers = cells.filter((_, j) => kinds[j] !== 'text' && kinds[j] !== 'missing')
  const own = new Set(cells.map((cell) => cell.trim()))
  const named = Array.isArray(columns) && columns.every((name) => own.has(name))
  if (text.length > 0 && numbers.length > 0 && !named) {
    const [one, other] = [text[0], numbers[0]].map((cell) => JSON.stringify(cell.trim()))
    throw new DataError(
      `${place}: the first row mixes names and numbers (${one}, ${other}). Say whether it names the columns with --header yes or --header no.`,
    )
  }
  return numbers.length === 0 || text.length > 0
}

/**
 * The names of --header, where it gives some.
 * @throws DataError where there are not as many as columns.
 */
export function givenNames({ header }: HeaderOptions, width: number, place: string): readonly string[] | undefined {
  if (!Array.isArray(header)) return undefined
  if (header.length === width) return header
  throw new DataError(
    `${place}: --header gives ${count(header.length, 'name')}, but there are ${count(width, 'column')}.`,
  )
}

import { DataError } from '../errors.js'
import { cellKind } from './cell.js'
import { nearestName } from './nearest-name.js'

/** Which cells of a record are read, and under which names. */
export interface ColumnChoice {
  /** Names of the chosen columns. */
  readonly names: string[]
  /** Their places in a record. */
  readonly places: number[]
  /** Cells every record must have. */
  readonly width: number
}

/** The names to read, from those of a header, or of a table of `width` columns without one (x1, x2, …). */
export type ColumnChooser = (header: readonly string[] | undefined, width: number) => readonly string[]

export interface ColumnOptions {
  /** The columns to read, in this order, or how to choose them; all of them where absent. */
  columns?: readonly string[] | ColumnChooser
  /** Whether the first row holds names; found out where absent: it does unless all its cells are numbers. */
  header?: boolean
}

const SEPARATORS = ' Cells are separated by commas, semicolons or tabs.'

const quote = (name: string) => JSON.stringify(name)
const list = (names: readonly string[]) => names.map(quote).join(', ')

/** Whether the first row names the columns; `place` ("file:line") opens the messages. */
export function isHeader(cells: readonly string[], place: string, { columns, header }: ColumnOptions): boolean {
  if (header !== undefined) return header
  const kinds = cells.map(cellKind)
  const text = cells.filter((_, j) => kinds[j] === 'text')
  const numbers = cells.filter((_, j) => kinds[j] !== 'text' && kinds[j] !== 'missing')
  const named = Array.isArray(columns) && columns.every((name) => cells.some((cell) => cell.trim() === name))
  if (text.length > 0 && numbers.length > 0 && !named) {
    throw new DataError(
      `${place}: the first row mixes names and numbers (${list([text[0].trim(), numbers[0].trim()])}). Name every column, or say whether the row is a header.`,
    )
  }
  return numbers.length === 0 || text.length > 0
}

/**
 * The columns that are read: all, or those asked for.
 *
 * `header` holds the cells of the first row, or undefined where the columns are x1, x2, … Throws DataError for names
 * that are missing, come twice or are not there, and for too few columns.
 */
export function chooseColumns(
  header: readonly string[] | undefined,
  width: number,
  place: string,
  options: ColumnOptions,
): ColumnChoice {
  const trimmed = header?.map((cell) => cell.trim())
  const all = columnNames(trimmed, width)
  const columns = typeof options.columns === 'function' ? options.columns(trimmed, width) : options.columns
  const twice = all.find((name, j) => name !== '' && all.indexOf(name) !== j)
  if (twice !== undefined) throw new DataError(`${place}: two columns are named ${quote(twice)}. Rename one.`)
  const unnamed = all.indexOf('')
  if (columns === undefined && unnamed >= 0) {
    const named = all.filter((name) => name !== '')
    const choose = named.length > 1 ? `, or choose columns: ${named.join(',')}` : ''
    throw new DataError(`${place}: column ${unnamed + 1} has no name. Give it one${choose}.`)
  }
  const names = columns === undefined ? all : [...columns]
  const places = names.map((name) => placeOf(name, all, place))
  const again = names.find((name, j) => names.indexOf(name) !== j)
  if (again !== undefined) throw new DataError(`${place}: column ${quote(again)} is chosen twice.`)
  return { names, places, width }
}

/** The names of a header, or x1, x2, … */
export function columnNames(header: readonly string[] | undefined, width: number): string[] {
  return header?.map((cell) => cell.trim()) ?? Array.from({ length: width }, (_, j) => `x${j + 1}`)
}

/** Where a column stands; throws DataError with the nearest name where there is none of this name. */
export function placeOf(name: string, all: readonly string[], place: string): number {
  const found = name === '' ? -1 : all.indexOf(name)
  if (found >= 0) return found
  const known = all.filter((other) => other !== '')
  const near = nearestName(name, known)
  const meant = near === undefined ? '' : ` Did you mean ${quote(near)}?`
  throw new DataError(`${place}: no column is named ${quote(name)}.${meant} There are ${list(known)}.`)
}

/**
 * Throws DataError where the first row of numbers holds text: then whole columns of it are likely, and the message
 * says which others could be chosen.
 */
export function checkFirstRow(cells: readonly string[], { names, places }: ColumnChoice, place: string): void {
  const kinds = places.map((at) => cellKind(cells[at]))
  const text = kinds.indexOf('text')
  if (text < 0) return
  const numeric = names.filter((_, j) => kinds[j] === 'number')
  if (kinds.every((kind) => kind === 'text')) {
    throw new DataError(
      `${place}: no column holds numbers (column ${quote(names[0])} has ${quote(cells[places[0]].trim())}).${cells.length === 1 ? SEPARATORS : ''}`,
    )
  }
  const choose = numeric.length > 1 ? `, or leave the column out by choosing columns: ${numeric.join(',')}` : ''
  const found = `column ${quote(names[text])} has ${quote(cells[places[text]].trim())}, not a number`
  throw new DataError(`${place}: ${found}. Correct the cell${choose}.`)
}

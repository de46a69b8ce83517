import { csvTable, type TextOptions } from './csv-table.js'
import { type NumberOptions, NumberRows, type TableShape } from './number-rows.js'

/** Numbers with named columns. */
export interface Table extends TableShape {
  /** [rows, columns], row-major. */
  readonly data: Float64Array<ArrayBuffer>
}

/** How a table is read where its first bytes do not tell, and what of it. */
export interface TableOptions extends NumberOptions, Omit<TextOptions, 'columns'> {
  /** Gets a line about what was not as it is in plain CSV: comments, decimal commas, … */
  onNote?: (text: string) => void
}

/** Numbers held in one block while the final count is unknown. */
const BLOCK = 131072

/**
 * Reads CSV text, whole or in pieces: comma, semicolon, tab, bars or blanks, decimal point or comma (found out), quotes, a
 * header or none (columns x1, x2, …).
 *
 * Throws DataError, with source, line, column and value, unless every row has a finite decimal number in every chosen
 * column; nothing is skipped or filled in but comments and blank lines at the end.
 */
export function parseTable(text: string | Iterable<string>, options: TableOptions = {}): Table {
  const { source = 'table' } = options
  const numbers = numberList()
  const rows = new NumberRows(options, { begin() {}, push: numbers.push })
  const reader = csvTable(source, options, rows)
  for (const piece of typeof text === 'string' ? [text] : text) reader.push(piece)
  sayNotes(source, reader.end(), options)
  return { ...rows.end(), data: numbers.all() }
}

/** One line of what was found out about a text. */
export function sayNotes(source: string, notes: readonly string[], { onNote }: Pick<TableOptions, 'onNote'>): void {
  if (notes.length > 0) onNote?.(`${source}: ${notes.join(', ')}.`)
}

/** A list of float64 numbers that grows by blocks, without copying what it holds before the end. */
function numberList(): { push(value: number): void; all(): Float64Array<ArrayBuffer> } {
  const full: Float64Array[] = []
  let block = new Float64Array(BLOCK)
  let used = 0
  function push(value: number): void {
    if (used === block.length) {
      full.push(block)
      block = new Float64Array(BLOCK)
      used = 0
    }
    block[used++] = value
  }
  function all(): Float64Array<ArrayBuffer> {
    const numbers = new Float64Array(full.length * BLOCK + used)
    for (const [i, part] of full.entries()) numbers.set(part, i * BLOCK)
    numbers.set(block.subarray(0, used), full.length * BLOCK)
    return numbers
  }
  return { push, all }
}

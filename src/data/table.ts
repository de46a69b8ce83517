import { DataError } from '../errors.js'
import { cellFault, cellNumber } from './cell.js'
import { csvRecords } from './csv-records.js'
import { type ColumnChoice, type ColumnOptions, checkFirstRow, chooseColumns, isHeader } from './table-columns.js'
import { type RowFilter, rowFilter } from './table-rows.js'

/** Numbers with named columns. */
export interface Table {
  readonly columns: string[]
  readonly rows: number
  /** [rows, columns], row-major. */
  readonly data: Float64Array<ArrayBuffer>
}

export interface TableOptions extends ColumnOptions {
  /** What messages call the table, its file name say. */
  source?: string
  /** Fewer rows are an error; 2 where absent, as a density cannot be fitted to one point. */
  minimumRows?: number
  /** Reads only rows that hold this value, as text or as a number, in this column. */
  where?: { readonly column: string; readonly value: string }
}

/** Numbers held in one block while the final count is unknown. */
const BLOCK = 131072

/**
 * Reads CSV text, whole or in pieces: comma, semicolon or tab (found out), quotes, a header or none (columns x1, x2, …).
 *
 * Throws DataError, with source, line, column and value, unless every row has a finite decimal number in every chosen
 * column; nothing is skipped or filled in but blank lines at the end.
 */
export function parseTable(text: string | Iterable<string>, options: TableOptions = {}): Table {
  const numbers = numberList()
  const reader = rowReader(options, { begin() {}, push: numbers.push })
  for (const piece of typeof text === 'string' ? [text] : text) reader.push(piece)
  return { ...reader.end(), data: numbers.all() }
}

/** Takes the numbers of a table as they are read, row by row. */
export interface NumberSink {
  /** Called once, before the first number: how many a row has. */
  begin(columns: number): void
  push(value: number): void
}

/** A table but for its numbers. */
export type TableShape = Pick<Table, 'columns' | 'rows'>

/** Takes the text of a table in pieces. */
export interface RowReader {
  push(text: string): void
  end(): TableShape
}

/** Reads text as parseTable, holding no more of it than a piece and leaving the numbers to the sink. */
export function rowReader(options: TableOptions, sink: NumberSink): RowReader {
  const { source = 'table', minimumRows = 2, where } = options
  let choice: ColumnChoice | undefined
  let wanted: RowFilter | undefined
  let rows = 0
  let blankLine = 0

  function takeRow(cells: string[], line: number, { names, places, width }: ColumnChoice): void {
    if (cells.length !== width) {
      throw new DataError(
        `${source}:${line}: ${count(cells.length, 'cell')}, expected ${width}: complete the row or remove it.`,
      )
    }
    if (wanted !== undefined && !wanted(cells)) return
    if (rows === 0 && choice !== undefined) checkFirstRow(cells, choice, `${source}:${line}`)
    for (let j = 0; j < places.length; j++) {
      const value = cellNumber(cells[places[j]])
      if (Number.isNaN(value)) {
        throw new DataError(`${source}:${line}: column ${JSON.stringify(names[j])} ${cellFault(cells[places[j]])}`)
      }
      sink.push(value)
    }
    rows++
  }
  const records = csvRecords(source, (cells, line) => {
    if (cells.length === 1 && cells[0].trim() === '') {
      blankLine ||= line
      return
    }
    if (blankLine > 0) throw new DataError(`${source}:${blankLine}: the line is blank, but rows follow it. Remove it.`)
    if (choice !== undefined) {
      takeRow(cells, line, choice)
      return
    }
    const header = isHeader(cells, `${source}:${line}`, options)
    choice = chooseColumns(header ? cells : undefined, cells.length, `${source}:${line}`, options)
    sink.begin(choice.places.length)
    wanted = where && rowFilter(header ? cells : undefined, cells.length, `${source}:${line}`, where)
    if (!header) takeRow(cells, line, choice)
  })
  function end(): TableShape {
    records.end()
    if (choice === undefined) throw new DataError(`${source}: the table is empty.`)
    if (rows < minimumRows) {
      const chosen = where === undefined ? '' : ` with ${where.column}=${where.value}`
      throw new DataError(
        `${source}: ${count(rows, 'row')} of numbers${chosen}, where at least ${minimumRows} are needed.`,
      )
    }
    return { columns: choice.names, rows }
  }
  return { push: records.push, end }
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

function count(n: number, what: string): string {
  return `${n === 0 ? 'no' : n} ${what}${n === 1 ? '' : 's'}`
}

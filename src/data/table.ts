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
  /** About how many rows are to come: numbers are then kept where they stay, in memory for as many. */
  expectedRows?: number
  /** Reads only rows that hold this value, as text or as a number, in this column. */
  where?: { readonly column: string; readonly value: string }
}

/** Takes the text of a table in pieces and gives the table at the end. */
export interface TableReader {
  push(text: string): void
  end(): Table
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
  const reader = tableReader(options)
  for (const piece of typeof text === 'string' ? [text] : text) reader.push(piece)
  return reader.end()
}

/** The same for text that comes piece by piece, holding no more of it than a piece. */
export function tableReader(options: TableOptions = {}): TableReader {
  const { expectedRows } = options
  let numbers = numberList(new Float64Array(BLOCK))
  const reader = rowReader(options, {
    begin(columns) {
      if (expectedRows !== undefined) numbers = numberList(reserved(expectedRows * columns))
    },
    push: (value) => numbers.push(value),
  })
  return { push: reader.push, end: () => ({ ...reader.end(), data: numbers.all() }) }
}

/** Takes the numbers of a table as they are read, row by row. */
export interface NumberSink {
  /** Called once, before the first number: how many a row has. */
  begin(columns: number): void
  push(value: number): void
}

/** A table but for its numbers. */
export type TableShape = Pick<Table, 'columns' | 'rows'>

export interface RowReader {
  push(text: string): void
  end(): TableShape
}

/** The same, with the numbers left to the sink. */
export function rowReader(options: Omit<TableOptions, 'expectedRows'>, sink: NumberSink): RowReader {
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

/** Memory for so many numbers, or a block of it where that much cannot be had: an expectation may be far off. */
function reserved(length: number): Float64Array<ArrayBuffer> {
  try {
    return new Float64Array(length)
  } catch {
    return new Float64Array(BLOCK)
  }
}

/** A list of float64 numbers that grows by blocks, without copying what it holds before the end. */
function numberList(first: Float64Array<ArrayBuffer>): { push(value: number): void; all(): Float64Array<ArrayBuffer> } {
  const full: Float64Array[] = []
  let block = first
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
    if (full.length === 0) return block.subarray(0, used)
    const numbers = new Float64Array(full.reduce((sum, part) => sum + part.length, used))
    let at = 0
    for (const part of [...full, block.subarray(0, used)]) {
      numbers.set(part, at)
      at += part.length
    }
    return numbers
  }
  return { push, all }
}

function count(n: number, what: string): string {
  return `${n === 0 ? 'no' : n} ${what}${n === 1 ? '' : 's'}`
}

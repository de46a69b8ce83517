import { DataError } from '../errors.js'
import { type CellKind, cellFault, cellKind, cellNumber, signFault } from './cell.js'
import type { CellBlock, CellSink, TableHeader } from './cells.js'
import { joinNames } from './column-list.js'
import {
  type ColumnChoice,
  type ColumnOptions,
  chooseColumns,
  chooseWith,
  columnNames,
  placeOf,
} from './table-columns.js'
import { count, shortened } from './wording.js'

/** Takes the numbers of a table as they are read, row by row. */
export interface NumberSink {
  /** Called once, before the first number: how many a row has. */
  begin(columns: number): void
  push(value: number): void
}

export interface NumberOptions extends ColumnOptions {
  /** What messages call the table, its file name say. */
  source?: string
  /** Fewer rows are an error; 2 where absent, as a density cannot be fitted to one point. */
  minimumRows?: number
  /** Reads only rows that hold this value, as text or as a number, in this column. */
  where?: { readonly column: string; readonly value: string }
}

/** A table but for its numbers. */
export interface TableShape {
  readonly columns: string[]
  readonly rows: number
}

/** Rows of numbers from cells: the columns asked for, every cell a finite number. */
export class NumberRows implements CellSink {
  readonly #options: NumberOptions
  readonly #sink: NumberSink
  #header: TableHeader | undefined
  #choice: ColumnChoice = { names: [], places: [] }
  #where: number | undefined
  #rows = 0
  /** The first cell that is missing, and how many rows have one. */
  #missing: { text: string; rows: number } | undefined

  constructor(options: NumberOptions, sink: NumberSink) {
    this.#options = options
    this.#sink = sink
  }

  begin(header: TableHeader): readonly number[] {
    const { where } = this.#options
    this.#header = header
    this.#choice = chooseColumns(header, this.#options)
    const { places } = this.#choice
    this.#sink.begin(places.length)
    if (where === undefined) return places
    const at = placeOf(where.column, columnNames(header.names, header.width), header.place)
    this.#where = places.includes(at) ? places.indexOf(at) : places.length
    return this.#where < places.length ? places : [...places, at]
  }

  push(block: CellBlock): void {
    const { length } = this.#choice.places
    const columns = block.columns.map(({ numbers }) => numbers)
    for (let row = 0; row < block.rows; row++) {
      if (this.#where !== undefined && !this.#wanted(block, this.#where, row)) continue
      if (!this.#finite(block, columns, row)) continue
      for (let j = 0; j < length; j++) this.#sink.push(columns[j][row])
      this.#rows++
    }
  }

  /**
   * What was read.
   * @throws DataError where cells are missing, how many rows have one, or there are too few rows.
   */
  end(): TableShape {
    const { source = 'table', minimumRows = 2, where } = this.#options
    if (this.#header === undefined) throw new DataError(`${source}: the table is empty.`)
    if (this.#missing !== undefined) {
      const { text, rows } = this.#missing
      const others = rows === 1 ? '' : ` ${rows} of ${this.#rows} rows have such a cell.`
      throw new DataError(`${text}${others}`)
    }
    if (this.#rows < minimumRows) {
      const chosen = where === undefined ? '' : ` with ${where.column}=${where.value}`
      throw new DataError(
        `${source}: ${count(this.#rows, 'row')} of numbers${chosen}, where at least ${minimumRows} are needed.`,
      )
    }
    return { columns: this.#choice.names, rows: this.#rows }
  }

  #wanted({ columns }: CellBlock, at: number, row: number): boolean {
    const value = this.#options.where?.value ?? ''
    const { numbers, others } = columns[at]
    const other = others.get(row)
    return other === undefined ? numbers[row] === cellNumber(value) : (other ?? '').trim() === value
  }

  /** Whether all numbers of a row are; missing ones are counted, so that they can be told together. */
  #finite(block: CellBlock, columns: readonly Float64Array[], row: number): boolean {
    const { length } = this.#choice.places
    for (let j = 0; j < length; j++) {
      const value = columns[j][row]
      if (value - value === 0) continue
      if (this.#rows === 0) this.#checkFirst(block, row)
      const cell = cellOf(block, j, row)
      const text = `${block.place(row)}: column ${JSON.stringify(this.#choice.names[j])} ${cellFault(cell)}`
      if (cellKind(cell) !== 'missing') throw new DataError(text)
      this.#missing ??= { text, rows: 0 }
      this.#missing.rows++
      this.#rows++
      return false
    }
    return true
  }

  /**
   * Throws DataError where the first row holds text: then whole columns of it are likely, or units, and the message says
   * what could be done.
   */
  #checkFirst(block: CellBlock, row: number): void {
    const { names } = this.#choice
    const place = block.place(row)
    const kinds = names.map((_, j) => kindOf(block, j, row))
    const text = kinds.indexOf('text')
    if (text < 0) return
    const found = `column ${JSON.stringify(names[text])} has ${JSON.stringify(shortened(cellOf(block, text, row).trim()))}`
    const sign = signFault(cellOf(block, text, row))
    if (sign !== undefined) throw new DataError(`${place}: column ${JSON.stringify(names[text])} ${sign}`)
    const below = row + 1 < block.rows ? names.map((_, j) => kindOf(block, j, row + 1)) : []
    if (
      this.#header?.names &&
      names.every((_, j) => kinds[j] !== 'number' && (kinds[j] === 'missing' || below[j] === 'number'))
    ) {
      throw new DataError(
        `${place}: no numbers below the header, but in the row after it (${found}): units? ${unitsWay(place, this.#header.names)}`,
      )
    }
    const numeric = names.filter((_, j) => kinds[j] === 'number')
    if (numeric.length === 0) {
      const way =
        names.length === 1
          ? ' Cells are separated by commas, semicolons, tabs, bars or blanks; --delimiter names another character.'
          : ''
      throw new DataError(`${place}: no column holds numbers (${found}).${way}`)
    }
    throw new DataError(
      `${place}: ${found}, not a number. Correct the cell, or leave the column out with ${chooseWith(numeric)}.`,
    )
  }
}

/** How to read a table without the row of units below its header. */
export function unitsWay(place: string, names: readonly string[]): string {
  const [, line] = /:(\d+)$/.exec(place) ?? []
  if (line === undefined) return 'Remove the row.'
  const value = names.length > 20 ? 'NAMES' : `'${joinNames(names.map((name) => name.trim()))}'`
  return `Leave it out with --skip-rows ${line} --header ${value}.`
}

const cellOf = ({ columns }: CellBlock, j: number, row: number): string =>
  columns[j].others.get(row) ?? (columns[j].others.has(row) ? '' : String(columns[j].numbers[row]))

/** What a cell holds; a number is one however it was written, and digits in a column of texts are text. */
function kindOf(block: CellBlock, j: number, row: number): CellKind {
  if (Number.isFinite(block.columns[j].numbers[row])) return 'number'
  const kind = cellKind(cellOf(block, j, row))
  return kind === 'number' ? 'text' : kind
}

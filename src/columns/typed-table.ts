import { cellFault, cellKind, cellNumber } from '../data/cell.js'
import type { CellBlock, CellSink, TableHeader } from '../data/cells.js'
import { csvTable } from '../data/csv-table.js'
import { StoredRows } from '../data/stored-rows.js'
import type { ColumnOptions } from '../data/table-columns.js'
import { chooseColumns, columnNames, placeOf } from '../data/table-columns.js'
import { count } from '../data/wording.js'
import { DataError } from '../errors.js'
import { type CellPlace, TableColumn } from './table-column.js'

/** What of a table is read, and what messages call it. */
export interface TypedTableOptions extends ColumnOptions {
  /** What messages call the table, its file name say. */
  source?: string
  /** Fewer rows are an error; 2 where absent, as a density cannot be fitted to one point. */
  minimumRows?: number
  /** Reads only rows that hold this value, as text or as a number, in this column. */
  where?: { readonly column: string; readonly value: string }
  /** A number that stands for a value that is missing. */
  fillValue?: number
}

/** A table of numbers, texts and dates, in constant memory: a number for each cell, and what each column's mean. */
export interface TypedTable {
  readonly source: string
  /** All names of its header, where it has one. */
  readonly header: readonly string[] | undefined
  readonly rows: number
  readonly columns: readonly TableColumn[]
  /** What columns store of their cells. */
  readonly points: StoredRows
}

/**
 * The table that a text holds, of cells of any kind; a text as `readTable` takes it.
 * @throws DataError for a text that is no table, a number that is not finite, and too few rows.
 */
export function parseTypedTable(text: string, options: TypedTableOptions = {}): TypedTable {
  const reader = new TypedTableReader(options)
  const records = csvTable(options.source ?? 'table', options, reader)
  records.push(text)
  records.end()
  return reader.end()
}

/** Takes a table as it is read, whatever its cells hold. */
export class TypedTableReader implements CellSink {
  readonly #options: TypedTableOptions
  readonly #points = new StoredRows()
  #columns: TableColumn[] = []
  #header: TableHeader | undefined
  #places = 0
  #where = -1
  #rows = 0

  constructor(options: TypedTableOptions = {}) {
    this.#options = options
  }

  begin(header: TableHeader): readonly number[] {
    const { where } = this.#options
    const { names, places } = chooseColumns(header, this.#options)
    this.#header = header
    this.#columns = names.map((name) => new TableColumn(name))
    this.#points.begin(places.length)
    this.#places = places.length
    if (where === undefined) return places
    const at = placeOf(where.column, columnNames(header.names, header.width), header.place)
    this.#where = places.includes(at) ? places.indexOf(at) : places.length
    return this.#where < places.length ? places : [...places, at]
  }

  push(block: CellBlock): void {
    const columns = this.#columns
    let at = 0
    const place = { row: 0, place: () => block.place(at) }
    for (at = 0; at < block.rows; at++) {
      if (this.#where >= 0 && !this.#wanted(block, at)) continue
      place.row = this.#rows++
      for (let j = 0; j < this.#places; j++) {
        const value = block.columns[j].numbers[at]
        this.#points.push(
          value - value === 0 ? this.#number(columns[j], value, place) : this.#other(block, j, at, place),
        )
      }
    }
  }

  /** @throws DataError where there are too few rows. */
  end(): TypedTable {
    const { source = 'table', minimumRows = 2, where } = this.#options
    if (!this.#header) throw new DataError(`${source}: the table is empty.`)
    if (this.#rows < minimumRows) {
      const chosen = where === undefined ? '' : ` with ${where.column}=${where.value}`
      throw new DataError(`${source}: ${count(this.#rows, 'row')}${chosen}, where at least ${minimumRows} are needed.`)
    }
    return { source, header: this.#header.names, rows: this.#rows, columns: this.#columns, points: this.#points }
  }

  /** Gives back memory and file. */
  close(): void {
    this.#points.close()
  }

  #number(column: TableColumn, value: number, place: CellPlace): number {
    if (value !== this.#options.fillValue) return column.number(value, place)
    column.fills++
    return Number.NaN
  }

  /** @throws DataError for a number that is not finite. */
  #other(block: CellBlock, j: number, row: number, place: CellPlace): number {
    const { numbers, others } = block.columns[j]
    const column = this.#columns[j]
    const text = others.has(row) ? others.get(row) : String(numbers[row])
    const kind = text === null || text === undefined ? 'missing' : cellKind(text)
    if (kind === 'infinite') {
      throw new DataError(`${place.place()}: column ${JSON.stringify(column.name)} ${cellFault(text as string)}`)
    }
    if (kind !== 'missing') return column.text((text as string).trim(), place)
    if (column.missing++ === 0) column.missingPlace = place.place()
    return Number.NaN
  }

  #wanted({ columns }: CellBlock, row: number): boolean {
    const value = this.#options.where?.value ?? ''
    const { numbers, others } = columns[this.#where]
    const other = others.get(row)
    return other === undefined ? numbers[row] === cellNumber(value) : (other ?? '').trim() === value
  }
}

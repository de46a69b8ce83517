import { didYouMean } from '../data/nearest-name.js'
import { RowSet } from '../data/row-set.js'
import { blockRowsOf, chosenRows, type RowBlock, type RowSource } from '../data/row-source.js'
import { placeOf } from '../data/table-columns.js'
import { shortened } from '../data/wording.js'
import { DataError } from '../errors.js'
import { formatDate, inFormat } from './iso-dates.js'
import type { CodedColumn, DateKind, TableCodec } from './kinds.js'
import type { TableColumn } from './table-column.js'
import type { TypedTable } from './typed-table.js'

/** What a stored cell of a column is as a value of its kind. */
type ValueReader = ((stored: number, row: number) => number) | undefined

/** Levels that a message lists, at most. */
const MOST_LISTED = 20

/**
 * The values of a table's rows, [rows, columns] in the order of the codec: NaN where a cell of a column is missing that may be,
 * and rows left out where one of another column is.
 */
export interface TableValues {
  readonly source: RowSource
  /** Which rows of the table they are. */
  readonly rows: RowSet
}

/**
 * The columns of a codec in a table, found by their names, and their cells as values.
 * @throws DataError for a column that is not there, text in a column of numbers, and a level that the codec does not have.
 */
export async function tableValues(table: TypedTable, codec: TableCodec): Promise<TableValues> {
  const seats = new Map(table.columns.map(({ name }, j) => [name, j]))
  const places = codec.columns.map(({ name }) => seats.get(name) ?? -1)
  const absent = places.indexOf(-1)
  if (absent >= 0) {
    placeOf(
      codec.columns[absent].name,
      table.columns.map(({ name }) => name),
      table.source,
    )
  }
  const read = codec.columns.map((column, j) => valueReader(table.columns[places[j]], column))
  const width = table.columns.length
  const { points } = table
  function* blocks(blockRows: number): Iterable<Float64Array> {
    const out = new Float64Array(Math.min(blockRows, table.rows) * places.length)
    let first = 0
    for (const block of points.blocks(blockRows)) {
      yield taken(block, first, out)
      first += block.length / width
    }
  }
  function taken(block: RowBlock, first: number, out: Float64Array): Float64Array {
    const rows = block.length / width
    for (let i = 0, to = 0; i < rows; i++) {
      for (let j = 0; j < places.length; j++) {
        const stored = block[i * width + places[j]]
        out[to++] = read[j]?.(stored, first + i) ?? stored
      }
    }
    return out.subarray(0, rows * places.length)
  }
  const source = { rows: table.rows, columns: places.length, blocks }
  const rows = await wholeRows(
    source,
    places.map((place, j) => codec.columns[j].missing === undefined && hasGaps(table.columns[place])),
  )
  return { source: rows.size < table.rows ? chosenRows(source, rows) : source, rows }
}

/** Whether a column has cells that are missing, or stand for such. */
export const hasGaps = ({ missing, fills }: TableColumn): boolean => missing + fills > 0

/** The rows without a missing value in the columns that are asked for. */
async function wholeRows({ rows, columns, blocks }: RowSource, asked: readonly boolean[]): Promise<RowSet> {
  if (!asked.includes(true)) return RowSet.of([], rows).complement()
  const without: number[] = []
  let first = 0
  for await (const block of blocks(blockRowsOf(columns))) {
    for (let i = 0; i * columns < block.length; i++) {
      for (let j = 0; j < columns; j++) {
        if (!asked[j] || !Number.isNaN(block[i * columns + j])) continue
        without.push(first + i)
        break
      }
    }
    first += block.length / columns
  }
  return RowSet.of(without, rows).complement()
}

function valueReader(column: TableColumn, { kind, name }: CodedColumn): ValueReader {
  if (column.sort === undefined) return undefined
  if (kind.kind === 'category') return levelOf(column, kind.levels)
  const title = JSON.stringify(name)
  if (kind.kind === 'date') return dateOf(column, title, kind)
  if (column.firstText) {
    throw new DataError(
      `${column.firstText.place}: column ${title} has ${shown(column.firstText.text)}, where the model knows numbers.`,
    )
  }
  return undefined
}

function dateOf(column: TableColumn, title: string, { format, low }: DateKind): ValueReader {
  const refused = (place: string, what: string) =>
    new DataError(
      `${place}: column ${title} has ${what}, where the model knows dates such as ${formatDate(low, format)}.`,
    )
  const converted = column.format && inFormat(column.format, format)
  if (column.sort !== 'date' || column.mixed || !converted) {
    const { text, place } = column.mixed ?? column.firstText ?? { text: 'numbers', place: 'The table' }
    throw refused(place, shown(text))
  }
  return (stored, row) => {
    const value = converted(stored)
    if (Number.isInteger(value) || Number.isNaN(value)) return value
    throw refused(`Row ${row} (counted from 0)`, shown(column.textOf(stored, row) ?? ''))
  }
}

function levelOf(column: TableColumn, levels: readonly string[]): ValueReader {
  const known = new Map(levels.map((level, place) => [level, place]))
  if (column.sort === 'text' && !column.mixed && column.levels) {
    const codes = [...column.levels].map(
      ([text, { place }]) => known.get(text) ?? unknown(column.name, text, levels, place),
    )
    return (stored) => (Number.isNaN(stored) ? stored : codes[stored])
  }
  return (stored, row) => {
    const text = column.textOf(stored, row)
    if (text === null) return Number.NaN
    return known.get(text) ?? unknown(column.name, text, levels, `Row ${row} (counted from 0)`)
  }
}

/** Throws DataError for a level that there is not. */
export function unknown(name: string, text: string, levels: readonly string[], place: string): never {
  const listed = levels.slice(0, MOST_LISTED).map(shown).join(', ')
  const more = levels.length > MOST_LISTED ? ` and ${levels.length - MOST_LISTED} more` : ''
  throw new DataError(
    `${place}: column ${JSON.stringify(name)} has ${shown(text)}, which the model does not know; it knows ${listed}${more}. ${didYouMean(text, levels, { shownAs: shown })}`.trimEnd(),
  )
}

const shown = (text: string) => JSON.stringify(shortened(text))

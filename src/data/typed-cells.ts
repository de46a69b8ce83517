import { type CellSink, type Cells, cellBlockRows, NO_OTHERS } from './cells.js'

/** Cells of rows first … first + count − 1 of a column. */
export type ColumnReader = (first: number, count: number) => Cells

/** Rows that are in memory by columns, into blocks; `firstRow` counts those before them in the file. */
export function pushColumns(
  sink: CellSink,
  rows: number,
  columns: readonly ColumnReader[],
  source: string,
  firstRow = 0,
): void {
  const blockRows = cellBlockRows(columns.length)
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first)
    sink.push({
      rows: count,
      columns: columns.map((read) => read(first, count)),
      place: (row) => rowPlace(source, firstRow + first + row),
    })
  }
}

/** Where a row (from 0) of a file without lines stands, counted from 1. */
export function rowPlace(source: string, row: number): string {
  return `${source}: row ${row + 1}`
}

/** Cells of values of any kind: numbers as they are, dates as ISO texts, nothing as missing. */
export function cellsOfValues(count: number, valueAt: (index: number) => unknown): Cells {
  const numbers = new Float64Array(count)
  let others: Map<number, string | null> | undefined
  for (let i = 0; i < count; i++) {
    const value = valueAt(i)
    if (typeof value === 'number') numbers[i] = value
    else if (typeof value === 'bigint') numbers[i] = Number(value)
    else {
      numbers[i] = Number.NaN
      others ??= new Map()
      others.set(i, textOf(value))
    }
  }
  return { numbers, others: others ?? NO_OTHERS }
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (typeof value !== 'object') return String(value)
  return ArrayBuffer.isView(value) ? 'bytes' : Array.isArray(value) ? 'a list' : 'an object'
}

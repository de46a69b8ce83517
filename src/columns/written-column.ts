import type { DateFormat } from './iso-dates.js'
import type { CodedColumn } from './kinds.js'
import type { RowCodec } from './table-codec.js'
import type { TableColumn } from './table-column.js'

/** What a column is in a format that has types: numbers of float64, whole ones, texts, true and false, or dates and times. */
export type WrittenType = 'number' | 'int32' | 'int64' | 'text' | 'boolean' | DateFormat

/** A column of a table that is written. Its values are numbers. */
export interface WrittenColumn {
  readonly name: string
  readonly type: WrittenType
  /** How a value is written as text; undefined of numbers. */
  readonly text?: (value: number) => string
  /** Whether values may be missing, as NaN. */
  readonly gaps?: boolean
}

const MOST_INT32 = 2 ** 31

/** A column of float64. */
export function numberColumn(name: string): WrittenColumn {
  return { name, type: 'number' }
}

/** The columns of a model's table, as the model draws them: whole numbers within the bounds of their kind. */
export function writtenColumns({ codec: { columns, given }, texts }: RowCodec): WrittenColumn[] {
  return columns.map((column, j) => {
    const isGiven = given.includes(column.name)
    const gaps = column.missing !== undefined && { gaps: true }
    return { name: column.name, type: typeOf(column, isGiven), ...(texts[j] && { text: texts[j] }), ...gaps }
  })
}

/** One of them with the values that a table has of it: they need not be whole, or within those bounds. */
export function asRead(column: WrittenColumn, { sort, shape }: TableColumn): WrittenColumn {
  if (column.type !== 'int32' && column.type !== 'int64') return column
  const whole = sort === 'number' && shape.decimals === 0
  return { ...column, type: whole ? wholeType(shape.min, shape.max) : 'number' }
}

function typeOf({ kind }: CodedColumn, given: boolean): WrittenType {
  if (kind.kind === 'date') return kind.format
  if (kind.kind === 'category') return isBoolean(kind.levels) ? 'boolean' : 'text'
  // What is given is whatever was asked for.
  return kind.kind === 'integer' && !given ? wholeType(kind.low, kind.high) : 'number'
}

function wholeType(low: number, high: number): 'int32' | 'int64' {
  return low >= -MOST_INT32 && high < MOST_INT32 ? 'int32' : 'int64'
}

const isBoolean = (levels: readonly string[]) => levels.every((level) => level === 'true' || level === 'false')

import { cellNumber } from '../data/cell.js'
import { UsageError } from '../errors.js'
import { formatDate, parseDate, sameFormat } from './iso-dates.js'
import type { CodedColumn } from './kinds.js'
import { unknown } from './table-values.js'

/**
 * The value that a text has in a column, as ColumnCodec takes it; `option` opens the messages.
 * @throws UsageError for what is no number or date of its format, DataError for an unknown level.
 */
export function valueOfText({ name, kind }: CodedColumn, text: string, option: string): number {
  if (kind.kind === 'category') {
    const level = kind.levels.indexOf(text)
    return level >= 0 ? level : unknown(name, text, kind.levels, option)
  }
  const title = `${option}: ${JSON.stringify(name)} is ${JSON.stringify(text)}`
  if (kind.kind === 'date') {
    const date = parseDate(text)
    if (date && sameFormat(date.format, kind.format)) return date.value
    throw new UsageError(`${title}; expected a date such as ${formatDate(kind.low, kind.format)}.`)
  }
  const value = cellNumber(text)
  if (Number.isFinite(value)) return value
  throw new UsageError(`${title}; expected a number.`)
}

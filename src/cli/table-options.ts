import { splitNames } from '../data/column-list.js'
import type { Decimal } from '../data/number-forms.js'
import type { ReadTableOptions } from '../data/read-table.js'
import { UsageError } from '../errors.js'
import type { OptionUsage } from './arguments.js'
import { choice, integer, type Values } from './values.js'

/** How a table is read, of what a command line says. */
export type TableReading = Pick<ReadTableOptions, 'header' | 'skipRows' | 'comment' | 'delimiter' | 'decimal'>

/** Options of every command that reads a table. */
export const TABLE_OPTION_TEXT: Readonly<Record<string, OptionUsage>> = {
  header: {
    placeholder: 'HOW',
    words: ['yes', 'no'],
    text: 'of text: yes or no, whether its first row holds names, or the names (found out)',
  },
  'skip-rows': { placeholder: 'N', text: 'of text: lines to leave out at the beginning (0)' },
  comment: { placeholder: 'CHAR', text: 'of text: what lines that are no rows begin with (# before the first row)' },
  delimiter: {
    placeholder: 'CHAR',
    words: ['tab', 'blank'],
    text: 'of text: what separates cells; tab, blank, or a character (found out)',
  },
  decimal: { placeholder: 'CHAR', words: ['.', ','], text: 'of text: what stands before decimals, . or , (found out)' },
}

/** Characters with names, as a shell makes them hard to write. */
const NAMED: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t', blank: ' ' }

/** @throws UsageError for a value that cannot be. */
export function tableReading(values: Values): TableReading {
  return {
    header: header(values),
    skipRows: integer(values, 'skip-rows', undefined, 0),
    comment: character(values, 'comment'),
    delimiter: character(values, 'delimiter'),
    decimal: values.decimal === undefined ? undefined : choice<Decimal>(values, 'decimal', ['.', ',']),
  }
}

/** The same as option texts, for a config. */
export function tableReadingTexts({ header, skipRows, comment, delimiter, decimal }: TableReading) {
  return {
    header: typeof header === 'boolean' ? (header ? 'yes' : 'no') : header,
    'skip-rows': skipRows,
    comment,
    delimiter: delimiter === '\t' ? 'tab' : delimiter === ' ' ? 'blank' : delimiter,
    decimal,
  }
}

/** The first of these options that was given. */
export function saidOfTable(reading: TableReading): string | undefined {
  return Object.entries(tableReadingTexts(reading)).find(([, text]) => text !== undefined)?.[0]
}

function header(values: Values): boolean | readonly string[] | undefined {
  const text = values.header
  if (text === undefined) return undefined
  if (text === 'yes' || text === 'no') return text === 'yes'
  const names = splitNames(text)
  if (names !== undefined) return names
  throw new UsageError(`--header is ${JSON.stringify(text)}; expected yes, no, or names between commas, such as x,y.`)
}

function character(values: Values, name: string): string | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const char = NAMED[text] ?? text
  if ([...char].length === 1 && !/["\r\n\d]/.test(char)) return char
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; expected one character, no digit or quote.`)
}

import { formatRows } from '../data/write-table.js'

/** How the values of each column are written; undefined of numbers. */
export type ValueTexts = readonly (((value: number) => string) | undefined)[]

/** Rows that make one piece of text. */
const PIECE_ROWS = 256
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/

/** The CSV lines of values [rows, columns], some rows a piece; a value that is not there is an empty cell. */
export function* formatValues(values: Float64Array, texts: ValueTexts): Generator<string> {
  const columns = texts.length
  if (texts.every((text) => text === undefined) && !values.some(Number.isNaN)) {
    yield* formatRows(values, columns)
    return
  }
  const cells = texts.map((text) => (text ? (value: number) => quoted(text(value)) : numberText))
  for (let first = 0; first < values.length; first += PIECE_ROWS * columns) {
    let piece = ''
    for (let at = first; at < Math.min(values.length, first + PIECE_ROWS * columns); at++) {
      const j = at % columns
      piece += cells[j](values[at]) + (j === columns - 1 ? '\n' : ',')
    }
    yield piece
  }
}

/** The same as JSON objects, one a line; a number that is not finite is null. */
export function* formatValueObjects(
  values: Float64Array,
  names: readonly string[],
  texts: ValueTexts,
): Generator<string> {
  const columns = names.length
  for (let first = 0; first < values.length; first += PIECE_ROWS * columns) {
    let piece = ''
    for (let from = first; from < Math.min(values.length, first + PIECE_ROWS * columns); from += columns) {
      const entries = names.map((name, j) => [name, texts[j]?.(values[from + j]) ?? values[from + j]])
      piece += `${JSON.stringify(Object.fromEntries(entries))}\n`
    }
    yield piece
  }
}

const quoted = (text: string) => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const numberText = (value: number) => (Number.isNaN(value) ? '' : Object.is(value, -0) ? '-0' : String(value))

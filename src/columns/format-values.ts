import { formatRows, type Separator } from '../data/write-table.js'

/** How the values of each column are written; undefined of numbers. */
export type ValueTexts = readonly (((value: number) => string) | undefined)[]

/** Rows that make one piece of text. */
const PIECE_ROWS = 256
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/

/** The lines of values [rows, columns], some rows a piece; a value that is not there is an empty cell. */
export function* formatValues(values: Float64Array, texts: ValueTexts, separator: Separator = ','): Generator<string> {
  const columns = texts.length
  if (texts.every((text) => text === undefined) && !values.some(Number.isNaN)) {
    yield* formatRows(values, columns, separator)
    return
  }
  const cells = texts.map((text) =>
    text ? (value: number) => (Number.isNaN(value) ? '' : quoted(text(value))) : numberText,
  )
  for (let first = 0; first < values.length; first += PIECE_ROWS * columns) {
    let piece = ''
    for (let at = first; at < Math.min(values.length, first + PIECE_ROWS * columns); at++) {
      const j = at % columns
      piece += cells[j](values[at]) + (j === columns - 1 ? '\n' : separator)
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
  const keys = names.map((name, j) => `${j === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const cells = texts.map((text) => {
    return (value: number) => (text && !Number.isNaN(value) ? JSON.stringify(text(value)) : jsonNumber(value))
  })
  for (let first = 0; first < values.length; first += PIECE_ROWS * columns) {
    let piece = ''
    for (let at = first; at < Math.min(values.length, first + PIECE_ROWS * columns); at++) {
      const j = at % columns
      piece += keys[j] + cells[j](values[at]) + (j === columns - 1 ? '}\n' : '')
    }
    yield piece
  }
}

const jsonNumber = (value: number) => (Object.is(value, -0) ? '-0' : Number.isFinite(value) ? String(value) : 'null')
const quoted = (text: string) => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const numberText = (value: number) => (Number.isNaN(value) ? '' : Object.is(value, -0) ? '-0' : String(value))

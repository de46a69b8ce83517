import { DataError } from '../errors.js'
import { cellNumber } from './cell.js'
import { CellBlockWriter, type CellSink } from './cells.js'
import { csvRecords, type RecordOptions, type RecordsStart } from './csv-records.js'
import { type Decimal, findDecimal, type NumberForm, otherNumber } from './number-forms.js'
import { givenNames, type HeaderOptions, isHeader } from './table-header.js'
import { count } from './wording.js'

/** What is said of a text's form; found out where absent. */
export interface TextOptions extends RecordOptions, HeaderOptions {
  /** What stands before the decimals of a number. */
  readonly decimal?: Decimal
}

/** Takes text in pieces. */
export interface TextReader {
  push(text: string): void
  /** What of the text was not as it is in plain CSV, in words. */
  end(): string[]
}

/** Records that are looked at before the first is read, and how many cells of them at most. */
const AHEAD = { records: 100, cells: 20_000 }

const OF_DELIMITER: Readonly<Record<string, string>> = { ' ': 'blanks', '|': 'bars' }

/**
 * Reads delimited text: comma, semicolon, tab, bars or blanks, decimal point or comma, a header, none, or one in the
 * comment before the rows, all found out unless options say it. `source` opens the messages.
 *
 * Throws DataError, with its line, for a record of more or fewer cells than the first, a blank line with rows behind it,
 * and for what no table has.
 */
export function csvTable(source: string, options: TextOptions, sink: CellSink): TextReader {
  const forms = new Set<NumberForm>()
  const ahead: [cells: string[], line: number][] = []
  let start: RecordsStart | undefined
  let decimal = options.decimal
  let width = 0
  let rows: { writer: CellBlockWriter; places: readonly number[] } | undefined
  let blankLine = 0
  let titled: number | undefined

  const numberOf = (cell: string): number => {
    const value = decimal === ',' && cell.includes('.') ? Number.NaN : cellNumber(cell)
    return Number.isNaN(value) ? otherNumber(cell, decimal, (form) => forms.add(form)) : value
  }

  /** Reads what is ahead: the header is told by what follows it. */
  function begin(): void {
    const [first] = ahead
    if (first === undefined) return
    width = first[0].length
    const cells = () => ahead.slice(0, AHEAD.records).flatMap(([cells]) => cells)
    decimal ??= findDecimal(cells())
    const place = `${source}:${first[1]}`
    const names = headerNames(first[0], place)
    const [below] = names === first[0] ? ahead.slice(1) : ahead
    forms.clear()
    const places = sink.begin({
      names,
      width,
      place,
      numeric: (column) => below !== undefined && !Number.isNaN(numberOf(below[0][column] ?? '')),
    })
    forms.clear()
    rows = { writer: new CellBlockWriter(sink, places.length, (line) => `${source}:${line}`), places }
    for (const [cells, line] of names === first[0] ? ahead.slice(1) : ahead) takeRow(cells, line, rows)
    ahead.length = 0
  }

  function headerNames(first: string[], place: string): readonly string[] | undefined {
    const given = givenNames(options, width, place)
    if (given) return given
    const { comment } = start as RecordsStart
    const hasNumber = first.some((cell) => !Number.isNaN(numberOf(cell)))
    const named = comment !== undefined && comment.cells.length === width && width > 1
    if (
      options.header === undefined &&
      named &&
      hasNumber &&
      comment.cells.every((cell) => Number.isNaN(numberOf(cell)))
    ) {
      titled = comment.line
      return comment.cells
    }
    return isHeader(first, place, options) ? first : undefined
  }

  function takeRow(
    cells: string[],
    line: number,
    { writer, places }: { writer: CellBlockWriter; places: readonly number[] },
  ): void {
    if (cells.length !== width) throw ragged(cells, line)
    for (let j = 0; j < places.length; j++) {
      const cell = cells[places[j]]
      const value = numberOf(cell)
      if (Number.isNaN(value)) writer.other(j, cell)
      else writer.number(j, value)
    }
    writer.endRow(line)
  }

  function ragged(cells: string[], line: number): DataError {
    const comment = cells[0].trimStart().startsWith('#') ? ` If it is a comment, --comment "#" leaves it out.` : ''
    return new DataError(
      `${source}:${line}: ${count(cells.length, 'cell')}, expected ${width}: complete the row or remove it.${comment}`,
    )
  }

  const records = csvRecords(source, options, {
    start(found) {
      start = found
    },
    record(cells, line) {
      if (cells.length === 1 && cells[0].trim() === '') {
        blankLine ||= line
        return
      }
      if (blankLine > 0)
        throw new DataError(`${source}:${blankLine}: the line is blank, but rows follow it. Remove it.`)
      if (rows !== undefined) {
        takeRow(cells, line, rows)
        return
      }
      ahead.push([cells, line])
      if (ahead.length >= AHEAD.records || (ahead.length > 2 && ahead.length * cells.length >= AHEAD.cells)) begin()
    },
  })

  function end(): string[] {
    records.end()
    if (rows === undefined) begin()
    rows?.writer.flush()
    const between = OF_DELIMITER[start?.delimiter ?? ','] ?? undefined
    return [
      ...(records.comments > 0 ? [`${count(records.comments, 'comment line')} left out`] : []),
      ...(titled === undefined ? [] : [`names from the comment in line ${titled}`]),
      ...(between === undefined || options.delimiter !== undefined ? [] : [`cells between ${between}`]),
      ...[...forms].sort(),
    ]
  }
  return { push: records.push, end }
}

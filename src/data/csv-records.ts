import { CsvError, parse } from 'csv-parse/browser/esm/sync'
import { DataError } from '../errors.js'
import { type Delimiter, findDelimiter } from './delimiter.js'

/** Called for every record with its cells and the line it ends on, counted from 1. */
export type OnRecord = (cells: string[], line: number) => void

/** Takes the text of a table piece by piece. */
export interface CsvRecords {
  push(text: string): void
  end(): void
}

/** Text gathered before the delimiter is decided. */
const SAMPLE = 65536
/** A record longer than this comes from a quote that is never closed. */
const MAX_RECORD = 4_194_304
const LINE_BREAK = /\r\n|\n|\r/g

/**
 * Cuts CSV text into records, holding no more of it than the last piece and the open record.
 *
 * Lines whose quotes, if any, just enclose plain cells are split at the delimiter; a block of text with any other quote
 * in it goes through csv-parse, which is some ten times slower. A byte order mark is a space to both. `source` opens the
 * messages. Throws DataError for quotes in the wrong place and for what is not text.
 */
export function csvRecords(source: string, onRecord: OnRecord): CsvRecords {
  let pending = ''
  let line = 1
  let delimiter: Delimiter | undefined

  function emit(block: string): void {
    delimiter ??= findDelimiter(block)
    const lines = splitLines(block)
    if (!block.includes('"')) {
      // One record at a time: what is held while others are made survives into the memory that is collected last.
      for (let i = 0; i < lines.length; i++) onRecord(lines[i].split(delimiter), line + i)
    } else {
      const records = unquoted(lines, delimiter)
      if (records === undefined) parseBlock(block, delimiter, source, line, onRecord)
      else for (let i = 0; i < records.length; i++) onRecord(records[i], line + i)
    }
    line += lines.length
  }
  function push(text: string): void {
    pending += text
    if (delimiter === undefined) {
      if (text.includes('\0')) throw new DataError(`${source}: not text (UTF-16 or binary?). Save it as UTF-8 text.`)
      if (pending.length < SAMPLE) return
    }
    const end = lastRecordEnd(pending)
    if (end === 0 && pending.length > MAX_RECORD) throw endless(pending, source, line)
    if (end === 0) return
    const block = pending.slice(0, end)
    pending = pending.slice(end)
    emit(block)
  }
  function end(): void {
    if (pending !== '') emit(pending)
    pending = ''
  }
  return { push, end }
}

/** Where the last whole record ends: behind a line break with an even number of quotes before it; 0 if there is none. */
function lastRecordEnd(text: string): number {
  if (!text.includes('"')) return Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2)) + 1
  let quoted = false
  let end = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x22) quoted = !quoted
    else if (quoted) continue
    else if (char === 0x0a) end = i + 1
    // A carriage return at the very end may be half of a line break.
    else if (char === 0x0d && i + 1 < text.length && text.charCodeAt(i + 1) !== 0x0a) end = i + 1
  }
  return end
}

/** The lines of a block of whole records, without their ends. */
function splitLines(block: string): string[] {
  const lines = block.includes('\r') ? block.split(LINE_BREAK) : block.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  return lines
}

/**
 * The cells of whole lines, split at the delimiter, with the quotes around them taken off; undefined where that is not
 * all there is to it. A delimiter, line end or quote inside a quoted cell leaves some cell with a quote that is not one
 * of a pair around it.
 */
function unquoted(lines: readonly string[], delimiter: Delimiter): string[][] | undefined {
  const records: string[][] = []
  for (const line of lines) {
    const cells = line.split(delimiter)
    if (line.includes('"') && !takeQuotesOff(cells)) return undefined
    records.push(cells)
  }
  return records
}

function takeQuotesOff(cells: string[]): boolean {
  for (let j = 0; j < cells.length; j++) {
    if (!cells[j].includes('"')) continue
    const cell = cells[j].trim()
    if (cell.length < 2 || cell[0] !== '"' || cell.indexOf('"', 1) !== cell.length - 1) return false
    cells[j] = cell.slice(1, -1)
  }
  return true
}

/** The same for any block of whole records, quotes and all. */
function parseBlock(block: string, delimiter: Delimiter, source: string, firstLine: number, onRecord: OnRecord): void {
  try {
    parse(block, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      trim: true,
      max_record_size: MAX_RECORD,
      on_record: (cells: string[], { lines }) => {
        onRecord(cells, firstLine + lines - 1)
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE')
      throw endless(block, source, firstLine)
    const line = firstLine + Number(error.lines) - 1
    throw new DataError(
      `${source}:${line}: a quote (") in the wrong place: a cell that holds one is quoted whole, and the quote doubled.`,
    )
  }
}

/** A record that does not end; with an odd number of quotes, the last one opens the cell that swallows the rest. */
function endless(text: string, source: string, firstLine: number): DataError {
  if (!text.includes('"')) return new DataError(`${source}:${firstLine}: the line is too long for a table of numbers.`)
  const line = firstLine + (text.slice(0, text.lastIndexOf('"')).match(LINE_BREAK)?.length ?? 0)
  return new DataError(`${source}:${line}: a quote (") is opened and never closed.`)
}

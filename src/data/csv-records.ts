import { CsvError, parse } from 'csv-parse/browser/esm/sync'
import { DataError } from '../errors.js'
import { cellsOf, findDelimiter } from './delimiter.js'
import { LINE_BREAK, Preamble } from './preamble.js'

/** What is said of how a text is cut into cells; found out where absent. */
export interface RecordOptions {
  /** Lines left out at the beginning, before anything else is looked at. */
  readonly skipRows?: number
  /** What lines that are no rows begin with; where absent, # before the first row. */
  readonly comment?: string
  /** What separates cells: a character, a blank for any number of them. */
  readonly delimiter?: string
}

/** What is known before the first record. */
export interface RecordsStart {
  readonly delimiter: string
  /** The cells of the last line of the comments that stand before the first record. */
  readonly comment: { readonly cells: string[]; readonly line: number } | undefined
}

/** Takes records as they are cut. */
export interface RecordHandlers {
  start(start: RecordsStart): void
  /** Called for every record with its cells and the line it ends on, counted from 1. */
  record(cells: string[], line: number): void
}

/** Takes the text of a table piece by piece. */
export interface CsvRecords {
  push(text: string): void
  end(): void
  /** Lines that were left out as comments. */
  readonly comments: number
}

/** Text gathered before the delimiter is decided. */
const SAMPLE = 65536
/** By how much more text there is to be, where a record has no end yet. */
const LOOK_AGAIN = 1.25
/** A record longer than this comes from a quote that is never closed. */
const MAX_RECORD = 4_194_304
const QUOTED_OR_BARE = /\s*(?:"((?:[^"]|"")*)"(?=\s|$)|([^\s"]+))\s*/gy

/**
 * Cuts CSV text into records, holding no more of it than the last piece and the open record.
 *
 * Lines whose quotes, if any, just enclose plain cells are split at the delimiter; a block of text with any other quote
 * in it goes through csv-parse, which is some ten times slower. A byte order mark is a space to both. `source` opens the
 * messages. Throws DataError for quotes in the wrong place and for what is not text.
 */
export function csvRecords(source: string, options: RecordOptions, handlers: RecordHandlers): CsvRecords {
  const preamble = new Preamble(options)
  let pending = ''
  let lookAt = 0
  let delimiter: string | undefined
  let commented = options.comment
  let comments = 0

  function start(block: string): string {
    commented ??= preamble.comments > 0 ? preamble.mark : undefined
    comments = preamble.comments
    const lines = splitLines(block).filter((line) => commented === undefined || !startsWith(line, commented))
    const found = options.delimiter ?? findDelimiter(lines)
    const { last } = preamble
    handlers.start({ delimiter: found, comment: last && { cells: headerCells(last.text, found), line: last.line } })
    return found
  }
  function emit(block: string): void {
    delimiter ??= start(block)
    const lines = splitLines(block)
    const { line } = preamble
    const cut = block.includes('"') ? cutQuoted(lines, delimiter, commented) : undefined
    if (block.includes('"') && cut === undefined) {
      if (delimiter === ' ') throw misplaced(source, line + lines.findIndex((text) => quotedBlanks(text) === undefined))
      parseBlock(block, delimiter, commented, source, line, handlers)
    } else {
      // One record at a time: what is held while others are made survives into the memory that is collected last.
      for (let i = 0; i < lines.length; i++) {
        if (commented !== undefined && startsWith(lines[i], commented)) comments++
        else handlers.record(cut?.[i] ?? cellsOf(lines[i], delimiter), line + i)
      }
    }
    preamble.line += lines.length
  }
  function push(text: string): void {
    pending += text
    if (delimiter === undefined) {
      if (text.includes('\0')) {
        throw new DataError(
          `${source}: not text: a binary file of no known kind, or UTF-16 without a byte order mark. Save it as UTF-8 text.`,
        )
      }
      pending = preamble.take(pending, false)
      if (pending.length < SAMPLE || !preamble.passed) return
    }
    // What has been looked through without an end of a record is looked through again when there is a good deal more.
    if (pending.length < lookAt && pending.length <= MAX_RECORD) return
    const end = lastRecordEnd(pending)
    if (end === 0 && pending.length > MAX_RECORD) throw endless(pending, source, preamble.line)
    lookAt = end === 0 ? LOOK_AGAIN * pending.length : 0
    if (end === 0) return
    const block = pending.slice(0, end)
    pending = pending.slice(end)
    emit(block)
  }
  function end(): void {
    if (delimiter === undefined) pending = preamble.take(pending, true)
    if (pending !== '') emit(pending)
    pending = ''
  }
  return {
    push,
    end,
    get comments() {
      return comments
    },
  }
}

const startsWith = (line: string, mark: string) => mark !== '' && line.trimStart().startsWith(mark)

/** The cells of a comment line without its mark; a mark that is all there is of the first name stays. */
function headerCells(text: string, delimiter: string): string[] {
  const [first, ...rest] = cellsOf(text, delimiter)
  return first.trim() === '' && rest.length > 0 ? ['#', ...rest] : [first, ...rest]
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
 * The cells of whole lines, with the quotes around them taken off; undefined where that is not all there is to it. A
 * delimiter, line end or quote inside a quoted cell leaves some cell with a quote that is not one of a pair around it.
 */
function cutQuoted(lines: readonly string[], delimiter: string, comment: string | undefined): string[][] | undefined {
  const records: string[][] = []
  for (const line of lines) {
    const isRecord = line.includes('"') && !(comment !== undefined && startsWith(line, comment))
    const cells = isRecord && delimiter === ' ' ? quotedBlanks(line) : cellsOf(line, delimiter)
    if (cells === undefined || (isRecord && delimiter !== ' ' && !takeQuotesOff(cells))) return undefined
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

/** The cells between blanks of a line, quoted or not; undefined where a quote is in the wrong place. */
function quotedBlanks(line: string): string[] | undefined {
  const cells: string[] = []
  QUOTED_OR_BARE.lastIndex = 0
  for (let at = 0; at < line.length; at = QUOTED_OR_BARE.lastIndex) {
    const found = QUOTED_OR_BARE.exec(line)
    if (found === null) return undefined
    cells.push(found[2] ?? found[1].replaceAll('""', '"'))
  }
  return cells
}

/** The same for any block of whole records, quotes and all. */
function parseBlock(
  block: string,
  delimiter: string,
  comment: string | undefined,
  source: string,
  firstLine: number,
  handlers: RecordHandlers,
): void {
  try {
    parse(block, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      trim: true,
      max_record_size: MAX_RECORD,
      ...(comment && { comment, comment_no_infix: true }),
      on_record: (cells: string[], { lines }) => {
        handlers.record(cells, firstLine + lines - 1)
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE')
      throw endless(block, source, firstLine)
    throw misplaced(source, firstLine + Number(error.lines) - 1)
  }
}

function misplaced(source: string, line: number): DataError {
  return new DataError(
    `${source}:${line}: a quote (") in the wrong place: a cell that holds one is quoted whole, and the quote doubled.`,
  )
}

/** A record that does not end; with an odd number of quotes, the last one opens the cell that swallows the rest. */
function endless(text: string, source: string, firstLine: number): DataError {
  if (!text.includes('"')) return new DataError(`${source}:${firstLine}: the line is too long for a table of numbers.`)
  const line = firstLine + (text.slice(0, text.lastIndexOf('"')).match(LINE_BREAK)?.length ?? 0)
  return new DataError(`${source}:${line}: a quote (") is opened and never closed.`)
}

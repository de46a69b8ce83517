import { DataError } from '../errors.js'

/** Called for every row with its text and the line it begins on. */
export type OnValue = (text: string, line: number) => void

/** Lists and objects within a row, at most: a cell that is one is told, not read. */
const DEEPEST = 64
/** A row that is longer is none. */
const MOST_CHARACTERS = 4_194_304

const [QUOTE, BACKSLASH, COMMA, NEWLINE, CLOSED] = [0x22, 0x5c, 0x2c, 0x0a, 0x5d]
const OPENS = new Set([0x5b, 0x7b])
const CLOSES = new Set([0x5d, 0x7d])
const SPACES = new Set([0x20, 0x09, 0x0d, 0x0a, 0xfeff])

/**
 * Cuts JSON text into rows, objects or lists: those of one list, or one behind another as in JSON lines. Holds no more
 * than the row that is open. Throws DataError for what stands between them, and where the text ends within one.
 */
export class JsonValues {
  readonly #source: string
  readonly #onValue: OnValue
  /** Whether rows lie in a list; known with the first two characters. */
  #listed: boolean | undefined
  #opening = ''
  #open = ''
  #depth = 0
  #inText = false
  #escaped = false
  #line = 1
  #firstLine = 1
  #rows = 0
  #comma = false
  #ended = false

  constructor(source: string, onValue: OnValue) {
    this.#source = source
    this.#onValue = onValue
  }

  /** Whether the rows lie in one list; lines say nothing of them then. */
  get listed(): boolean {
    return this.#listed === true
  }

  push(text: string): void {
    if (this.#listed !== undefined) {
      this.#take(text)
      return
    }
    this.#opening += text
    const [, second] = /^[\ufeff\s]*\[\s*(\S)/.exec(this.#opening) ?? []
    if (second === undefined && /^[\ufeff\s]*(\[\s*)?$/.test(this.#opening)) return
    this.#listed = second !== undefined && '[{]'.includes(second)
    const rest = this.#listed ? this.#opening.replace('[', ' ') : this.#opening
    this.#opening = ''
    this.#take(rest)
  }

  end(): void {
    if (this.#depth > 0 || this.#opening.includes('[') || (this.listed && !this.#ended)) {
      throw new DataError(
        `${this.#source}:${this.#depth > 0 ? this.#firstLine : this.#line}: the text ends within a row or list. Is the file whole?`,
      )
    }
  }

  #take(text: string): void {
    let from = 0
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i)
      if (char === NEWLINE) this.#line++
      if (this.#depth === 0) {
        if (SPACES.has(char)) continue
        this.#between(char)
        if (!OPENS.has(char)) continue
        from = i
        this.#depth = 1
        this.#firstLine = this.#line
      } else if (this.#inText) {
        if (this.#escaped) this.#escaped = false
        else if (char === BACKSLASH) this.#escaped = true
        else if (char === QUOTE) this.#inText = false
      } else if (char === QUOTE) this.#inText = true
      else if (OPENS.has(char)) this.#deeper()
      else if (CLOSES.has(char) && --this.#depth === 0) {
        this.#onValue(this.#open + text.slice(from, i + 1), this.#firstLine)
        this.#open = ''
        this.#rows++
        this.#comma = false
      }
    }
    if (this.#depth > 0) this.#open += text.slice(from)
    if (this.#open.length > MOST_CHARACTERS) {
      throw new DataError(`${this.#source}:${this.#firstLine}: the row is too long for a table of numbers.`)
    }
  }

  #deeper(): void {
    if (++this.#depth <= DEEPEST) return
    throw new DataError(
      `${this.#source}:${this.#line}: lists or objects within each other, more than ${DEEPEST} deep; expected rows of numbers.`,
    )
  }

  /** A character that stands between two rows. */
  #between(char: number): void {
    if (!this.#listed) {
      if (OPENS.has(char)) return
    } else if (!this.#ended) {
      if (OPENS.has(char) && this.#comma === this.#rows > 0) return
      if (char === COMMA && this.#rows > 0 && !this.#comma) {
        this.#comma = true
        return
      }
      if (char === CLOSED && !this.#comma) {
        this.#ended = true
        return
      }
    }
    throw new DataError(
      `${this.#source}:${this.#line}: ${JSON.stringify(String.fromCharCode(char))} between rows; expected objects or lists, ${this.#listed ? 'a comma between two' : 'one a line'}.`,
    )
  }
}

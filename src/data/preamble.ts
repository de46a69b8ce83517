export const LINE_BREAK = /\r\n|\n|\r/g
const FIRST_BREAK = /\r\n|\n|\r(?!$)/
/** What lines before a table begin with that are none of its own, where nothing else is said. */
const MARK = '#'

/** What stands before the first record of a text: lines to leave out, and comments. */
export class Preamble {
  readonly mark: string
  /** Number of the line that is next. */
  line = 1
  /** Comments so far. */
  comments = 0
  /** The last of them, without its mark. */
  last: { readonly text: string; readonly line: number } | undefined
  /** Whether the first record has been reached. */
  passed = false
  #skip: number

  constructor({ skipRows = 0, comment = MARK }: { readonly skipRows?: number; readonly comment?: string }) {
    this.#skip = skipRows
    this.mark = comment
  }

  /** What is left of a text's beginning behind such lines, as far as they are whole; at its end they are. */
  take(text: string, atEnd: boolean): string {
    let rest = text
    while (!this.passed && rest !== '') {
      const end = FIRST_BREAK.exec(rest)
      const known = end ? rest.slice(0, end.index) : rest
      const comment = this.mark !== '' && known.trimStart().startsWith(this.mark)
      const empty = known.trim() === ''
      const skipped = this.#skip > 0 || comment || (empty && this.comments > 0)
      // Of a line whose end is not there yet more may come than blanks.
      if (end === null && !atEnd && (skipped || empty)) return rest
      if (!skipped) this.passed = true
      else {
        if (this.#skip > 0) this.#skip--
        else if (comment) {
          this.comments++
          this.last = { text: known.trimStart().slice(this.mark.length), line: this.line }
        }
        this.line++
        rest = end ? rest.slice(end.index + end[0].length) : ''
      }
    }
    return rest
  }
}

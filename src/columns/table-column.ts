import { type DateFormat, formatDate, parseDate, sameFormat } from './iso-dates.js'
import { NumberShape } from './number-shape.js'

/** Different texts of a column that are kept, at most: one with more is free text. */
export const MOST_LEVELS = 1000

/** What the cells of a column were told to be by the first that is not missing. */
export type CellSort = 'number' | 'date' | 'text'

/** A row (from 0, of the table) that is being read, and how messages call it. */
export interface CellPlace {
  readonly row: number
  place(): string
}

/** A text that a column holds. */
export interface Level {
  readonly code: number
  /** Where it stands first, for messages. */
  readonly place: string
  count: number
}

/**
 * What is known of a column of a table, gathered while it is read; and what of its cells is stored, a number each: the
 * number itself, units since 1970 of a date, the code of a text, NaN where there is nothing.
 */
export class TableColumn {
  name: string
  sort: CellSort | undefined
  /** Of numbers and dates. */
  readonly shape = new NumberShape()
  missing = 0
  /** Cells with the number that stands for a value that is missing. */
  fills = 0
  /** Where the first missing cell stands. */
  missingPlace = ''
  format: DateFormat | undefined
  /** Texts, in the order in which they came; undefined where they are too many. */
  levels: Map<string, Level> | undefined = new Map()
  /** Where numbers or dates are followed by text: from this row on all cells are stored by the codes of their texts. */
  mixed: { readonly fromRow: number; readonly text: string; readonly place: string } | undefined
  /** How many of the cells are text, and the first of them. */
  texts = 0
  firstText: { readonly text: string; readonly row: number; readonly place: string } | undefined
  /** By their codes. */
  readonly #texts: string[] = []

  constructor(name: string) {
    this.name = name
  }

  number(value: number, at: CellPlace): number {
    this.sort ??= 'number'
    if (this.sort !== 'number' || this.mixed) return this.#level(String(value), at)
    this.shape.add(value)
    return value
  }

  text(text: string, at: CellPlace): number {
    this.firstText ??= { text, row: at.row, place: at.place() }
    this.texts++
    const date = this.mixed === undefined && this.sort !== 'text' ? parseDate(text) : undefined
    if (date && this.sort !== 'number' && (this.format === undefined || sameFormat(date.format, this.format))) {
      this.sort = 'date'
      this.format = date.format
      this.shape.add(date.value)
      return date.value
    }
    this.sort ??= 'text'
    return this.#level(text, at)
  }

  /** How the stored value of a row is written; null where there is nothing. */
  textOf(stored: number, row: number): string | null {
    if (Number.isNaN(stored)) return null
    const sort = this.mixed === undefined || row < this.mixed.fromRow ? this.sort : 'text'
    if (sort === 'number') return String(stored)
    if (sort === 'date') return formatDate(stored, this.format as DateFormat)
    return this.#texts[stored] ?? null
  }

  #level(text: string, at: CellPlace): number {
    if (this.sort !== 'text') this.mixed ??= { fromRow: at.row, text, place: at.place() }
    const level = this.levels?.get(text)
    if (level) {
      level.count++
      return level.code
    }
    if (this.levels === undefined || this.#texts.length === MOST_LEVELS) {
      this.levels = undefined
      return MOST_LEVELS
    }
    const code = this.#texts.length
    this.#texts.push(text)
    this.levels.set(text, { code, place: at.place(), count: 1 })
    return code
  }
}

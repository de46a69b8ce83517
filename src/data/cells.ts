/** A column of some rows: numbers, and what stands where there is none. */
export interface Cells {
  /** [rows]; NaN where a cell holds no number, ±Infinity where it says so. */
  readonly numbers: Float64Array
  /** By row, what a cell holds that is no number: its text as it is written, or null where it is missing. */
  readonly others: ReadonlyMap<number, string | null>
}

/** Some rows of a table, column by column; it may be overwritten as soon as the next ones are made. */
export interface CellBlock {
  readonly rows: number
  /** Those asked for, in the order asked. */
  readonly columns: readonly Cells[]
  /** Where a row (from 0, of this block) stands in its file, for messages. */
  place(row: number): string
}

/** What is known of a table before its rows. */
export interface TableHeader {
  /** As the file has them, [width]; undefined where it has none. */
  readonly names: readonly string[] | undefined
  readonly width: number
  /** Where that stands, for messages. */
  readonly place: string
  /** Whether a column holds numbers, as far as its type or first cell says. */
  numeric(column: number): boolean
}

/** Takes a table as it is read; all formats end here. */
export interface CellSink {
  /** Called once, before any rows; which columns (from 0) blocks are to have. */
  begin(header: TableHeader): readonly number[]
  push(block: CellBlock): void
}

/** `others` of a column that is all numbers. */
export const NO_OTHERS: ReadonlyMap<number, string | null> = new Map()

/** Numbers of a block, about. */
const BLOCK_NUMBERS = 2 ** 14

/** Rows of a block of so many columns: two at least, as a row may be told by the one below it. */
export function cellBlockRows(columns: number): number {
  return Math.max(2, Math.floor(BLOCK_NUMBERS / Math.max(1, columns)))
}

/** Puts values of any kind into blocks, row by row. */
export class CellBlockWriter {
  readonly #sink: CellSink
  readonly #place: (label: number) => string
  readonly #numbers: Float64Array[]
  readonly #others: (Map<number, string | null> | undefined)[]
  readonly #labels: Float64Array
  #row = 0

  /** `place` makes of a row's label, its line say, how messages call it. */
  constructor(sink: CellSink, columns: number, place: (label: number) => string) {
    const rows = cellBlockRows(columns)
    this.#sink = sink
    this.#place = place
    this.#numbers = Array.from({ length: columns }, () => new Float64Array(rows))
    this.#others = new Array(columns).fill(undefined)
    this.#labels = new Float64Array(rows)
  }

  number(column: number, value: number): void {
    this.#numbers[column][this.#row] = value
  }

  other(column: number, value: string | null): void {
    this.#numbers[column][this.#row] = Number.NaN
    this.#others[column] ??= new Map()
    this.#others[column].set(this.#row, value)
  }

  /** Ends a row whose cells have all been given. */
  endRow(label: number): void {
    this.#labels[this.#row++] = label
    if (this.#row === this.#labels.length) this.flush()
  }

  flush(): void {
    const rows = this.#row
    if (rows === 0) return
    this.#row = 0
    this.#sink.push({
      rows,
      columns: this.#numbers.map((numbers, j) => ({ numbers, others: this.#others[j] ?? NO_OTHERS })),
      place: (row) => this.#place(this.#labels[row]),
    })
    this.#others.fill(undefined)
  }
}

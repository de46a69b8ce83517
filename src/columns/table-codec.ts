import type { RowBlock } from '../data/row-source.js'
import type { Support } from '../data/support.js'
import { type ColumnCodec, columnCodec } from './column-codec.js'
import { RowUniforms } from './dequantise.js'
import { supportOf, type TableCodec } from './kinds.js'

/** A column of the table, and where its numbers stand in a row of the flow. */
interface Seat {
  readonly codec: ColumnCodec
  readonly at: number
}

/**
 * The rows of a table as rows of a flow and back: the modelled columns in the order of the table, and behind them those that
 * they are given. Values of a row are a number a column, as ColumnCodec has them.
 */
export class RowCodec {
  readonly codec: TableCodec
  /** Columns of the flow's rows: names, and how many of them are modelled. */
  readonly names: readonly string[]
  readonly dim: number
  /** Columns of the table. */
  readonly columns: readonly string[]
  /** How the values of each are written; undefined of numbers. */
  readonly texts: readonly (((value: number) => string) | undefined)[]
  /** Whether the log-density is not that of the values as they are, but has a mass in it. */
  readonly uniform: boolean
  readonly #seats: readonly Seat[]

  constructor(codec: TableCodec) {
    this.codec = codec
    const { columns, given } = codec
    const behind = given.map((name) => columns.findIndex((column) => column.name === name))
    const apart = new Set(behind)
    const modelled = [...columns.keys()].filter((j) => !apart.has(j))
    const names: string[] = []
    const seats = new Array<Seat>(columns.length)
    for (const [i, j] of [...modelled, ...behind].entries()) {
      const own = columnCodec(columns[j].kind, i >= modelled.length)
      seats[j] = { codec: own, at: names.length }
      names.push(...own.endings.map((ending) => columns[j].name + ending))
    }
    this.#seats = seats
    this.names = names
    this.dim = modelled.length
    this.columns = columns.map(({ name }) => name)
    this.texts = seats.map(({ codec: { text } }) => text)
    this.uniform = seats.some(({ codec: { uniform } }) => uniform)
  }

  /** The values that each modelled column of the flow can have. */
  get supports(): Support[] {
    const { columns, given } = this.codec
    return columns.filter(({ name }) => !given.includes(name)).map(({ kind }) => supportOf(kind))
  }

  /** Values [rows, columns] of rows with these numbers in their table → out [rows, names]; returned cut to length. */
  encode(values: RowBlock, numbers: ArrayLike<number>, out: Float64Array): Float64Array {
    const uniforms = new RowUniforms(this.codec.seed)
    return this.#encode(values, out, (i, j) => uniforms.at(numbers[i], j))
  }

  /** The same with a uniform number for each column, the same for every row. */
  encodeAt(values: RowBlock, uniforms: ArrayLike<number>, out: Float64Array): Float64Array {
    return this.#encode(values, out, (_, j) => uniforms[j])
  }

  /** Rows [rows, names] → out, values [rows, columns]; returned cut to length. */
  decode(rows: RowBlock, out: Float64Array): Float64Array {
    const [width, seats] = [this.names.length, this.#seats]
    const row = new Float64Array(width)
    let to = 0
    for (let from = 0; from < rows.length; from += width) {
      for (let k = 0; k < width; k++) row[k] = rows[from + k]
      for (const { codec, at } of seats) out[to++] = codec.decode(row, at)
    }
    return out.subarray(0, to)
  }

  /** Of each row ln of what makes mass of its density in the columns that have one: added to sums [rows]. */
  addLogMass(values: RowBlock, encoded: RowBlock, sums: Float64Array): void {
    const [width, seats] = [this.names.length, this.#seats]
    for (let i = 0, from = 0; i < sums.length; i++) {
      for (const { codec, at } of seats) sums[i] += codec.logMass(values[from++], encoded[i * width + at])
    }
  }

  #encode(values: RowBlock, out: Float64Array, uniform: (row: number, column: number) => number): Float64Array {
    const [width, seats] = [this.names.length, this.#seats]
    const rows = values.length / seats.length
    for (let i = 0, from = 0; i < rows; i++) {
      for (let j = 0; j < seats.length; j++) {
        const { codec, at } = seats[j]
        codec.encode(values[from++], codec.uniform ? uniform(i, j) : 0, out, i * width + at)
      }
    }
    return out.subarray(0, rows * width)
  }
}

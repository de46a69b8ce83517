import type { RowBlock } from '../data/row-source.js'
import type { Support } from '../data/support.js'
import { ln } from '../random/elementary.js'
import { type ColumnCodec, columnCodec } from './column-codec.js'
import { RowUniforms } from './dequantise.js'
import { MISSING, type Part, within } from './gathered.js'
import { supportOf, type TableCodec } from './kinds.js'

/** A column of the table, and where its numbers stand in a row of the flow. */
interface Seat {
  readonly codec: ColumnCodec
  readonly at: number
  /** Where it stands whether its cell is missing; −1 where none may be. */
  readonly told: number
  /** What is encoded of one that is: NaN where that is modelled. */
  readonly instead: number
  readonly given: boolean
}

/** A modelled column whose cells may be missing: its place, where its numbers stand in a row of the flow, and where whether they are there. */
export interface Gap {
  readonly column: number
  readonly at: number
  readonly told: number
}

/** From here on a number says that the cell is missing: a modelled one is in the middle of [0, 1) or [1, 2), a given one 0 or 1. */
export const MISSING_FROM = 1
/** In the middle of what says that it is there. */
export const THERE = 0.5

/** A number of (0, 1) for a column of a row, or of a part of it where the column's values are gathered there. */
type Uniform = (row: number, column: number, part: Part | undefined) => number

/**
 * The rows of a table as rows of a flow and back: the modelled columns in the order of the table, behind them which of their
 * cells are missing, and behind these the columns that they are given. Values of a row are a number a column, as ColumnCodec
 * has them, and NaN where the cell is missing.
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
  /** How many uniform numbers a row takes. */
  readonly uniforms: number
  /** Of the modelled columns whose cells may be missing. */
  readonly gaps: readonly Gap[]
  readonly #seats: readonly Seat[]

  constructor(codec: TableCodec) {
    this.codec = codec
    const { columns, given } = codec
    const behind = given.map((name) => columns.findIndex((column) => column.name === name))
    const apart = new Set(behind)
    const modelled = [...columns.keys()].filter((j) => !apart.has(j))
    const telling = modelled.filter((j) => columns[j].missing !== undefined)
    const taken = new Set(columns.map(({ name }) => name))
    const names: string[] = modelled.map((j) => columns[j].name)
    const tell = (j: number) => names.push(freeName(`${columns[j].name} missing`, taken)) - 1
    const toldAt = new Map(telling.map((j) => [j, tell(j)]))
    const seats = new Array<Seat>(columns.length)
    for (const [i, j] of modelled.entries()) {
      const own = columnCodec(columns[j].kind, false)
      seats[j] = { codec: own, at: i, told: toldAt.get(j) ?? -1, instead: Number.NaN, given: false }
    }
    this.dim = names.length
    for (const j of behind) {
      const { name, kind, missing } = columns[j]
      const own = columnCodec(kind, true)
      const at = names.length
      names.push(...own.endings.map((ending) => name + ending))
      const instead = typeof missing === 'number' ? missing : Number.NaN
      seats[j] = { codec: own, at, told: missing === undefined ? -1 : tell(j), instead, given: true }
    }
    this.#seats = seats
    this.names = names
    this.gaps = telling.map((j) => ({ column: j, at: seats[j].at, told: seats[j].told }))
    this.uniforms = (telling.length > 0 ? 2 : 1) * columns.length
    this.columns = columns.map(({ name }) => name)
    this.texts = seats.map(({ codec: { text } }) => text)
    this.uniform = telling.length > 0 || seats.some(({ codec: { uniform } }) => uniform)
  }

  /** The values that each modelled column of the flow can have. */
  get supports(): Support[] {
    const { columns, given } = this.codec
    const own = columns.filter(({ name }) => !given.includes(name)).map(({ kind }) => supportOf(kind))
    return [...own, ...this.gaps.map(() => ({ low: 0, high: 2 * MISSING_FROM }))]
  }

  /**
   * Values [rows, columns] of rows with these numbers in their table → out [rows, names]; returned cut to length. Of a modelled
   * cell that is missing it is said that it is, and its own number is NaN.
   */
  encode(values: RowBlock, numbers: ArrayLike<number>, out: Float64Array): Float64Array {
    const uniforms = new RowUniforms(this.codec.seed)
    return this.#encode(values, out, (i, j, part) => {
      const u = uniforms.at(numbers[i], j)
      return part ? within(part, u) : u
    })
  }

  /** The same with `uniforms` numbers, the same for every row. */
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
      for (const { codec, at, told } of seats)
        out[to++] = row[told] >= MISSING_FROM ? Number.NaN : codec.decode(row, at)
    }
    return out.subarray(0, to)
  }

  /** Of each row ln of what makes mass of its density in the columns that have one and are there, and of the part where it is said that cells are missing or there: added to sums [rows]. */
  addLogMass(values: RowBlock, encoded: RowBlock, sums: Float64Array): void {
    const [width, seats] = [this.names.length, this.#seats]
    const logToldWidth = ln(MISSING[1] - MISSING[0])
    for (let i = 0, from = 0; i < sums.length; i++) {
      for (const { codec, at, told, given } of seats) {
        const value = values[from++]
        if (!Number.isNaN(value)) sums[i] += codec.logMass(value, encoded[i * width + at])
        if (told >= 0 && !given) sums[i] += logToldWidth
      }
    }
  }

  #encode(values: RowBlock, out: Float64Array, uniform: Uniform): Float64Array {
    const [width, seats] = [this.names.length, this.#seats]
    const rows = values.length / seats.length
    for (let i = 0, from = 0; i < rows; i++) {
      for (let j = 0; j < seats.length; j++) {
        const { codec, at, told, instead, given } = seats[j]
        const value = values[from++]
        const missing = Number.isNaN(value)
        codec.encode(
          missing ? instead : value,
          codec.uniform ? uniform(i, j, codec.part?.(value)) : 0,
          out,
          i * width + at,
        )
        if (told < 0) continue
        out[i * width + told] =
          (missing ? MISSING_FROM : 0) + (given ? 0 : within(MISSING, uniform(i, seats.length + j, undefined)))
      }
    }
    return out.subarray(0, rows * width)
  }
}

/** A name that no other column has. */
function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let i = 2; taken.has(name); i++) name = `${wanted} ${i}`
  taken.add(name)
  return name
}

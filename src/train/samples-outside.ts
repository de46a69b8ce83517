import type { ColumnKind } from '../columns/kinds.js'
import { MISSING_FROM, RowCodec } from '../columns/table-codec.js'
import { blockRowsOf, type RowBlock, type RowSource } from '../data/row-source.js'
import { columnNames } from '../flow/column-names.js'
import type { Model } from '../flow/ensemble.js'
import type { Part } from './given-rows.js'

/** How many samples lie beyond the range of the training rows. */
export interface SamplesOutside {
  readonly samples: number
  /** Of them, those outside in one column at least. */
  readonly share: number
  /** And those so by more than three standard deviations of the column. */
  readonly farShare: number
  readonly columns: readonly ColumnOutside[]
}

export interface ColumnOutside {
  readonly name: string
  /** Range and standard deviation of the training rows. */
  readonly low: number
  readonly high: number
  readonly sd: number
  /** Range of the samples; null where it is infinite. */
  readonly least: number | null
  readonly greatest: number | null
  readonly share: number
  readonly farShare: number
}

/** Standard deviations outside the range from which on a sample is far. */
const FAR = 3

/**
 * Compares samples with the training rows, column by column of those that are modelled. Where the flow knows a table it is its
 * columns of numbers, with the values that the table would have; what is missing there lies nowhere.
 */
export async function samplesOutside(flow: Model, training: Part, samples: RowSource): Promise<SamplesOutside> {
  const { names, valuesOf } = flow.data.table ? tableNumbers(new RowCodec(flow.data.table)) : ownNumbers(flow)
  const ranges = await rangesOf(training, { names, valuesOf })
  const tally = new Outside(ranges)
  for await (const block of samples.blocks(blockRowsOf(samples.columns))) tally.add(valuesOf(block, samples.columns))
  const shareOf = (count: number) => count / samples.rows
  return {
    samples: samples.rows,
    share: shareOf(tally.rows),
    farShare: shareOf(tally.farRows),
    columns: ranges.flatMap(({ low, high, sd }, j) => {
      if (low === Number.NEGATIVE_INFINITY) return []
      const [least, greatest] = [finite(tally.least[j]), finite(tally.greatest[j])]
      const [share, farShare] = [shareOf(tally.outside[j]), shareOf(tally.far[j])]
      return [{ name: names[j], low, high, sd, least, greatest, share, farShare }]
    }),
  }
}

/** What is compared of a block of rows. */
interface Numbers {
  readonly names: readonly string[]
  /** [rows, names], NaN where a cell is missing. */
  valuesOf(block: RowBlock, columns: number): Float64Array
}

/** A flow's NaN lies outside of whatever there is. */
const outsideAll = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)

function ownNumbers(flow: Model): Numbers {
  const names = columnNames(flow).slice(0, flow.dim)
  return {
    names,
    valuesOf: (block, columns) =>
      Float64Array.from({ length: (block.length / columns) * names.length }, (_, at) =>
        outsideAll(block[Math.floor(at / names.length) * columns + (at % names.length)]),
      ),
  }
}

/** Names and dates are never drawn but from those of the table, and on a circle nothing is outside. */
function isCompared({ kind }: ColumnKind): boolean {
  return kind !== 'category' && kind !== 'date' && kind !== 'circular'
}

function tableNumbers(codec: RowCodec): Numbers {
  const { columns, given } = codec.codec
  const compared = [...columns.keys()].filter((j) => !given.includes(columns[j].name) && isCompared(columns[j].kind))
  const gaps = new Map(codec.gaps.map(({ column, told }) => [column, told]))
  return {
    names: compared.map((j) => columns[j].name),
    valuesOf(block, width) {
      const rows = block.length / width
      const decoded = codec.decode(block, new Float64Array(rows * columns.length))
      return Float64Array.from({ length: rows * compared.length }, (_, at) => {
        const [row, j] = [Math.floor(at / compared.length), compared[at % compared.length]]
        const told = gaps.get(j)
        const missing = told !== undefined && block[row * width + told] >= MISSING_FROM
        return missing ? Number.NaN : outsideAll(decoded[row * columns.length + j])
      })
    },
  }
}

interface Range {
  readonly low: number
  readonly high: number
  readonly sd: number
}

async function rangesOf({ rows, weights }: Part, { names, valuesOf }: Numbers): Promise<Range[]> {
  const all = names.map(() => new RangeFit())
  let first = 0
  for await (const block of rows.blocks(blockRowsOf(rows.columns))) {
    const count = block.length / rows.columns
    const values = valuesOf(block, rows.columns)
    const own = weights?.subarray(first, first + count)
    for (const [j, range] of all.entries()) range.add(values, all.length, j, own)
    first += count
  }
  return all.map((range) => range.end())
}

/** Of a column; sd² by Welford's update, Technometrics 4 (1962). */
class RangeFit {
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  #weight = 0
  #mean = 0
  #squares = 0

  add(block: Float64Array, columns: number, j: number, weights: Float64Array | undefined): void {
    for (let i = 0, at = j; at < block.length; i++, at += columns) {
      const weight = weights ? weights[i] : 1
      const value = block[at]
      if (weight === 0 || Number.isNaN(value)) continue
      if (value < this.#low) this.#low = value
      if (value > this.#high) this.#high = value
      this.#weight += weight
      const deviation = value - this.#mean
      this.#mean += (deviation * weight) / this.#weight
      this.#squares += weight * deviation * (value - this.#mean)
    }
  }

  /** Without values nothing is known of where they end. */
  end(): Range {
    if (this.#weight === 0) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, sd: 0 }
    return { low: this.#low, high: this.#high, sd: Math.sqrt(this.#squares / this.#weight) }
  }
}

class Outside {
  readonly #ranges: readonly Range[]
  readonly outside: number[]
  readonly far: number[]
  readonly least: number[]
  readonly greatest: number[]
  rows = 0
  farRows = 0

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges
    this.outside = ranges.map(() => 0)
    this.far = ranges.map(() => 0)
    this.least = ranges.map(() => Number.POSITIVE_INFINITY)
    this.greatest = ranges.map(() => Number.NEGATIVE_INFINITY)
  }

  /** Values [rows, columns]. */
  add(values: Float64Array): void {
    for (let from = 0; from < values.length; from += this.#ranges.length) {
      let [outside, far] = [false, false]
      for (const [j, { low, high, sd }] of this.#ranges.entries()) {
        const value = values[from + j]
        if (Number.isNaN(value)) continue
        this.least[j] = Math.min(this.least[j], value)
        this.greatest[j] = Math.max(this.greatest[j], value)
        if (value >= low && value <= high) continue
        this.outside[j]++
        outside = true
        if (value >= low - FAR * sd && value <= high + FAR * sd) continue
        this.far[j]++
        far = true
      }
      if (outside) this.rows++
      if (far) this.farRows++
    }
  }
}

/** JSON has no infinity. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

import { blockRowsOf, type RowSource } from '../data/row-source.js'
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

/** Compares samples with the training rows, column by column of those that are modelled. */
export async function samplesOutside(flow: Model, training: Part, samples: RowSource): Promise<SamplesOutside> {
  const ranges = await rangesOf(training, flow.dim)
  const tally = new Outside(ranges)
  for await (const block of samples.blocks(blockRowsOf(samples.columns))) tally.add(block, samples.columns)
  const names = columnNames(flow)
  const shareOf = (count: number) => count / samples.rows
  return {
    samples: samples.rows,
    share: shareOf(tally.rows),
    farShare: shareOf(tally.farRows),
    columns: ranges.map(({ low, high, sd }, j) => ({
      ...{ name: names[j], low, high, sd },
      least: finite(tally.least[j]),
      greatest: finite(tally.greatest[j]),
      share: shareOf(tally.outside[j]),
      farShare: shareOf(tally.far[j]),
    })),
  }
}

interface Range {
  readonly low: number
  readonly high: number
  readonly sd: number
}

async function rangesOf({ rows, weights }: Part, dim: number): Promise<Range[]> {
  const { columns } = rows
  const all = Array.from({ length: dim }, () => new RangeFit())
  let first = 0
  for await (const block of rows.blocks(blockRowsOf(columns))) {
    const own = weights?.subarray(first, first + block.length / columns)
    for (let j = 0; j < dim; j++) all[j].add(block, columns, j, own)
    first += block.length / columns
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

  add(block: Float32Array | Float64Array, columns: number, j: number, weights: Float64Array | undefined): void {
    for (let i = 0, at = j; at < block.length; i++, at += columns) {
      const weight = weights ? weights[i] : 1
      if (weight === 0) continue
      const value = block[at]
      if (value < this.#low) this.#low = value
      if (value > this.#high) this.#high = value
      this.#weight += weight
      const deviation = value - this.#mean
      this.#mean += (deviation * weight) / this.#weight
      this.#squares += weight * deviation * (value - this.#mean)
    }
  }

  end(): Range {
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

  add(block: Float32Array | Float64Array, columns: number): void {
    for (let from = 0; from < block.length; from += columns) {
      let [outside, far] = [false, false]
      for (const [j, { low, high, sd }] of this.#ranges.entries()) {
        const value = block[from + j]
        this.least[j] = Math.min(this.least[j], value)
        this.greatest[j] = Math.max(this.greatest[j], value)
        // Written so that NaN is outside.
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

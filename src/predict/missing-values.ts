import { RowUniforms } from '../columns/dequantise.js'
import { type Gap, MISSING_FROM, type RowCodec, THERE } from '../columns/table-codec.js'
import type { Model } from '../flow/ensemble.js'
import { PURPOSE } from '../random/purposes.js'
import { COARSE, Conditionals, type Parallel } from './conditionals.js'
import type { NodeDensity } from './node-density.js'

/** Rows of a flow, [rows, names of the codec], some of whose numbers are missing, and what their numbers are drawn by. */
export interface GapRows {
  readonly data: Float64Array
  readonly numbers: ArrayLike<number>
}

/** Rows that are drawn for at a time: some hundred places in each. */
const BLOCK_ROWS = 1024
/** Rows that a model draws for first values. */
const DRAWN = 1024
/** Sweeps through the missing values of a row that misses several; one alone is drawn as it should be at once. */
const SWEEPS = 10

/** Whether the value of a gap is missing in the row that begins there. */
export function isMissing(data: Float64Array, row: number, { told }: Gap): boolean {
  return data[row + told] >= MISSING_FROM
}

/**
 * Puts a first value in for each that is missing: one of `pools`, those of each gap in any order, by seed, row and gap.
 */
export function startMissing(codec: RowCodec, { data, numbers }: GapRows, pools: readonly Float64Array[]): void {
  const uniforms = new RowUniforms(codec.codec.seed, PURPOSE.missing)
  const width = codec.names.length
  for (let i = 0; i < numbers.length; i++) {
    for (const [k, gap] of codec.gaps.entries()) {
      if (!isMissing(data, i * width, gap)) continue
      data[i * width + gap.at] = pools[k][Math.floor(uniforms.at(numbers[i], k) * pools[k].length)]
    }
  }
}

/** The values of each gap in rows that a model draws, given `contexts` [any, contextDim] in turn. */
export function drawnPools(model: Model, { gaps }: RowCodec, contexts: Float64Array): Float64Array[] {
  const { dim, contextDim } = model
  const context = Float64Array.from({ length: DRAWN * contextDim }, (_, at) => contexts[at % contexts.length])
  const { data } = model.sample(DRAWN, { seed: 0, ...(contextDim > 0 && { context }) })
  return gaps.map(({ at }) => Float64Array.from({ length: DRAWN }, (_, i) => data[i * dim + at]))
}

/**
 * What a value is drawn as if it were there: its own cell, so that nothing is learnt from what stood in for it before; all cells
 * that are missing; or none, so that the density is that of rows with such gaps.
 */
export type AsThere = 'own' | 'all' | 'none'

/**
 * Values that are missing, drawn by a model one after another, each from its density given all other numbers of the row: a Gibbs
 * sampler.
 */
export class MissingValues {
  readonly #codec: RowCodec
  readonly #asThere: AsThere
  readonly #conditionals: readonly Conditionals[]
  readonly #uniforms: RowUniforms

  constructor(model: Model, codec: RowCodec, contexts: Float64Array, asThere: AsThere) {
    this.#codec = codec
    this.#asThere = asThere
    this.#conditionals = codec.gaps.map(({ at }) => new Conditionals(model, at, contexts, COARSE))
    this.#uniforms = new RowUniforms(codec.codec.seed, PURPOSE.missing)
  }

  /** Draws anew what is missing in rows, in place: `round` counts from 0, and other rounds take other random numbers. */
  async draw(rows: GapRows, round: number, parallel: Parallel): Promise<void> {
    const { gaps, names } = this.#codec
    const all = Array.from(rows.numbers, (_, i) => i)
    const several = all.filter((i) => gaps.filter((gap) => isMissing(rows.data, i * names.length, gap)).length > 1)
    await this.sweep(rows, all, 1 + round * SWEEPS, parallel)
    for (let sweep = 2; sweep <= SWEEPS; sweep++) await this.sweep(rows, several, sweep + round * SWEEPS, parallel)
  }

  /** Draws each missing value of some rows once, in place; sweeps count from 1. A value that has no density anywhere stays. */
  async sweep({ data, numbers }: GapRows, among: readonly number[], sweep: number, parallel: Parallel): Promise<void> {
    const { gaps, names, supports } = this.#codec
    const width = names.length
    for (const [k, gap] of gaps.entries()) {
      const rows = among.filter((i) => isMissing(data, i * width, gap))
      const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = supports[gap.at]
      for (let first = 0; first < rows.length; first += BLOCK_ROWS) {
        const chosen = rows.slice(first, first + BLOCK_ROWS)
        const densities = await this.densities(k, rowsOf(data, chosen, width), parallel)
        for (const [n, i] of chosen.entries()) {
          if (densities[n].isEmpty) continue
          const value = densities[n].quantile(this.#uniforms.at(numbers[i], sweep * gaps.length + k))
          if (value > low && value < high) data[i * width + gap.at] = value
        }
      }
    }
  }

  /** The density of gap k in each of these rows, which it may change. */
  densities(k: number, rows: Float64Array, parallel: Parallel): Promise<NodeDensity[]> {
    const { gaps, names } = this.#codec
    const there = { own: [gaps[k]], all: gaps, none: [] }[this.#asThere]
    for (let i = 0; i < rows.length; i += names.length) for (const { told } of there) rows[i + told] = THERE
    return this.#conditionals[k].densities(rows, parallel)
  }
}

/** Draws what is missing in rows by a model, in place. */
export async function drawMissing(model: Model, codec: RowCodec, rows: GapRows, parallel: Parallel): Promise<void> {
  if (codec.gaps.length === 0 || rows.numbers.length === 0) return
  const contexts = contextsOf(model, rows.data)
  startMissing(codec, rows, drawnPools(model, codec, contexts))
  await new MissingValues(model, codec, contexts, 'own').draw(rows, 0, parallel)
}

/** What rows [rows, dim + contextDim] are given. */
export function contextsOf({ dim, contextDim }: Pick<Model, 'dim' | 'contextDim'>, data: Float64Array): Float64Array {
  return contextDim === 0 ? new Float64Array(0) : data.filter((_, at) => at % (dim + contextDim) >= dim)
}

/** These rows, in memory of their own. */
export function rowsOf(data: Float64Array, rows: readonly number[], width: number): Float64Array {
  const out = new Float64Array(rows.length * width)
  for (const [n, i] of rows.entries()) out.set(data.subarray(i * width, (i + 1) * width), n * width)
  return out
}

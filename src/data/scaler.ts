import ndarray, { type NdArray } from 'ndarray'
import ops from 'ndarray-ops'
import { DataError, UsageError } from '../errors.js'
import { ln } from '../random/elementary.js'
import type { MarginalSpline } from './marginal-spline.js'
import { columnTitle } from './row-sample.js'
import { blockRowsOf, type RowSource } from './row-source.js'
import type { Matrix } from './rows.js'
import type { Support } from './support.js'
import type { Whitening } from './whitening.js'

/**
 * What rows pass before a flow sees them: v = (x − mean)/sd for each column, and of the columns that are modelled, where
 * there is more, s(x) in place of x, u = g(v) column by column and z = W(u − m). A line alone is the fast path; see
 * RowTransform for the rest.
 */
export interface Scaler {
  /** The values that each modelled column can have, [dim]; mean and sd are then those of s(x). */
  readonly supports?: readonly Support[]
  /** [dim + contextDim], in the data's units: of the columns and, behind them, of what they are conditioned on. */
  readonly mean: Float64Array
  /** [dim + contextDim], in the data's units; positive. */
  readonly sd: Float64Array
  /** g of each modelled column, [dim]. */
  readonly marginals?: readonly MarginalSpline[]
  readonly whitening?: Whitening
}

/** Whether it is more than a line for each column. */
export function isBent({ supports, marginals, whitening }: Scaler): boolean {
  return supports !== undefined || marginals !== undefined || whitening !== undefined
}

/** The lines of columns [first, end) alone. */
export function scalerPart({ mean, sd }: Scaler, first: number, end?: number): Scaler {
  return { mean: mean.subarray(first, end), sd: sd.subarray(first, end) }
}

/** A standardised value beyond this in absolute value has log-density −∞; below it float32 kernels stay finite. */
export const STANDARDISED_BOUND = 1e6

/** The scaler that changes nothing: mean 0, sd 1. */
export function identityScaler(columns: number): Scaler {
  return { mean: new Float64Array(columns), sd: new Float64Array(columns).fill(1) }
}

/**
 * Mean and population standard deviation (÷ n, or ÷ Σ w) of each column of rows that come in blocks.
 *
 * One pass in float64. With c the mean of the first block, mean = c + Σ(x − c)/n and sd² = Σ(x − c)²/n − (Σ(x − c)/n)²:
 * for one block the corrected two-pass algorithm, for more the shifted one (Chan, Golub, LeVeque, "Algorithms for
 * computing the sample variance", 1983, (1.7) and section 3). Where a share p of the rows is in the first block, the
 * shift is off by at most √((1 − p)/p) sd, so that sd² loses a factor of 1/p in accuracy at worst.
 */
export class ScalerFit {
  readonly #names: readonly string[] | undefined
  readonly #dim: number
  readonly #low: Float64Array
  readonly #high: Float64Array
  /** c, Σ(x − c) and Σ(x − c)². */
  readonly #centre: Float64Array
  readonly #sum: Float64Array
  readonly #squares: Float64Array
  #rows = 0
  #weight = 0
  #values = new Float64Array(0)

  /** `names` name the columns in messages; those from `dim` on are what the others are conditioned on. */
  constructor(columns: number, names?: readonly string[], dim = columns) {
    this.#names = names
    this.#dim = dim
    this.#low = new Float64Array(columns).fill(Number.POSITIVE_INFINITY)
    this.#high = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY)
    this.#centre = new Float64Array(columns)
    this.#sum = new Float64Array(columns)
    this.#squares = new Float64Array(columns)
  }

  /** Takes a block x [rows, dim], each row as often as its weight says. */
  add(x: NdArray, weights?: Float64Array): void {
    const [rows, dim] = x.shape
    if (rows === 0) return
    if (this.#values.length < rows) this.#values = new Float64Array(rows)
    const values = this.#values.subarray(0, rows)
    const column = ndarray(values, [rows])
    for (let j = 0; j < dim; j++) {
      for (let i = 0; i < rows; i++) values[i] = x.get(i, j)
      if (this.#rows === 0) this.#centre[j] = ops.sum(column) / rows
      if (weights) {
        this.#addWeighted(j, values, weights)
        continue
      }
      this.#low[j] = Math.min(this.#low[j], ops.inf(column))
      this.#high[j] = Math.max(this.#high[j], ops.sup(column))
      ops.subseq(column, this.#centre[j])
      this.#sum[j] += ops.sum(column)
      this.#squares[j] += ops.norm2squared(column)
    }
    this.#rows += rows
    for (let i = 0; i < rows; i++) this.#weight += weights ? weights[i] : 1
  }

  #addWeighted(j: number, values: Float64Array, weights: Float64Array): void {
    for (const [i, value] of values.entries()) {
      const weight = weights[i]
      if (weight === 0) continue
      this.#low[j] = Math.min(this.#low[j], value)
      this.#high[j] = Math.max(this.#high[j], value)
      const deviation = value - this.#centre[j]
      this.#sum[j] += weight * deviation
      this.#squares[j] += weight * deviation * deviation
    }
  }

  /**
   * @throws UsageError without rows; DataError for a constant column or one whose spread float64 cannot square.
   */
  end(): Scaler {
    const weight = this.#weight
    if (this.#rows === 0) throw new UsageError('Standardising needs at least one row, got none.')
    const scaler = identityScaler(this.#sum.length)
    for (let j = 0; j < this.#sum.length; j++) {
      const name = columnTitle(j, this.#names, this.#dim)
      const low = this.#low[j]
      if (low === this.#high[j]) throw constantColumn(name, low, j < this.#dim)
      const correction = this.#sum[j] / weight
      scaler.mean[j] = this.#centre[j] + correction
      scaler.sd[j] = Math.sqrt(this.#squares[j] / weight - correction * correction)
      if (!(scaler.sd[j] > 0 && scaler.sd[j] < Infinity)) {
        throw new DataError(
          `${name} cannot be standardised: its values lie too close or too far apart for float64; rescale it.`,
        )
      }
    }
    return scaler
  }
}

/** Of a column that is called so and modelled, or that others are conditioned on. */
export function constantColumn(title: string, value: number, modelled: boolean): DataError {
  const so = modelled ? 'it has no density' : 'nothing can depend on it'
  return new DataError(`${title} is constant (${value} in every row), so ${so}: leave it out.`)
}

/** Mean and sd of each column of rows from a source, with a weight each; `names` and `dim` as ScalerFit has them. */
export async function fitStandardiser(
  source: RowSource,
  names: readonly string[] | undefined,
  dim: number,
  weights?: Float64Array,
): Promise<Scaler> {
  const { columns } = source
  const fit = new ScalerFit(columns, names, dim)
  let first = 0
  for await (const block of source.blocks(blockRowsOf(columns))) {
    const rows = block.length / columns
    fit.add(ndarray(block, [rows, columns]), weights?.subarray(first, first + rows))
    first += rows
  }
  return fit.end()
}

/** The rows of x [rows, dim] with a value beyond STANDARDISED_BOUND under the scaler's lines, ascending. */
export function rowsOutside({ data, rows, columns }: Matrix, { mean, sd }: Scaler): number[] {
  const outside: number[] = []
  for (let i = 0; i < rows; i++) {
    let inside = true
    for (let j = 0; j < columns; j++) {
      const z = (data[i * columns + j] - mean[j]) / sd[j]
      inside &&= z <= STANDARDISED_BOUND && z >= -STANDARDISED_BOUND
    }
    if (!inside) outside.push(i)
  }
  return outside
}

/**
 * Σ ln sd of the `dim` columns that the density is of, not of those that it is conditioned on: where a scaler is lines
 * alone, log-density in original units = log-density of standardised values − this.
 */
export function logScale({ sd }: Scaler, dim: number): number {
  return sd.subarray(0, dim).reduce((sum, s) => sum + ln(s), 0)
}

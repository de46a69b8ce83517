import ndarray, { type NdArray } from 'ndarray'
import ops from 'ndarray-ops'
import { DataError, UsageError } from '../errors.js'
import { ln } from '../random/elementary.js'
import type { Matrix } from './rows.js'

/** Standardised = (x − mean)/sd for each column. */
export interface Scaler {
  /** [dim], in the data's units. */
  readonly mean: Float64Array
  /** [dim], in the data's units; positive. */
  readonly sd: Float64Array
}

/** A standardised value beyond this in absolute value has log-density −∞; below it float32 kernels stay finite. */
export const STANDARDISED_BOUND = 1e6

/** The scaler that changes nothing: mean 0, sd 1. */
export function identityScaler(dim: number): Scaler {
  return { mean: new Float64Array(dim), sd: new Float64Array(dim).fill(1) }
}

/**
 * Mean and population standard deviation (÷ n) of each column of x [rows, dim], or of the rows `chosen`.
 *
 * Two passes in float64: mean = m + Σ(x − m)/n with m = Σx/n, then sd² = Σ(x − m)²/n − (Σ(x − m)/n)², the corrected
 * two-pass algorithm (Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983, (1.7)).
 * `names` name the columns in messages. Throws UsageError without rows, DataError for a constant column or one whose
 * spread float64 cannot square.
 */
export function fitScaler(x: NdArray, names?: readonly string[], chosen?: Int32Array): Scaler {
  const [all, dim] = x.shape
  const rows = chosen?.length ?? all
  if (!(rows > 0)) throw new UsageError('Standardising needs at least one row, got none.')
  const scaler = identityScaler(dim)
  const values = new Float64Array(rows)
  const column = ndarray(values, [rows])
  for (let j = 0; j < dim; j++) {
    for (let i = 0; i < rows; i++) values[i] = x.get(chosen ? chosen[i] : i, j)
    const name = names?.[j] === undefined ? `Column ${j}` : `Column ${JSON.stringify(names[j])}`
    const low = ops.inf(column)
    if (low === ops.sup(column)) {
      throw new DataError(`${name} is constant (${low} in every row), so it has no density: leave it out.`)
    }
    const centre = ops.sum(column) / rows
    ops.subseq(column, centre)
    const correction = ops.sum(column) / rows
    const variance = ops.norm2squared(column) / rows - correction * correction
    scaler.mean[j] = centre + correction
    scaler.sd[j] = Math.sqrt(variance)
    if (!(scaler.sd[j] > 0 && scaler.sd[j] < Infinity)) {
      throw new DataError(
        `${name} cannot be standardised: its values lie too close or too far apart for float64; rescale it.`,
      )
    }
  }
  return scaler
}

/** The rows of x [rows, dim] with a standardised value beyond STANDARDISED_BOUND, ascending. */
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

/** Writes x = z·sd + mean of z [rows, dim], row-major, into target in float64; the whole of `source` is read. */
export function destandardise(source: Float32Array | Float64Array, { mean, sd }: Scaler, target: Float64Array): void {
  const dim = mean.length
  for (let j = 0; j < dim; j++) {
    const [centre, scale] = [mean[j], sd[j]]
    for (let at = j; at < source.length; at += dim) target[at] = source[at] * scale + centre
  }
}

/** Σ ln sd: log-density in original units = log-density of standardised values − this. */
export function logScale({ sd }: Scaler): number {
  return sd.reduce((sum, s) => sum + ln(s), 0)
}

import { exp, ln } from '../random/elementary.js'
import { type Mapped, mapMarginal, unmapMarginal } from './marginal-spline.js'
import { logScale, type Scaler, STANDARDISED_BOUND } from './scaler.js'
import { bendOfSupport, logSlopeOfSupport, mapSupport, unmapSupport } from './support.js'
import { logDiagonal, transposeTimes, unwhiten, whiten } from './whitening.js'

type Floats = Float32Array | Float64Array

/** A value on the noise side further out than this comes back as this: nothing behind it overflows to NaN. */
const FARTHEST = 1e100

/**
 * A scaler with all its steps, in float64 and with the same bits on every engine: v = (s(x) − mean)/sd and u = g(v) by
 * column, z = W(u − m); columns that the others are conditioned on take a line alone.
 * ln|det ∂z/∂x| = Σ ln Wⱼⱼ + Σ ln gⱼ′(vⱼ) − Σ ln sdⱼ + Σ ln sⱼ′(xⱼ). Rows go in and out row-major.
 */
export class RowTransform {
  readonly #scaler: Scaler
  readonly #dim: number
  readonly #inverseSd: Float64Array
  /** Of all rows: Σ ln Wⱼⱼ − Σ ln sdⱼ. */
  readonly #constant: number
  readonly #mapped: Mapped = { z: 0, slope: 1, bend: 0 }
  readonly #row: Float64Array
  #logDets = new Float64Array(0)
  /** gⱼ′ and (ln gⱼ′)′ of the rows that `forward` has seen last, [rows, dim]. */
  #slopes = new Float64Array(0)
  #bends = new Float64Array(0)
  /** s of them, likewise. */
  #unbounded = new Float64Array(0)

  constructor(scaler: Scaler, dim: number) {
    this.#scaler = scaler
    this.#dim = dim
    this.#inverseSd = scaler.sd.map((sd) => 1 / sd)
    this.#row = new Float64Array(scaler.mean.length)
    this.#constant = (scaler.whitening ? logDiagonal(scaler.whitening) : 0) - logScale(scaler, dim)
  }

  /** ln|det ∂z/∂x| of the rows that `forward` or `inverse` has seen last, 0 of those outside; more may stand behind them. */
  get logDets(): Float64Array {
    return this.#logDets
  }

  /**
   * x [rows, dim + contextDim] in the data's units → z, as wide, in the target's precision. Returns the rows with a value
   * beyond STANDARDISED_BOUND, ascending, infinite ones and NaN among them; they are zeros in the target.
   */
  forward(x: Floats, target: Floats): number[] {
    const { mean, sd, supports } = this.#scaler
    const [row, dim, inverseSd] = [this.#row, this.#dim, this.#inverseSd]
    const width = row.length
    this.#makeRoom(x.length / width)
    const outside: number[] = []
    for (let i = 0, at = 0; at < x.length; i++, at += width) {
      for (let j = 0; j < dim; j++) {
        const s = supports ? mapSupport(supports[j], x[at + j]) : x[at + j]
        if (supports) this.#unbounded[i * dim + j] = s
        row[j] = (s - mean[j]) / sd[j]
      }
      // As the kernels have it where a context comes alone.
      for (let j = dim; j < width; j++) row[j] = (x[at + j] - mean[j]) * inverseSd[j]
      this.#toNoise(i)
      let inside = true
      for (let j = 0; j < width; j++) inside &&= row[j] <= STANDARDISED_BOUND && row[j] >= -STANDARDISED_BOUND
      if (!inside) {
        outside.push(i)
        row.fill(0)
        this.#logDets[i] = 0
      }
      for (let j = 0; j < width; j++) target[at + j] = row[j]
    }
    return outside
  }

  /** z [rows, dim] → x in the data's units; what lies beyond float64 becomes its largest number. */
  inverse(z: Floats, x: Float64Array): void {
    const { mean, sd, supports, marginals, whitening } = this.#scaler
    const [row, dim] = [this.#row, this.#dim]
    this.#makeRoom(z.length / dim)
    for (let i = 0, at = 0; at < z.length; i++, at += dim) {
      for (let j = 0; j < dim; j++) row[j] = within(z[at + j], FARTHEST)
      if (whitening) unwhiten(whitening, row)
      let logDet = this.#constant
      for (let j = 0; j < dim; j++) {
        if (marginals) {
          row[j] = within(unmapMarginal(marginals[j], row[j]), Number.MAX_VALUE)
          mapMarginal(marginals[j], row[j], this.#mapped)
          logDet += ln(this.#mapped.slope)
        }
        const s = within(row[j] * sd[j] + mean[j], Number.MAX_VALUE)
        if (supports) logDet += logSlopeOfSupport(supports[j], s)
        x[at + j] = supports ? unmapSupport(supports[j], s) : s
      }
      this.#logDets[i] = logDet
    }
  }

  /**
   * From ∂h/∂z [rows, dim], for the rows that `forward` has seen last, to the gradient by x of h(z(x)) + ln|det ∂z/∂x|, in
   * place: ∂u = Wᵀ∂z; ∂v = g′∂u + (ln g′)′, for of the log-determinant ln gⱼ′ alone depends on vⱼ, and on it alone;
   * ∂s = ∂v/sd; ∂x = s′∂s + (ln s′)′.
   */
  pullBack(gradient: Floats): void {
    const { sd, supports, marginals, whitening } = this.#scaler
    const [row, dim] = [this.#row, this.#dim]
    for (let at = 0; at < gradient.length; at += dim) {
      for (let j = 0; j < dim; j++) row[j] = gradient[at + j]
      if (whitening) transposeTimes(whitening, row)
      for (let j = 0; j < dim; j++) {
        const dv = marginals ? row[j] * this.#slopes[at + j] + this.#bends[at + j] : row[j]
        gradient[at + j] = dv / sd[j]
        if (!supports) continue
        const s = this.#unbounded[at + j]
        const slope = exp(logSlopeOfSupport(supports[j], s))
        gradient[at + j] = gradient[at + j] * slope + bendOfSupport(supports[j], s, slope)
      }
    }
  }

  /** Row i: v → z, in place, and its log-determinant. */
  #toNoise(i: number): void {
    const { supports, marginals, whitening } = this.#scaler
    const [row, dim, mapped] = [this.#row, this.#dim, this.#mapped]
    let logDet = this.#constant
    if (supports) for (let j = 0; j < dim; j++) logDet += logSlopeOfSupport(supports[j], this.#unbounded[i * dim + j])
    if (marginals) {
      for (let j = 0, at = i * dim; j < dim; j++, at++) {
        mapMarginal(marginals[j], row[j], mapped)
        row[j] = mapped.z
        this.#slopes[at] = mapped.slope
        this.#bends[at] = mapped.bend
        logDet += ln(mapped.slope)
      }
    }
    if (whitening) whiten(whitening, row)
    this.#logDets[i] = logDet
  }

  #makeRoom(rows: number): void {
    if (this.#logDets.length >= rows) return
    this.#logDets = new Float64Array(rows)
    const numbers = this.#scaler.marginals ? rows * this.#dim : 0
    this.#slopes = new Float64Array(numbers)
    this.#bends = new Float64Array(numbers)
    this.#unbounded = new Float64Array(this.#scaler.supports ? rows * this.#dim : 0)
  }
}

function within(x: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, x))
}

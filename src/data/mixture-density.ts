import { exp, ln } from '../random/elementary.js'
import type { GaussianMixture } from './gaussian-mixture.js'

/** Rows that are looked at together: a loop over them does one thing, from memory that is near. */
export const BLOCK_ROWS = 256
/** A component below the greatest of a row by e^−28 has none of it: less than what its sums round away. */
const FARTHEST = 28

const LN_2PI = ln(2 * Math.PI)

/** How likely rows are under a mixture, and whose they are, a block of them at a time. */
export class MixtureDensity {
  /** ln Σₖ πₖ Nₖ(x) of the rows loaded last. */
  readonly logProb = new Float64Array(BLOCK_ROWS)
  /** Each component's share of each of them, [components, BLOCK_ROWS]. */
  readonly shares: Float64Array
  /** x of them, [dim, BLOCK_ROWS]. */
  readonly columns: Float64Array
  readonly #mixture: GaussianMixture
  readonly #dim: number
  /** Lₖ⁻¹, packed by rows, and ln πₖ − ½ dim ln 2π − ln|Lₖ|. */
  readonly #inverses: Float64Array
  readonly #constants: Float64Array
  readonly #u = new Float64Array(BLOCK_ROWS)
  readonly #greatest = new Float64Array(BLOCK_ROWS)

  constructor(mixture: GaussianMixture, dim: number) {
    const { weights, choleskies } = mixture
    const packed = (dim * (dim + 1)) / 2
    this.#mixture = mixture
    this.#dim = dim
    this.shares = new Float64Array(weights.length * BLOCK_ROWS)
    this.columns = new Float64Array(dim * BLOCK_ROWS)
    this.#inverses = new Float64Array(weights.length * packed)
    this.#constants = Float64Array.from(weights, (weight, k) => {
      const l = choleskies.subarray(k * dim * dim, (k + 1) * dim * dim)
      invert(l, dim, this.#inverses.subarray(k * packed, (k + 1) * packed))
      let constant = ln(weight) - 0.5 * dim * LN_2PI
      for (let j = 0; j < dim; j++) constant -= ln(l[j * dim + j])
      return constant
    })
  }

  /** Rows first … first + count − 1, of BLOCK_ROWS at most. */
  load(rows: Float32Array | Float64Array, first: number, count: number): void {
    const dim = this.#dim
    for (let t = 0, from = first * dim; t < count; t++) {
      for (let j = 0; j < dim; j++) this.columns[j * BLOCK_ROWS + t] = rows[from++]
    }
    this.#greatest.fill(Number.NEGATIVE_INFINITY)
    for (let k = 0; k < this.#constants.length; k++) this.#component(k, count)
    this.#share(count)
  }

  /** ln πₖ Nₖ(x) = constant − ½|Lₖ⁻¹(x − meanₖ)|². */
  #component(k: number, count: number): void {
    const log = this.shares.subarray(k * BLOCK_ROWS, k * BLOCK_ROWS + count)
    if (this.#dim === 2) this.#component2(k, log)
    else this.#componentOfAny(k, log)
    const greatest = this.#greatest
    for (let t = 0; t < count; t++) if (log[t] > greatest[t]) greatest[t] = log[t]
  }

  /** Of two columns, the most usual number, in one loop. */
  #component2(k: number, log: Float64Array): void {
    const [x, y] = [this.columns.subarray(0, BLOCK_ROWS), this.columns.subarray(BLOCK_ROWS)]
    const [a, b] = [this.#mixture.means[2 * k], this.#mixture.means[2 * k + 1]]
    const [l, m, n] = this.#inverses.subarray(3 * k, 3 * k + 3)
    const constant = this.#constants[k]
    for (let t = 0; t < log.length; t++) {
      const [d, e] = [x[t] - a, y[t] - b]
      const [u, v] = [l * d, m * d + n * e]
      log[t] = constant - 0.5 * (u * u + v * v)
    }
  }

  #componentOfAny(k: number, log: Float64Array): void {
    const [dim, u, columns] = [this.#dim, this.#u, this.columns]
    const { means } = this.#mixture
    log.fill(this.#constants[k])
    let at = (k * dim * (dim + 1)) / 2
    for (let j = 0; j < dim; j++) {
      u.fill(0)
      for (let i = 0; i <= j; i++) {
        addTimes(columns.subarray(i * BLOCK_ROWS), means[k * dim + i], this.#inverses[at++], log.length, u)
      }
      for (let t = 0; t < log.length; t++) log[t] -= 0.5 * u[t] * u[t]
    }
  }

  #share(count: number): void {
    const { shares, logProb } = this
    const sums = this.#u.fill(0)
    const greatest = this.#greatest
    for (let at = 0; at < shares.length; at += BLOCK_ROWS) {
      for (let t = 0; t < count; t++) {
        const below = shares[at + t] - greatest[t]
        const share = below > -FARTHEST ? exp(below) : 0
        shares[at + t] = share
        sums[t] += share
      }
    }
    for (let t = 0; t < count; t++) logProb[t] = greatest[t] + ln(sums[t])
    for (let at = 0; at < shares.length; at += BLOCK_ROWS) {
      for (let t = 0; t < count; t++) if (shares[at + t] > 0) shares[at + t] /= sums[t]
    }
  }
}

/** u += (x − mean) · factor */
function addTimes(x: Float64Array, mean: number, factor: number, count: number, u: Float64Array): void {
  for (let t = 0; t < count; t++) u[t] += (x[t] - mean) * factor
}

/** L⁻¹ of a lower triangular L [dim, dim], packed by rows. */
function invert(l: Float64Array, dim: number, packed: Float64Array): void {
  const row = (j: number) => (j * (j + 1)) / 2
  for (let j = 0; j < dim; j++) {
    for (let i = 0; i < j; i++) {
      let sum = 0
      for (let k = i; k < j; k++) sum += l[j * dim + k] * packed[row(k) + i]
      packed[row(j) + i] = -sum / l[j * dim + j]
    }
    packed[row(j) + j] = 1 / l[j * dim + j]
  }
}

import { latinUniforms } from '../columns/dequantise.js'
import type { RowCodec } from '../columns/table-codec.js'
import type { Model } from '../flow/ensemble.js'
import { LogMeanExp } from '../flow/log-mean-exp.js'
import { type Closeness, Conditionals, FINE, type Parallel } from './conditionals.js'
import { drawnPools, MissingValues, rowsOf, startMissing } from './missing-values.js'
import type { NodeDensity } from './node-density.js'

/** Chains that find out where missing values lie together, and sweeps of each. */
const CHAINS = 16
const SWEEPS = 3
/** Points at which all of several missing values but the last are drawn: a multiple of what rounded values are averaged over. */
const POINTS = 64
/** How closely the last is looked at there: the points scatter by far more. */
const CLOSE: Closeness = { intervals: 32, tolerance: 1e-3 }
/** Rows whose densities are looked at together. */
const BLOCK_ROWS = 64

/**
 * ln p(what is there, and what is missing) of rows of values [rows, columns of the codec] with missing ones, in nats: these
 * integrated out. With rounded values averaged over `uniforms` as those of whole rows.
 *
 * One missing value is integrated by the trapezoid rule, to 1e-4. Of several the last is, for each of 64 points at which the others
 * x stand, drawn from q(x) = Π q_j(x_j), where q_j is the mean of 16 densities of x_j given all else as Gibbs chains leave it:
 *
 *     p = E_q [ ∫ p(there, x, t) dt / q(x) ]
 *
 * (importance sampling; the points, a Latin hypercube, are the same for every row.) Of p the estimate is unbiased.
 */
export class ObservedDensity {
  readonly #codec: RowCodec
  readonly #values: MissingValues
  readonly #fine: readonly Conditionals[]
  readonly #close: readonly Conditionals[]
  readonly #pools: readonly Float64Array[]
  readonly #uniforms: readonly Float64Array[]

  /** `contexts` [any, contextDim] are such as rows are given. */
  constructor(model: Model, codec: RowCodec, contexts: Float64Array, uniforms: readonly Float64Array[]) {
    this.#codec = codec
    this.#values = new MissingValues(model, codec, contexts, 'none')
    const conditionals = (closeness: Closeness) =>
      codec.gaps.map(({ at }) => new Conditionals(model, at, contexts, closeness))
    this.#fine = conditionals(FINE)
    this.#close = conditionals(CLOSE)
    this.#pools = drawnPools(model, codec, contexts)
    this.#uniforms = uniforms
  }

  async logProb(values: Float64Array, parallel: Parallel): Promise<Float64Array> {
    const width = this.#codec.columns.length
    const out = new Float64Array(values.length / width)
    for (const { gaps, rows: all } of this.#byPattern(values)) {
      for (let first = 0; first < all.length; first += BLOCK_ROWS) {
        const rows = all.slice(first, first + BLOCK_ROWS)
        const own = rowsOf(values, rows, width)
        const told = await (gaps.length > 1 ? this.#several(own, gaps, parallel) : this.#one(own, gaps[0], parallel))
        for (const [n, i] of rows.entries()) out[i] = told[n]
      }
    }
    return out
  }

  async #one(values: Float64Array, gap: number, parallel: Parallel): Promise<Float64Array> {
    const sum = new LogMeanExp(values.length / this.#codec.columns.length)
    for (let k = 0; k < this.#uniforms[0].length; k++) {
      sum.add(await this.#integrated(values, this.#encodedAt(values, k), this.#fine[gap], parallel))
    }
    return means(sum, values.length / this.#codec.columns.length)
  }

  async #several(values: Float64Array, gaps: readonly number[], parallel: Parallel): Promise<Float64Array> {
    const { codec } = this.#codec
    const width = this.#codec.names.length
    const rows = values.length / this.#codec.columns.length
    const drawn = gaps.slice(0, -1)
    const proposals = await this.#proposals(values, drawn, parallel)
    const points = drawn.map((gap) => latinUniforms(codec.seed, this.#codec.uniforms + gap, POINTS))
    const sum = new LogMeanExp(rows)
    for (let point = 0; point < POINTS; point++) {
      const encoded = this.#encodedAt(values, point % this.#uniforms[0].length)
      const logs = new Float64Array(rows)
      for (const [d, gap] of drawn.entries()) {
        const chain = Math.floor(points[d][point] * CHAINS)
        for (let i = 0; i < rows; i++) {
          const own = proposals[d].slice(i * CHAINS, (i + 1) * CHAINS)
          const value = own[chain].quantile(points[d][point] * CHAINS - chain)
          encoded[i * width + this.#codec.gaps[gap].at] = value
          logs[i] -= Math.log(own.reduce((all, density) => all + density.at(value), 0) / CHAINS)
        }
      }
      const integrals = await this.#integrated(values, encoded, this.#close[gaps[gaps.length - 1]], parallel)
      sum.add(logs.map((log, i) => log + integrals[i]))
    }
    return means(sum, rows)
  }

  /** Of each gap the densities, CHAINS of each row, given all else as a chain leaves it. */
  async #proposals(values: Float64Array, drawn: readonly number[], parallel: Parallel): Promise<NodeDensity[][]> {
    const width = this.#codec.names.length
    const middle = this.#encoded(values, () => 0.5)
    const rows = middle.length / width
    const chains = Array.from({ length: rows * CHAINS }, (_, n) => n)
    const data = rowsOf(
      middle,
      chains.map((n) => Math.floor(n / CHAINS)),
      width,
    )
    const gapRows = { data, numbers: chains.map((n) => n % CHAINS) }
    startMissing(this.#codec, gapRows, this.#pools)
    for (let sweep = 1; sweep <= SWEEPS; sweep++) await this.#values.sweep(gapRows, chains, sweep, parallel)
    const densities: NodeDensity[][] = []
    for (const gap of drawn) densities.push(await this.#values.densities(gap, Float64Array.from(data), parallel))
    return densities
  }

  /** ln of the integral over one gap, with the masses of what is there. */
  async #integrated(
    values: Float64Array,
    encoded: Float64Array,
    conditionals: Conditionals,
    parallel: Parallel,
  ): Promise<Float64Array> {
    const densities = await conditionals.densities(encoded, parallel)
    const logs = Float64Array.from(densities, ({ logMass }) => logMass)
    this.#codec.addLogMass(values, encoded, logs)
    return logs
  }

  #encodedAt(values: Float64Array, k: number): Float64Array {
    return this.#encoded(values, (j) => this.#uniforms[j][k])
  }

  #encoded(values: Float64Array, uniform: (j: number) => number): Float64Array {
    const { names, columns, uniforms } = this.#codec
    const room = new Float64Array((values.length / columns.length) * names.length)
    return this.#codec.encodeAt(
      values,
      Float64Array.from({ length: uniforms }, (_, j) => uniform(j)),
      room,
    )
  }

  /** Rows by which of their values are missing. */
  #byPattern(values: Float64Array): Iterable<{ readonly gaps: readonly number[]; readonly rows: number[] }> {
    const { columns, gaps } = this.#codec
    const patterns = new Map<string, { gaps: readonly number[]; rows: number[] }>()
    for (let i = 0; i * columns.length < values.length; i++) {
      const own = [...gaps.keys()].filter((k) => Number.isNaN(values[i * columns.length + gaps[k].column]))
      const pattern = patterns.get(own.join()) ?? { gaps: own, rows: [] }
      pattern.rows.push(i)
      patterns.set(own.join(), pattern)
    }
    return patterns.values()
  }
}

function means(sum: LogMeanExp, rows: number): Float64Array {
  const out = new Float64Array(rows)
  sum.into(out)
  return out
}

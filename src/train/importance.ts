import * as v from 'valibot'
import { type Points, pointsOf } from '../data/points.js'
import { type Energy, type EnergyModule, loadEnergy } from '../energies/energy.js'
import { DataError, UsageError } from '../errors.js'
import { joined } from '../flow/context.js'
import type { Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import { checkOptions, integer } from '../options.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { logProbTo, sampleTo } from '../parallel/evaluate.js'
import { threadsOfAll } from '../parallel/threads.js'
import { exp, ln } from '../random/elementary.js'
import { seedWords } from '../random/philox.js'

/** How many samples are weighed, and whether they are kept. */
export interface ImportanceOptions extends ParallelOptions {
  /** Samples, 2 at the least; default 10 000. */
  rows?: number
  /** Addresses the samples, as that of `flow.sample`; default 0. */
  seed?: number
  /** Whether samples and weights are returned (default); without, memory does not grow with their number. */
  keep?: boolean
}

/** How well samples of a flow q stand for p = e^(−U)/Z, by their weights w = e^(−U(x))/q(x), whose mean is Z. */
export interface Importance {
  readonly rows: number
  /** ln of the mean weight: an estimate of ln Z, in nats, too low where q leaves a part of p out. */
  readonly logZ: number
  /** Of that, by the spread of the weights, √((1/ESS − 1)/rows). */
  readonly logZStandardError: number
  /** ESS = (Σw)²/(rows · Σw²), a share in [0, 1]: 1 where q = p. Source: Kong, Liu & Wong, JRSS B 56 (1994). */
  readonly effectiveSampleSize: number
}

export interface WeightedSamples extends Importance {
  /** [rows, dim], in the data's units. */
  readonly samples: Points<Float64Array>
  /** ln w − ln Σw of each sample: e to them adds up to 1. */
  readonly logWeights: Float64Array
}

const schema = v.strictObject({
  rows: v.optional(integer(2), 10_000),
  seed: v.optional(v.unknown()),
  keep: v.optional(v.boolean('true or false'), true),
  threads: v.optional(v.unknown()),
  signal: v.optional(v.unknown()),
  onProgress: v.optional(v.unknown()),
})

/**
 * Weighs samples of a flow by an energy: estimates ln Z, says how many samples they are worth, and lets a mean under p be
 * taken as Σ e^logWeight · value. Samples and their densities are computed on threads, block by block, the energy on this one.
 * @throws UsageError for a flow with a context, an energy of other columns, or a wrong option; DataError where an energy is NaN
 *   or −∞, or no weight is above 0; rejects with `signal.reason` when aborted.
 */
export async function importance(
  flow: Flow,
  energy: Energy | EnergyModule,
  options: ImportanceOptions & { keep: false },
): Promise<Importance>
export async function importance(
  flow: Flow,
  energy: Energy | EnergyModule,
  options?: ImportanceOptions,
): Promise<WeightedSamples>
export async function importance(
  flow: Flow,
  energy: Energy | EnergyModule,
  options: ImportanceOptions = {},
): Promise<Importance | WeightedSamples> {
  const { rows, keep } = checkOptions('importance', schema, options)
  const { seed = 0, threads = 'auto', signal, onProgress } = options
  const { dim } = flow
  if (flow.contextDim > 0) {
    throw new UsageError('This flow is conditioned on a context, of which an energy knows nothing: weigh one without.')
  }
  seedWords(seed)
  const target = await loadEnergy(energy, dim)
  const most = Math.min(rows, parallelRowsOf(dim))
  const samples = new Float64Array((keep ? rows : most) * dim)
  const logWeights = new Float64Array(keep ? rows : most)
  const slopes = new Float64Array(most * dim)
  const logProb = flow.structure.description.precision === 'float64' ? new Float64Array(most) : new Float32Array(most)
  const parallel = { threads: threadsOfAll(threads, flow, 2 * rows), signal }
  const sums = new WeightSums()
  for (let firstRow = 0; firstRow < rows; firstRow += most) {
    const [n, at] = [Math.min(most, rows - firstRow), keep ? firstRow : 0]
    const x = samples.subarray(at * dim, (at + n) * dim)
    const weights = logWeights.subarray(at, at + n)
    await sampleTo(flow, n, x, { seed, firstRow, temperature: 1, ...parallel })
    const density: Reals = logProb.subarray(0, n)
    await logProbTo(flow, joined({ data: x, rows: n, columns: dim }), density, parallel)
    target.evaluate(x, weights, slopes.subarray(0, n * dim))
    for (let t = 0; t < n; t++) weights[t] = logWeightOf(weights[t], density[t], firstRow + t)
    sums.add(weights)
    onProgress?.({ rows: firstRow + n, total: rows })
  }
  const figures = sums.end()
  if (!keep) return figures
  const logSum = figures.logZ + ln(rows)
  for (let t = 0; t < rows; t++) logWeights[t] -= logSum
  return { ...figures, samples: pointsOf(samples, dim), logWeights }
}

/** ln w = −U − ln q, −∞ where U is ∞. */
function logWeightOf(energy: number, logProb: number, row: number): number {
  if (energy > Number.NEGATIVE_INFINITY) return -energy - logProb
  throw new DataError(
    `The energy of sample ${row} (counted from 0) is ${energy}; expected a number, or ∞ where p is 0.`,
  )
}

/** Σw and Σw² of weights that come in blocks, in units of e to the largest ln w so far. */
class WeightSums {
  #rows = 0
  #largest = Number.NEGATIVE_INFINITY
  #sum = 0
  #squares = 0

  add(logWeights: Float64Array): void {
    const largest = logWeights.reduce((most, value) => Math.max(most, value), this.#largest)
    this.#rows += logWeights.length
    if (largest === Number.NEGATIVE_INFINITY) return
    const shrink = exp(this.#largest - largest)
    this.#sum *= shrink
    this.#squares *= shrink * shrink
    this.#largest = largest
    for (const value of logWeights) {
      const weight = exp(value - largest)
      this.#sum += weight
      this.#squares += weight * weight
    }
  }

  end(): Importance {
    const rows = this.#rows
    if (!(this.#sum > 0)) throw new DataError(`All ${rows} samples have weight 0: the flow and the energy lie apart.`)
    const effectiveSampleSize = (this.#sum * this.#sum) / (rows * this.#squares)
    return {
      rows,
      logZ: this.#largest + ln(this.#sum / rows),
      logZStandardError: Math.sqrt(Math.max(0, 1 / effectiveSampleSize - 1) / rows),
      effectiveSampleSize,
    }
  }
}

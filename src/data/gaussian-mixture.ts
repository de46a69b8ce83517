import { exp, ln } from '../random/elementary.js'
import type { RandomStream } from '../random/stream.js'
import { BLOCK_ROWS, MixtureDensity } from './mixture-density.js'
import { columnVariances, everyRow, unitWeights, type WeighedRows } from './weighed-rows.js'

/** A mixture of K full-covariance normals, Σₖ πₖ N(mean_k, Lₖ Lₖᵀ). */
export interface GaussianMixture {
  /** [K], above 0, of sum 1. */
  readonly weights: Float64Array
  /** [K, dim]. */
  readonly means: Float64Array
  /** L [K, dim, dim], lower triangular, row-major, zeros above the diagonals. */
  readonly choleskies: Float64Array
}

export interface MixtureFitOptions {
  readonly components: number
  /** Of the first means. */
  readonly stream: RandomStream
  /** At most; fewer where the likelihood no longer rises. */
  readonly iterations?: number
  /** Draws of the first means that are tried; default 6. */
  readonly starts?: number
  /** Variances that each component is held up by, as a share of the columns' own; default 0.01. */
  readonly prior?: number
}

/** Starts that are tried, on some of the rows and for a few iterations: the likeliest goes on. */
export const TRIED = { starts: 6, rows: 1024, iterations: 12 }

/** Nats a row by which the likelihood must rise for another iteration. */
const LEAST_GAIN = 1e-4
/** Rows of a normal with the columns' own variances that each component is held up by: no component falls onto a point. */
const PRIOR_ROWS = 1
/** Their variances, as a share of the columns' own. */
const PRIOR = 0.01
/** A component with fewer rows than this is left to the others. */
const LEAST_ROWS = 1e-3

/**
 * A mixture of normals by expectation maximisation from means drawn far apart (k-means++), the best of several draws, in
 * float64, of rows [rows, dim], row-major, each counted by its weight. Each covariance is (Sₖ + a·D)/(nₖ + a), with D of a share
 * of the columns' variances and a one row: the greatest posterior under an inverse Wishart prior. Rows with weights
 * are as many as equal ones would be, (Σ w)²/Σ w², so that the unit of weights does not matter.
 *
 * Sources: Dempster, Laird & Rubin 1977; Arthur & Vassilvitskii, SODA 2007; Fraley & Raftery, J. Classif. 24 (2007).
 */
export function fitGaussianMixture(
  all: WeighedRows,
  dim: number,
  { components, stream, iterations = 200, starts = TRIED.starts, prior = PRIOR }: MixtureFitOptions,
): GaussianMixture {
  const whole = counted(all, dim)
  const variances = columnVariances(whole.rows, whole.weights, dim)
  const least = scaled(variances, prior)
  const some = counted(everyRow(all, dim, TRIED.rows), dim)
  let best: Climbed | undefined
  for (let i = 0; i < (components > 1 ? starts : 1); i++) {
    const climbed = climb(start(some, dim, components, variances, stream), some, dim, least, TRIED.iterations)
    if (!best || climbed.logLikelihood > best.logLikelihood) best = climbed
  }
  return climb((best as Climbed).mixture, whole, dim, least, iterations).mixture
}

/** A mixture climbed on from there, by the same steps, on other rows: more of them, say. */
export function refineGaussianMixture(
  from: GaussianMixture,
  all: WeighedRows,
  dim: number,
  { iterations, prior = PRIOR }: { readonly iterations: number; readonly prior?: number },
): GaussianMixture {
  const rows = counted(all, dim)
  const variances = columnVariances(rows.rows, rows.weights, dim)
  return climb(from, rows, dim, scaled(variances, prior), iterations).mixture
}

const scaled = (variances: Float64Array, prior: number) => variances.map((variance) => prior * variance)

type Counted = Required<WeighedRows>

const counted = (all: WeighedRows, dim: number): Counted => ({ rows: all.rows, weights: unitWeights(all, dim) })

interface Climbed {
  readonly mixture: GaussianMixture
  /** Mean over the rows, before the last iteration. */
  readonly logLikelihood: number
}

function climb(from: GaussianMixture, rows: Counted, dim: number, prior: Float64Array, iterations: number): Climbed {
  let mixture = from
  let logLikelihood = Number.NEGATIVE_INFINITY
  for (let i = 0; i < iterations; i++) {
    const sums = expectation(mixture, rows, dim)
    if (!(sums.logLikelihood > logLikelihood + LEAST_GAIN)) break
    logLikelihood = sums.logLikelihood
    mixture = maximisation(sums, dim, prior)
  }
  return { mixture, logLikelihood }
}

/** Means at rows, each drawn with a probability in proportion to its weight times its squared distance from those drawn before. */
function start(
  { rows, weights }: Counted,
  dim: number,
  components: number,
  variances: Float64Array,
  stream: RandomStream,
): GaussianMixture {
  const count = weights.length
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const means = new Float64Array(components * dim)
  let chosen = drawn(weights, stream)
  for (let k = 0; k < components; k++) {
    for (let j = 0; j < dim; j++) means[k * dim + j] = rows[chosen * dim + j]
    for (let i = 0; i < count; i++) {
      let distance = 0
      for (let j = 0; j < dim; j++) distance += (rows[i * dim + j] - means[k * dim + j]) ** 2 / variances[j]
      nearest[i] = Math.min(nearest[i], weights[i] * distance)
    }
    chosen = drawn(nearest, stream)
  }
  const choleskies = new Float64Array(components * dim * dim)
  // Of as many cells as there are components, of equal volume together with the columns' own.
  for (let k = 0; k < components; k++) {
    for (let j = 0; j < dim; j++) {
      choleskies[(k * dim + j) * dim + j] = Math.sqrt(variances[j]) * exp(-ln(components) / dim)
    }
  }
  return { weights: new Float64Array(components).fill(1 / components), means, choleskies }
}

/** A place, drawn with a probability in proportion to what stands there. */
function drawn(shares: Float64Array, stream: RandomStream): number {
  let left = stream.uniform() * shares.reduce((sum, share) => sum + share, 0)
  let place = 0
  for (; place < shares.length - 1 && left >= shares[place]; place++) left -= shares[place]
  return place
}

/** Σ over rows of responsibilities, times the row, and times its square; and the mean log-likelihood. */
interface Sums {
  readonly counts: Float64Array
  readonly first: Float64Array
  /** Lower triangles, about the means before. */
  readonly second: Float64Array
  readonly about: Float64Array
  readonly logLikelihood: number
}

function expectation(mixture: GaussianMixture, { rows, weights }: Counted, dim: number): Sums {
  const { means } = mixture
  const components = mixture.weights.length
  const counts = new Float64Array(components)
  const first = new Float64Array(components * dim)
  const second = new Float64Array(components * dim * dim)
  const density = new MixtureDensity(mixture, dim)
  const { columns, shares, logProb } = density
  let [sum, counting] = [0, 0]
  for (let from = 0; from < weights.length; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, weights.length - from)
    density.load(rows, from, count)
    for (let t = 0; t < count; t++) {
      const weight = weights[from + t]
      if (weight > 0) sum += weight * logProb[t]
      counting += weight
    }
    for (let k = 0; k < components; k++) {
      for (let t = 0; t < count; t++) {
        const share = weights[from + t] * shares[k * BLOCK_ROWS + t]
        // What a row gives to a component far away is below the rounding of its sums.
        if (share === 0) continue
        counts[k] += share
        for (let j = 0; j < dim; j++) {
          const d = share * (columns[j * BLOCK_ROWS + t] - means[k * dim + j])
          first[k * dim + j] += d
          for (let i = 0; i <= j; i++) {
            second[(k * dim + j) * dim + i] += d * (columns[i * BLOCK_ROWS + t] - means[k * dim + i])
          }
        }
      }
    }
  }
  return { counts, first, second, about: means, logLikelihood: sum / counting }
}

function maximisation({ counts, first, second, about }: Sums, dim: number, prior: Float64Array): GaussianMixture {
  const alive = [...counts.keys()].filter((k) => counts[k] > LEAST_ROWS)
  const total = alive.reduce((sum, k) => sum + counts[k], 0)
  const weights = Float64Array.from(alive, (k) => counts[k] / total)
  const means = new Float64Array(alive.length * dim)
  const choleskies = new Float64Array(alive.length * dim * dim)
  for (const [at, k] of alive.entries()) {
    const covariance = new Float64Array(dim * dim)
    for (let j = 0; j < dim; j++) {
      const shift = first[k * dim + j] / counts[k]
      means[at * dim + j] = about[k * dim + j] + shift
      for (let i = 0; i <= j; i++) {
        const scatter = second[(k * dim + j) * dim + i] - shift * first[k * dim + i]
        const added = i === j ? PRIOR_ROWS * prior[j] : 0
        covariance[j * dim + i] = (scatter + added) / (counts[k] + PRIOR_ROWS)
      }
    }
    factorise(covariance, dim, choleskies.subarray(at * dim * dim, (at + 1) * dim * dim))
  }
  return { weights, means, choleskies }
}

/** L with L Lᵀ = the matrix whose lower triangle is given; a pivot that rounding took is the prior's. */
function factorise(matrix: Float64Array, dim: number, l: Float64Array): void {
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * dim + j]
      for (let k = 0; k < j; k++) rest -= l[i * dim + k] * l[j * dim + k]
      l[i * dim + j] = i === j ? Math.sqrt(Math.max(rest, 1e-12 * matrix[i * dim + i])) : rest / l[j * dim + j]
    }
  }
}

/** ln p of the rows of a block [rows, dim] into `logProb`, in nats. */
export function mixtureLogProb(
  mixture: GaussianMixture,
  rows: Float32Array | Float64Array,
  logProb: Float64Array,
): void {
  const dim = mixture.means.length / mixture.weights.length
  const density = new MixtureDensity(mixture, dim)
  const count = rows.length / dim
  for (let first = 0; first < count; first += BLOCK_ROWS) {
    const some = Math.min(BLOCK_ROWS, count - first)
    density.load(rows, first, some)
    logProb.set(density.logProb.subarray(0, some), first)
  }
}

import type { BaseSpec } from '../bases/base.js'
import { gaussianMixture } from '../bases/gaussian-mixture.js'
import {
  climbOn,
  everyRow,
  fitGaussianMixture,
  type GaussianMixture,
  mixtureLogProb,
} from '../data/gaussian-mixture.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'

/** Numbers of components that are tried, one after the other. */
const COMPONENTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
/** How a number of components is tried, and how the chosen one is fitted: rows and iterations, at most. */
const TRIED = { rows: 4096, iterations: 40 }
const CHOSEN = { rows: 8192, iterations: 50 }
/** Rows a component has at least, in terms of its dim(dim + 3)/2 numbers. */
const ROWS_PER_NUMBER = 3
/** A mixture counts as better where it is so by this many standard errors of the paired difference. */
const MARGIN = 1
/** As often as this more components may be no better before no more are tried. */
const PATIENCE = 2

/** A mixture as the base of a flow, and how much likelier than one normal it makes rows that it has not seen. */
export interface MixtureBase {
  readonly base: BaseSpec
  readonly components: number
  /** Mean of ln p_mixture − ln p_normal over the held-out rows, nats. */
  readonly gain: number
}

/**
 * The mixture of normals, by the number of components that makes the held-out rows likeliest; rows [rows, dim] as a flow's
 * layers see them. undefined where no mixture is better than one normal.
 */
export function chooseMixture(
  training: Float64Array,
  held: Float64Array,
  dim: number,
  seed: number,
): MixtureBase | undefined {
  const rows = everyRow(training, dim, TRIED.rows)
  const numbers = (dim * (dim + 3)) / 2
  const most = Math.floor(rows.length / dim / (ROWS_PER_NUMBER * numbers))
  let [best, normal]: (Candidate | undefined)[] = []
  let waited = 0
  for (const components of COMPONENTS) {
    if (components > 1 && components > most) break
    const stream = randomStream(seed, PURPOSE.mixture, components)
    const { iterations } = TRIED
    const candidate = judged(fitGaussianMixture(rows, dim, { components, stream, iterations }), held, dim)
    normal ??= candidate
    if (!best || betterBy(candidate, best) > MARGIN) {
      best = candidate
      waited = 0
    } else if (++waited === PATIENCE) break
  }
  if (!best || !normal || best === normal) return undefined
  const more = climbOn(best.mixture, everyRow(training, dim, CHOSEN.rows), dim, CHOSEN.iterations)
  const { mixture, logProb } = judged(more, held, dim)
  return {
    base: asBase(mixture, dim),
    components: mixture.weights.length,
    gain: meanOf(logProb) - meanOf(normal.logProb),
  }
}

interface Candidate {
  readonly mixture: GaussianMixture
  /** Of the held-out rows. */
  readonly logProb: Float64Array
}

function judged(mixture: GaussianMixture, held: Float64Array, dim: number): Candidate {
  const logProb = new Float64Array(held.length / dim)
  mixtureLogProb(mixture, held, logProb)
  return { mixture, logProb }
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** By how many standard errors the mean of ln p is greater. */
function betterBy({ logProb: a }: Candidate, { logProb: b }: Candidate): number {
  const difference = a.map((value, i) => value - b[i])
  const mean = meanOf(difference)
  const variance = meanOf(difference.map((value) => (value - mean) ** 2))
  return mean / Math.sqrt(variance / Math.max(1, difference.length - 1))
}

/** Σ = L Lᵀ of each component. */
function asBase({ weights, means, choleskies }: GaussianMixture, dim: number): BaseSpec {
  const each = [...weights.keys()]
  const covariance = (l: Float64Array) =>
    Array.from({ length: dim }, (_, i) =>
      Array.from({ length: dim }, (_, j) => {
        let sum = 0
        for (let k = 0; k <= Math.min(i, j); k++) sum += l[i * dim + k] * l[j * dim + k]
        return sum
      }),
    )
  return gaussianMixture({
    components: weights.length,
    weights: [...weights],
    means: each.map((k) => [...means.subarray(k * dim, (k + 1) * dim)]),
    covariances: each.map((k) => covariance(choleskies.subarray(k * dim * dim, (k + 1) * dim * dim))),
  })
}

import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import { climbOn, everyRow, fitGaussianMixture, type GaussianMixture, mixtureLogProb } from './gaussian-mixture.js'

/** Numbers of components that are tried, one after the other. */
const COMPONENTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
/** Rows that expectation maximisation goes through, at most: more take longer and tell little more. */
export const MIXTURE_ROWS = 8192
/** Likewise while numbers of components are tried. */
const TRIED_ROWS = 4096
/** Rows a component has at least, in terms of its dim(dim + 3)/2 numbers. */
const ROWS_PER_NUMBER = 3
/** A mixture counts as better where it is so by this many standard errors of the paired difference. */
const MARGIN = 1
/** As often as this more components may be no better before no more are tried. */
const PATIENCE = 2
/** Iterations for one number of components: at most, and at least, whatever those cost. */
const MOST_ITERATIONS = 50
const LEAST_ITERATIONS = 10
/** Multiplications for one number of components, about: half a second, whatever the machine, so that the choice is the same. */
const WORK = 4e8
/** What an exp costs, in multiplications. */
const EXP_WORK = 30

/** A mixture, and how much likelier than one normal it makes rows that it has not seen. */
export interface MixtureChoice {
  readonly mixture: GaussianMixture
  /** Mean of ln p_mixture − ln p_normal over the held-out rows, nats. */
  readonly gain: number
}

/**
 * The mixture of normals, by the number of components that makes the held-out rows likeliest; rows [rows, dim], of which no
 * more than 8192 are looked at. undefined where no mixture is better than one normal.
 */
export function chooseMixture(
  training: Float64Array,
  held: Float64Array,
  dim: number,
  seed: number,
): MixtureChoice | undefined {
  const rows = everyRow(training, dim, TRIED_ROWS)
  const numbers = (dim * (dim + 3)) / 2
  const most = Math.floor(rows.length / dim / (ROWS_PER_NUMBER * numbers))
  if (most < 2) return undefined
  let [best, normal]: (Candidate | undefined)[] = []
  let waited = 0
  for (const components of COMPONENTS) {
    if (components > most) break
    const stream = randomStream(seed, PURPOSE.mixture, components)
    const iterations = affordable(rows, components, dim)
    const candidate = judged(fitGaussianMixture(rows, dim, { components, stream, iterations }), held, dim)
    normal ??= candidate
    if (!best || betterBy(candidate, best) > MARGIN) {
      best = candidate
      waited = 0
    } else if (++waited === PATIENCE) break
  }
  if (!best || !normal || best === normal) return undefined
  const more = everyRow(training, dim, MIXTURE_ROWS)
  const iterations = affordable(more, best.mixture.weights.length, dim)
  const { mixture, logProb } = judged(climbOn(best.mixture, more, dim, iterations), held, dim)
  return { mixture, gain: meanOf(logProb) - meanOf(normal.logProb) }
}

function affordable(rows: Float64Array, components: number, dim: number): number {
  const work = (rows.length / dim) * components * (dim * dim + EXP_WORK)
  return Math.max(LEAST_ITERATIONS, Math.min(MOST_ITERATIONS, Math.floor(WORK / work)))
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

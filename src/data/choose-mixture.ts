import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import {
  everyRow,
  fitGaussianMixture,
  type GaussianMixture,
  mixtureLogProb,
  refineGaussianMixture,
} from './gaussian-mixture.js'

/** Numbers of components that are tried, one after the other. */
const COMPONENTS = [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48]
/** Rows that expectation maximisation goes through, at most. */
export const MIXTURE_ROWS = 16_384
/** And those that it begins with: a mixture of them is soon found, and little is left to do with the others. */
const FIRST_ROWS = 4096
/** Rows a component has at least, in terms of its dim(dim + 3)/2 numbers. */
const ROWS_PER_NUMBER = 3
/** A mixture counts as better where it is so by this many standard errors of the paired difference. */
const MARGIN = { held: 0.5, folds: 2 }
/** As often as this more components may be no better before no more are tried. */
const PATIENCE = 3
/** Iterations for one number of components, at most, and on how few rows however long they take. */
const ITERATIONS = { most: 60, least: 10 }
/**
 * Multiplications for one number of components, about, for each second of a budget of which all of them together may take
 * a fifth: counted, and not timed, so that the choice is the same whatever the machine.
 */
const WORK_PER_SECOND = 2e7
/** What is left of an exp for each component, in multiplications: most are too far from a row for one. */
const EXP_WORK = 10

/** A mixture, and how much likelier than one normal it makes rows that it has not seen. */
export interface MixtureChoice {
  readonly mixture: GaussianMixture
  /** Mean of ln p_mixture − ln p_normal over the held-out rows, nats. */
  readonly gain: number
}

/** Rows that a mixture is fitted to, and others that tell how good it is; [rows, dim] each. */
export interface Parts {
  readonly training: Float64Array
  readonly held: Float64Array
}

export interface MixtureSearch {
  readonly seed: number
  /** Of the budget that the search is a part of; default 30. */
  readonly seconds?: number
}

/**
 * The mixture of normals of the training rows, by the number of components that makes the held-out rows likeliest; rows
 * [rows, dim], of which no more than 16 384 are looked at. undefined where no mixture is better than one normal.
 */
export function chooseMixture(
  training: Float64Array,
  held: Float64Array,
  dim: number,
  search: MixtureSearch,
): MixtureChoice | undefined {
  return chosen([{ training, held }], training, dim, search, MARGIN.held)
}

/**
 * The same of all rows, by cross-validation: the rows of every of `folds` parts are judged by mixtures fitted to the others.
 * Rows are taken as they lie, every so manyth into a part, so they must not come in an order that matters.
 */
export function crossValidatedMixture(
  rows: Float64Array,
  dim: number,
  folds: number,
  search: MixtureSearch,
): MixtureChoice | undefined {
  const parts = Array.from({ length: folds }, (_, fold): Parts => {
    const inFold = (_: number, at: number) => Math.floor(at / dim) % folds === fold
    return { training: rows.filter((x, at) => !inFold(x, at)), held: rows.filter(inFold) }
  })
  return chosen(parts, rows, dim, search, MARGIN.folds)
}

function chosen(
  parts: readonly Parts[],
  all: Float64Array,
  dim: number,
  { seed, seconds = 30 }: MixtureSearch,
  margin: number,
): MixtureChoice | undefined {
  const fitted = parts.map(({ training, held }) => ({ rows: everyRow(training, dim, MIXTURE_ROWS), held }))
  const numbers = (dim * (dim + 3)) / 2
  const most = Math.floor(fitted[0].rows.length / dim / (ROWS_PER_NUMBER * numbers))
  if (most < 2) return undefined
  const fit = (rows: Float64Array, components: number) =>
    mixtureWithin((seconds * WORK_PER_SECOND) / parts.length, rows, dim, components, seed)
  let [best, normal]: (Candidate | undefined)[] = []
  let waited = 0
  for (const components of COMPONENTS) {
    if (components > most) break
    const mixtures = fitted.map(({ rows, held }) => ({ mixture: fit(rows, components), held }))
    const candidate = { components, mixture: mixtures[0].mixture, logProb: judged(mixtures, dim) }
    normal ??= candidate
    if (!best || betterBy(candidate, best) > margin) {
      best = candidate
      waited = 0
    } else if (++waited === PATIENCE) break
  }
  if (!best || !normal || best === normal) return undefined
  const mixture = parts.length === 1 ? best.mixture : fit(everyRow(all, dim, MIXTURE_ROWS), best.components)
  return { mixture, gain: meanOf(best.logProb) - meanOf(normal.logProb) }
}

/** Expectation maximisation for so many multiplications, about: first on some of the rows, then on all. */
function mixtureWithin(
  work: number,
  rows: Float64Array,
  dim: number,
  components: number,
  seed: number,
): GaussianMixture {
  const some = everyRow(rows, dim, FIRST_ROWS)
  const perIteration = (part: Float64Array) => (part.length / dim) * components * (dim * dim + EXP_WORK)
  const affordable = (share: number, part: Float64Array, least: number) =>
    Math.max(least, Math.min(ITERATIONS.most, Math.floor((share * work) / perIteration(part))))
  const stream = randomStream(seed, PURPOSE.mixture, components)
  const whole = some.length === rows.length
  const iterations = affordable(whole ? 1 : 0.5, some, ITERATIONS.least)
  const first = fitGaussianMixture(some, dim, { components, stream, iterations })
  return whole ? first : refineGaussianMixture(first, rows, dim, affordable(0.5, rows, 1))
}

interface Candidate {
  readonly components: number
  /** Of the first part. */
  readonly mixture: GaussianMixture
  /** Of the held-out rows of all parts. */
  readonly logProb: Float64Array
}

function judged(parts: readonly { mixture: GaussianMixture; held: Float64Array }[], dim: number): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { held }) => sum + held.length / dim, 0))
  let first = 0
  for (const { mixture, held } of parts) {
    const count = held.length / dim
    mixtureLogProb(mixture, held, all.subarray(first, first + count))
    first += count
  }
  return all
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** By how many standard errors the mean of ln p is greater. */
function betterBy({ logProb: a }: Candidate, { logProb: b }: Candidate): number {
  const difference = a.map((value, i) => value - b[i])
  const mean = meanOf(difference)
  const variance = meanOf(difference.map((value) => (value - mean) ** 2))
  return mean / Math.sqrt(variance / Math.max(1, difference.length - 1))
}

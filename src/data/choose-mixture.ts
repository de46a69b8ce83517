import { exp, ln } from '../random/elementary.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import {
  fitGaussianMixture,
  type GaussianMixture,
  type MixtureFitOptions,
  mixtureLogProb,
  refineGaussianMixture,
  TRIED,
} from './gaussian-mixture.js'
import { effectiveRows, everyRow, type WeighedRows } from './weighed-rows.js'

/** Numbers of components that are tried, one after the other. */
const COMPONENTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]
/** Rows that expectation maximisation goes through, at most. */
export const MIXTURE_ROWS = 16_384
/** And those that it begins with: a mixture of them is soon found, and little is left to do with the others. */
const FIRST_ROWS = 4096
/** Rows a component has at least, in terms of its dim(dim + 3)/2 numbers: rows left out judge, and the prior bears with few. */
const ROWS_PER_NUMBER = 1
/**
 * What components are held up by, a share of the columns' variances; and a share that lets them fall onto values that repeat,
 * taken where that makes the rows left out likelier by so many standard errors.
 */
const PRIOR = { usual: 1e-2, piling: 1e-5, margin: 2 }
/**
 * A mixture counts as better than one of fewer components where it is so by this many standard errors of the paired
 * difference, than one normal by so many, and an average than one of fewer mixtures.
 */
const MARGIN = { held: 0.5, folds: 2, normal: 2, average: 2 }
/** As often as this more components may be no better before no more are tried. */
const PATIENCE = 2
/** Mixtures that are averaged, at most. */
const AVERAGED = 3
/** Iterations for one number of components, at most, and on how few rows however long they take. */
const ITERATIONS = { most: 60, least: 8 }
/** Draws of the first means, at least, and what of the work they may be. */
const LEAST_STARTS = 1
const SHARE_OF_STARTS = 0.4
/**
 * Multiplications for one number of components, about, for each second of a budget of which all of them together may take
 * a fifth: counted, and not timed, so that the choice is the same whatever the machine.
 */
const WORK_PER_SECOND = 1e7
/** What is left of an exp for each component, in multiplications: most are too far from a row for one. */
const EXP_WORK = 10

/** A mixture, and how much likelier than one normal it makes rows that it has not seen. */
export interface MixtureChoice {
  readonly mixture: GaussianMixture
  /** What its components were held up by, a share of the columns' variances. */
  readonly prior: number
  /** Mean of ln p_mixture − ln p_normal over the held-out rows, by their weights, nats. */
  readonly gain: number
  /**
   * Mixtures whose average makes the held-out rows likelier yet, this one the first: its own and those of other numbers of
   * components, which err elsewhere. Itself alone where none does, and of folds.
   */
  readonly averaged: readonly GaussianMixture[]
}

/** Rows that a mixture is fitted to, and others that tell how good it is. */
interface Parts {
  readonly training: WeighedRows
  readonly held: WeighedRows
}

export interface MixtureSearch {
  readonly seed: number
  /** Of the budget that the search is a part of; default 30. */
  readonly seconds?: number
  /** Waited for between two fits: whoever else waits for this thread has its turn, and may end the search by throwing. */
  readonly between?: () => Promise<void>
}

/**
 * The mixture of normals of the training rows, by the number of components that makes the held-out rows likeliest, each row
 * counted by its weight; no more than 16 384 are looked at. undefined where no mixture is better than one normal.
 */
export async function chooseMixture(
  training: WeighedRows,
  held: WeighedRows,
  dim: number,
  search: MixtureSearch,
): Promise<MixtureChoice | undefined> {
  return chosen([{ training, held }], training, dim, search, MARGIN.held)
}

/**
 * The same of all rows, by cross-validation: the rows of every of `folds` parts are judged by mixtures fitted to the others.
 * Rows are taken as they lie, every so manyth into a part, so they must not come in an order that matters.
 */
export async function crossValidatedMixture(
  all: WeighedRows,
  dim: number,
  folds: number,
  search: MixtureSearch,
): Promise<MixtureChoice | undefined> {
  const parts = Array.from({ length: folds }, (_, fold): Parts => {
    const inFold = (row: number) => row % folds === fold
    return { training: rowsWhere(all, dim, (row) => !inFold(row)), held: rowsWhere(all, dim, inFold) }
  })
  return chosen(parts, all, dim, search, MARGIN.folds)
}

function rowsWhere({ rows, weights }: WeighedRows, dim: number, taken: (row: number) => boolean): WeighedRows {
  return {
    rows: rows.filter((_, at) => taken(Math.floor(at / dim))),
    weights: weights?.filter((_, row) => taken(row)),
  }
}

async function chosen(
  parts: readonly Parts[],
  all: WeighedRows,
  dim: number,
  { seed, seconds = 30, between }: MixtureSearch,
  margin: number,
): Promise<MixtureChoice | undefined> {
  const fitted = parts.map(({ training, held }) => ({ rows: everyRow(training, dim, MIXTURE_ROWS), held }))
  const numbers = (dim * (dim + 3)) / 2
  const heldWeights = weightsOfAll(parts, dim)
  const most = Math.floor(effectiveRows(fitted[0].rows, dim) / (ROWS_PER_NUMBER * numbers))
  if (most < 2) return undefined
  const work = (seconds * WORK_PER_SECOND) / parts.length
  const fit = (rows: WeighedRows, components: number, prior: number) =>
    mixtureWithin(work, rows, dim, { components, stream: randomStream(seed, PURPOSE.mixture, components), prior })
  const seen: Candidate[] = []
  const tried = async (components: number, prior: number): Promise<Candidate> => {
    const mixtures: { mixture: GaussianMixture; held: WeighedRows }[] = []
    for (const { rows, held } of fitted) {
      await between?.()
      mixtures.push({ mixture: fit(rows, components, prior), held })
    }
    const candidate = { components, prior, mixture: mixtures[0].mixture, logProb: judged(mixtures, dim) }
    seen.push(candidate)
    return candidate
  }
  const within = COMPONENTS.filter((components) => components <= most)
  const normal = await tried(1, PRIOR.usual)
  const isBetter = (a: Candidate, b: Candidate) => betterBy(a, b, heldWeights) > margin
  let best = await climbed(normal, within.slice(1), tried, isBetter)
  if (!(betterBy(best, normal, heldWeights) > MARGIN.normal)) return undefined
  const piling = await tried(best.components, PRIOR.piling)
  if (betterBy(piling, best, heldWeights) > PRIOR.margin) {
    const { components: least } = best
    const more = within.filter((components) => components > least)
    best = await climbed(piling, more, tried, isBetter)
  }
  const whole = parts.length === 1
  const mixture = whole ? best.mixture : fit(everyRow(all, dim, MIXTURE_ROWS), best.components, best.prior)
  const gain = meanOf(best.logProb, heldWeights) - meanOf(normal.logProb, heldWeights)
  const rivals = seen.filter(({ prior }) => prior === best.prior)
  return { mixture, prior: best.prior, gain, averaged: whole ? averaged(best, rivals, heldWeights) : [mixture] }
}

/** The best one, and with it the next ones, as long as their average makes the held-out rows likelier. */
function averaged(best: Candidate, rivals: readonly Candidate[], weights: Float64Array): GaussianMixture[] {
  const mean = ({ logProb }: Candidate) => meanOf(logProb, weights)
  const others = rivals.filter((rival) => rival !== best).sort((a, b) => mean(b) - mean(a))
  let taken = [best]
  for (const other of others.slice(0, AVERAGED - 1)) {
    const more = [...taken, other]
    const [before, after] = [taken, more].map((some) => ({ ...best, logProb: logMean(some) }))
    if (!(betterBy(after, before, weights) > MARGIN.average)) break
    taken = more
  }
  return taken.map(({ mixture }) => mixture)
}

/** ln of the mean density of some candidates, of each held-out row. */
function logMean(candidates: readonly Candidate[]): Float64Array {
  return candidates[0].logProb.map((_, i) => {
    const logs = candidates.map(({ logProb }) => logProb[i])
    const top = Math.max(...logs)
    return top + ln(logs.reduce((sum, log) => sum + exp(log - top), 0) / logs.length)
  })
}

/** From one candidate on through more components, with the same prior, as long as they make the rows left out likelier. */
async function climbed(
  from: Candidate,
  more: readonly number[],
  tried: (components: number, prior: number) => Promise<Candidate>,
  isBetter: (a: Candidate, b: Candidate) => boolean,
): Promise<Candidate> {
  let best = from
  let waited = 0
  for (const components of more) {
    const candidate = await tried(components, from.prior)
    if (isBetter(candidate, best)) {
      best = candidate
      waited = 0
    } else if (++waited === PATIENCE) break
  }
  return best
}

/** Expectation maximisation for so many multiplications, about: first on some of the rows, then on all. */
function mixtureWithin(
  work: number,
  rows: WeighedRows,
  dim: number,
  { components, stream, prior }: MixtureFitOptions,
): GaussianMixture {
  const some = everyRow(rows, dim, FIRST_ROWS)
  const perIteration = (part: WeighedRows) => (part.rows.length / dim) * components * (dim * dim + EXP_WORK)
  const affordable = (share: number, part: WeighedRows, least: number) =>
    Math.max(least, Math.min(ITERATIONS.most, Math.floor((share * work) / perIteration(part))))
  const whole = some.rows.length === rows.rows.length
  const tried = everyRow(rows, dim, TRIED.rows)
  const start = TRIED.iterations * perIteration(tried)
  const starts = Math.max(LEAST_STARTS, Math.min(TRIED.starts, Math.floor((SHARE_OF_STARTS * work) / start)))
  const iterations = affordable(whole ? 1 : 0.5, some, ITERATIONS.least)
  const first = fitGaussianMixture(some, dim, { components, stream, starts, iterations, prior })
  return whole ? first : refineGaussianMixture(first, rows, dim, { iterations: affordable(0.5, rows, 1), prior })
}

interface Candidate {
  readonly components: number
  readonly prior: number
  /** Of the first part. */
  readonly mixture: GaussianMixture
  /** Of the held-out rows of all parts. */
  readonly logProb: Float64Array
}

function judged(parts: readonly { mixture: GaussianMixture; held: WeighedRows }[], dim: number): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { held }) => sum + held.rows.length / dim, 0))
  let first = 0
  for (const { mixture, held } of parts) {
    const count = held.rows.length / dim
    mixtureLogProb(mixture, held.rows, all.subarray(first, first + count))
    first += count
  }
  return all
}

/** Of the held-out rows of all parts, in their order. */
function weightsOfAll(parts: readonly Parts[], dim: number): Float64Array {
  return Float64Array.from(
    parts.flatMap(({ held: { rows, weights } }) => [...(weights ?? new Float64Array(rows.length / dim).fill(1))]),
  )
}

function meanOf(values: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0]
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue
    sum += weight * values[i]
    total += weight
  }
  return sum / total
}

/**
 * By how many standard errors the mean of ln p is greater, SE² = n/(n − 1) Σ w² (x − m)²/(Σ w)² with n how many weights are
 * above 0.
 */
function betterBy({ logProb: a }: Candidate, { logProb: b }: Candidate, weights: Float64Array): number {
  const difference = a.map((value, i) => value - b[i])
  const mean = meanOf(difference, weights)
  let [n, total, squares] = [0, 0, 0]
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue
    n++
    total += weight
    squares += (weight * (difference[i] - mean)) ** 2
  }
  return (mean * total) / Math.sqrt((n / Math.max(1, n - 1)) * squares)
}

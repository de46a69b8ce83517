import { crossValidatedMixture } from '../data/choose-mixture.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import { fitGaussianMixture } from '../data/gaussian-mixture.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto, randomStream } from '../random/stream.js'
import { fold, splitRows } from '../train/split.js'
import type { AutoChoice } from './auto.js'
import { mixtureBase } from './mixture-base.js'
import { epochText, foldText, gainText, NO_MIXTURE, trialText } from './reasons.js'
import { fitOptionsOf, mostSteps, type Shape } from './recipe.js'
import { preprocessor } from './rows.js'
import { type Candidate, probe, type Setting, STILL, trainFor, untrained } from './trials.js'

export const FOLDS = 5
/** Share of the budget that cross-validation may take. */
const SHARE = 0.7
/** Rows a fold has at least. */
const LEAST_ROWS = 2

/** Whether rows are too few to be held out once and for all, and enough to be cut into folds. */
export const foldsPay = (rows: number): boolean => rows < 2000 && rows >= FOLDS * LEAST_ROWS

/** Training must be better than none by this many standard errors of the folds' gains: five of them are soon better by chance. */
const MARGIN = 2

/** How likely the rows left out are as training goes on, over all folds. */
interface Curve {
  readonly candidate: Candidate
  /** Mean −ln p at steps 0, every, 2·every, …, nats and the data's units. */
  readonly nll: Float64Array
  readonly every: number
  /** Which of these is best: the lowest, or the first where that is no clear gain. */
  readonly best: number
}

/**
 * Chooses by cross-validation, for few rows: every candidate is trained on four fifths of the rows, five times; the base and
 * the number of steps by which the fifths left out are likeliest are then those for all rows. That may be no step at all:
 * then the normal, or the mixture, is what comes out. Source: Stone, J. R. Stat. Soc. B 36 (1974).
 */
export async function chooseByFolds(
  plain: Candidate,
  bent: Preprocessing | undefined,
  setting: Setting,
): Promise<AutoChoice> {
  const { recipe, options, source } = setting
  const all: Shape = { ...setting.shape, rows: source.rows }
  const { candidates, reasons } = await candidatesFor(plain, bent, setting)
  const steps = options.steps ?? (await stepsOf(candidates, setting))
  const curves: Curve[] = []
  for (const candidate of candidates) curves.push(await curveOf(candidate, setting, steps))
  const best = curves.reduce((best, curve) => (least(curve) < least(best) ? curve : best))
  const { candidate } = best
  const after = best.best * best.every
  const named = curves.map((curve) => ({ name: curve.candidate.name, nll: least(curve) }))
  const told = [
    ...reasons,
    trialText(`${FOLDS} fifths left out in turn`, named, candidate.name),
    ...(after === 0 ? [] : [epochText(after, recipe, all, options.members)]),
    foldText(after),
  ]
  const common = { preprocess: candidate.preprocess, seed: options.seed, validation: 0 }
  if (after === 0) return { ...untrained(candidate), fit: { ...common, ...STILL }, reasons: told }
  return {
    layers: candidate.layers,
    base: candidate.base,
    fit: {
      ...fitOptionsOf(recipe, all, steps),
      ...common,
      validationEvery: undefined,
      stopping: { after, restoreBestWeights: false },
    },
    reasons: told,
  }
}

const least = ({ nll, best }: Curve): number => nll[best]

/** The best place of a curve, from those of the folds; each counts for as many rows as it has. */
function bestOf(nll: Float64Array, folds: readonly Float64Array[]): number {
  const lowest = nll.indexOf(nll.reduce((a, b) => Math.min(a, b)))
  const gains = folds.map((fold) => fold[0] - fold[lowest])
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const squares = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0)
  const standardError = Math.sqrt(squares / (gains.length - 1) / gains.length)
  return mean > MARGIN * standardError ? lowest : 0
}

/** Steps of every training, so that all of them take a share of the budget. */
async function stepsOf(candidates: readonly Candidate[], setting: Setting): Promise<number> {
  const { recipe, shape, options } = setting
  let secondsPerStep = 0
  for (const candidate of candidates) secondsPerStep += await probe(candidate, setting)
  const seconds = Math.max(0.1 * options.budget, SHARE * options.budget - setting.spent())
  const most = mostSteps(recipe, shape)
  return Math.max(1, Math.min(most, Math.floor(seconds / secondsPerStep / (FOLDS + 1))))
}

async function candidatesFor(
  plain: Candidate,
  bent: Preprocessing | undefined,
  { source, shape: { dim }, options: { seed, columns, budget } }: Setting,
): Promise<{ candidates: Candidate[]; reasons: string[] }> {
  if (!bent) return { candidates: [plain], reasons: [] }
  const mapped = await preprocessor(source, undefined, bent, dim, columns)
  const choice = crossValidatedMixture(shuffled(await mapped(undefined), dim, seed), dim, FOLDS, {
    seed,
    seconds: budget,
  })
  if (!choice) return { candidates: [plain], reasons: [NO_MIXTURE] }
  const components = choice.mixture.weights.length
  const base = mixtureBase(choice.mixture, dim)
  return {
    candidates: [plain, { ...plain, name: `${components} normals`, components, base, preprocess: bent }],
    reasons: [gainText(components, choice.gain)],
  }
}

/** Rows in an order that has nothing to do with where they come from. */
function shuffled(rows: Float64Array, dim: number, seed: number): Float64Array {
  const order = new Int32Array(rows.length / dim)
  permutationInto(order, seed, PURPOSE.mixture, 0)
  return rows.map((_, at) => rows[order[Math.floor(at / dim)] * dim + (at % dim)])
}

/** Trains a candidate on all but a fold, for each fold; its base, too, knows nothing of that. */
async function curveOf(candidate: Candidate, setting: Setting, steps: number): Promise<Curve> {
  const { source } = setting
  const { validationEvery: every = 1 } = fitOptionsOf(setting.recipe, setting.shape, steps)
  const nll = new Float64Array(Math.ceil(steps / every))
  const folds: Float64Array[] = []
  for (let index = 0; index < FOLDS; index++) {
    const validation = fold(index, FOLDS)
    const own = await withoutFold(candidate, setting, index)
    const { result } = await trainFor(own, setting, {
      steps,
      validation,
      validationEvery: every,
      stopping: { patience: Number.POSITIVE_INFINITY },
    })
    const { validationLosses, logScale, split } = result
    const share = split.validation.size / source.rows
    for (const [i, loss] of validationLosses.entries()) nll[i] += share * (loss + logScale)
    folds.push(validationLosses)
  }
  return { candidate, nll, every, best: bestOf(nll, folds) }
}

/** The candidate with a mixture of as many normals, fitted to the rows of the other folds. */
async function withoutFold(candidate: Candidate, setting: Setting, index: number): Promise<Candidate> {
  const { components, preprocess } = candidate
  if (components === undefined || typeof preprocess === 'string') return candidate
  const { source, shape, options } = setting
  const { training } = splitRows(source.rows, fold(index, FOLDS), options.seed)
  const mapped = await preprocessor(source, training, preprocess, shape.dim, options.columns)
  const stream = randomStream(options.seed, PURPOSE.mixture, components)
  const mixture = fitGaussianMixture(await mapped(training), shape.dim, { components, stream })
  return { ...candidate, base: mixtureBase(mixture, shape.dim) }
}

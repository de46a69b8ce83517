import { fitGaussianMixture } from '../data/gaussian-mixture.js'
import { blockRowsOf } from '../data/row-source.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import { type Baseline, fitGaussianBaseline } from '../train/baseline.js'
import type { Part } from '../train/given-rows.js'
import { type MeanNLL, RunningMean } from '../train/mean-nll.js'
import { fold, splitRows } from '../train/split.js'
import type { TriedFlow } from '../train/trials.js'
import { mixtureBase } from './mixture-base.js'
import { fitOptionsOf } from './recipe.js'
import { preprocessor } from './rows.js'
import { type Candidate, partOf, type Setting, trainFor } from './trials.js'

export const FOLDS = 5
/**
 * Training must be better than none, of whichever base, by this many standard errors of the folds' gains: five of them are soon
 * better by chance.
 */
const MARGIN = 2

/** How likely the rows left out are as training goes on, over all folds. */
export interface Curve {
  readonly candidate: Candidate
  /** Of every training. */
  readonly steps: number
  readonly folds: readonly Fold[]
  /** Mean −ln p over all folds at steps 0, every, 2·every, …, nats and the data's units. */
  readonly nll: Float64Array
  readonly every: number
  /** Which of these is best: the lowest, or the first where that is no clear gain. */
  readonly best: number
}

/** The rows of a part that were left out. */
interface Fold {
  /** Their mean −ln p as training on the others goes on. */
  readonly nll: Float64Array
  /** And that of the Gaussian of the others, where one fits. */
  readonly gaussian: number | undefined
  readonly rows: number
  /** How much they count. */
  readonly weight: number
}

/** Mean −ln p over all folds where it is best. */
const least = ({ nll, best }: Curve): number => nll[best]

/** Trains a candidate on all but a fold, for each fold; its base, too, knows nothing of that. */
export async function curveOf(candidate: Candidate, setting: Setting, steps: number): Promise<Curve> {
  const { validationEvery: every = 1 } = fitOptionsOf(candidate.recipe, setting.shape, steps)
  const folds: Fold[] = []
  for (let index = 0; index < FOLDS; index++) folds.push(await foldOf(candidate, setting, index, { steps, every }))
  const total = folds.reduce((sum, { weight }) => sum + weight, 0)
  const nll = new Float64Array(Math.ceil(steps / every))
  for (const fold of folds) {
    for (const [i, value] of fold.nll.entries()) nll[i] += (fold.weight / total) * value
  }
  return { candidate, steps, folds, nll, every, best: bestOf(nll, folds) }
}

async function foldOf(
  candidate: Candidate,
  setting: Setting,
  index: number,
  { steps, every }: { steps: number; every: number },
): Promise<Fold> {
  setting.options.onTrying?.(`${candidate.name}, without fifth ${index + 1} of ${FOLDS}`)
  const { result } = await trainFor(await withoutFold(candidate, setting, index), setting, {
    steps,
    validation: fold(index, FOLDS),
    validationEvery: every,
    stopping: { patience: Number.POSITIVE_INFINITY },
  })
  const { validationLosses, validationLogScale, split } = result
  const held = partOf(setting, split.validation)
  const gaussian = await fitGaussianBaseline(partOf(setting, split.training), setting.shape.dim)
  return {
    nll: validationLosses.map((loss) => loss + validationLogScale),
    gaussian: (gaussian && (await meanNll(gaussian, held)).mean) ?? undefined,
    rows: split.validation.size,
    weight: held.weights?.reduce((sum, weight) => sum + weight, 0) ?? split.validation.size,
  }
}

/** Mean −ln p of rows. */
async function meanNll(logProb: Baseline, { rows, weights }: Part): Promise<MeanNLL> {
  const blockRows = blockRowsOf(rows.columns)
  const mean = new RunningMean()
  let first = 0
  for await (const block of rows.blocks(blockRows)) {
    const values = new Float64Array(block.length / rows.columns)
    logProb(block, values)
    mean.add(
      values.map((value) => -value),
      weights?.subarray(first, first + values.length),
    )
    first += values.length
  }
  return mean.end()
}

/** The candidate with a mixture of as many normals, fitted to the rows of the other folds. */
async function withoutFold(candidate: Candidate, setting: Setting, index: number): Promise<Candidate> {
  const { mixture: how, preprocess } = candidate
  if (!how || typeof preprocess === 'string') return candidate
  const { data, shape, options } = setting
  const { training } = splitRows(data.source.rows, fold(index, FOLDS), options.seed)
  const mapped = await preprocessor(data, training, preprocess, options.columns)
  const stream = randomStream(options.seed, PURPOSE.mixture, how.components)
  const mixture = fitGaussianMixture(await mapped(training), shape.dim, { ...how, stream })
  return { ...candidate, base: mixtureBase(mixture, shape.dim) }
}

/** The best place of a curve, from those of the folds. */
function bestOf(nll: Float64Array, folds: readonly Fold[]): number {
  const lowest = nll.indexOf(nll.reduce((a, b) => Math.min(a, b)))
  const { mean, standardError } = overFolds(folds, ({ nll }) => nll[0] - nll[lowest])
  return (mean ?? 0) > MARGIN * (standardError ?? 0) ? lowest : 0
}

/** The lowest curve; or the one that starts lowest, left untrained, where the other is no clear gain over it. */
export function lowest(curves: readonly Curve[]): Curve {
  const trained = curves.reduce((best, curve) => (least(curve) < least(best) ? curve : best))
  const start = curves.reduce((best, curve) => (curve.nll[0] < best.nll[0] ? curve : best))
  const gain = ({ nll }: Fold, index: number) => nll[0] - trained.folds[index].nll[trained.best]
  const { mean, standardError } = overFolds(start.folds, gain)
  return (mean ?? 0) > MARGIN * (standardError ?? 0) ? trained : { ...start, best: 0 }
}

/** A mean over the rows of all folds, and its standard error from the spread over these; a fold counts by its rows' weights. */
function overFolds(folds: readonly Fold[], figure: (fold: Fold, index: number) => number): MeanNLL {
  const mean = new RunningMean()
  mean.add(
    Float64Array.from(folds, figure),
    Float64Array.from(folds, ({ weight }) => weight),
  )
  return { ...mean.end(), rows: folds.reduce((sum, { rows }) => sum + rows, 0) }
}

/** The curve's best place, as figures. */
export function triedOf({ candidate: { name }, steps, folds, best, every }: Curve): TriedFlow {
  const compared = folds.every(({ gaussian }) => gaussian !== undefined)
  return {
    ...{ name, steps: best * every, triedFor: steps },
    nll: overFolds(folds, ({ nll }) => nll[best]),
    gaussianGain: compared ? overFolds(folds, ({ nll, gaussian }) => (gaussian as number) - nll[best]) : null,
  }
}

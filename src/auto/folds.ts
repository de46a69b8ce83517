import { crossValidatedMixture } from '../data/choose-mixture.js'
import type { WeighedRows } from '../data/weighed-rows.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'
import type { PreprocessChoice } from '../train/preprocess.js'
import type { Trials } from '../train/trials.js'
import type { AutoChoice } from './auto.js'
import { candidatesFor } from './candidates.js'
import { type Curve, curveOf, FOLDS, lowest, triedOf } from './curves.js'
import { givenCandidates } from './given.js'
import { epochText, foldText, trialText } from './reasons.js'
import { fitOptionsOf, mostSteps, type Shape } from './recipe.js'
import { type Candidate, probe, type Setting, STILL, trainedBase, turn, untrained } from './trials.js'

/** Share of the budget that cross-validation may take. */
const SHARE = 0.7
/** Rows a fold has at least. */
const LEAST_ROWS = 2

/** Whether rows are too few to be held out once and for all, and enough to be cut into folds. */
export const foldsPay = (rows: number): boolean => rows < 2000 && rows >= FOLDS * LEAST_ROWS

/**
 * Chooses by cross-validation, for few rows: every candidate is trained on four fifths of the rows, five times; the base and
 * the number of steps by which the fifths left out are likeliest are then those for all rows. That may be no step at all:
 * then the normal, or the mixture, is what comes out. Source: Stone, J. R. Stat. Soc. B 36 (1974).
 */
export async function chooseByFolds(plain: Candidate, bent: PreprocessChoice, setting: Setting): Promise<AutoChoice> {
  const { options, data } = setting
  const all: Shape = { ...setting.shape, rows: data.source.rows }
  const { dim, contextDim } = setting.shape
  const { seed, budget } = options
  const between = () => turn(options.signal)
  const { candidates, reasons } =
    contextDim > 0
      ? { candidates: givenCandidates(plain, bent, options.recipe?.layers !== undefined), reasons: [] }
      : await candidatesFor(plain, bent, undefined, setting, async (mapped) =>
          crossValidatedMixture(shuffled(await mapped(undefined), dim, seed), dim, FOLDS, {
            seed,
            seconds: budget,
            between,
          }),
        )
  const steps = await stepsOf(candidates, setting)
  const curves: Curve[] = []
  for (const [i, candidate] of candidates.entries()) curves.push(await curveOf(candidate, setting, steps[i]))
  const best = lowest(curves)
  const { candidate } = best
  const after = best.best * best.every
  const trials: Trials = { folds: FOLDS, flows: curves.map(triedOf), chosen: candidate.name }
  const told = [
    ...reasons,
    trialText(`${FOLDS} fifths left out in turn`, trials),
    ...(after === 0 ? [] : [epochText(after, candidate.recipe, all, options.members)]),
    foldText(after),
  ]
  const common = { preprocess: candidate.preprocess, seed: options.seed, validation: 0 }
  if (after === 0) return { ...untrained(candidate), fit: { ...common, ...STILL }, reasons: told, trials }
  return {
    layers: candidate.layers,
    base: trainedBase(candidate),
    fit: {
      ...fitOptionsOf(candidate.recipe, all, best.steps),
      ...common,
      validationEvery: undefined,
      stopping: { after, restoreBestWeights: false },
    },
    reasons: told,
    trials,
  }
}

/** Steps of every candidate's trainings: each has its part of the time, and what those before it have left of theirs. */
async function stepsOf(candidates: readonly Candidate[], setting: Setting): Promise<number[]> {
  const { shape, options } = setting
  const { steps, budget } = options
  if (steps !== undefined) return candidates.map(() => steps)
  const secondsPerStep: number[] = []
  for (const candidate of candidates) {
    options.onTrying?.(`${candidate.name}, its speed`)
    secondsPerStep.push((FOLDS + 1) * (await probe(candidate, setting)))
  }
  let left = Math.max(0.1 * budget, SHARE * budget - setting.spent())
  return candidates.map(({ recipe }, i) => {
    const share = left / (candidates.length - i)
    const within = Math.max(1, Math.min(mostSteps(recipe, shape), Math.floor(share / secondsPerStep[i])))
    left -= within * secondsPerStep[i]
    return within
  })
}

/** Rows in an order that has nothing to do with where they come from. */
function shuffled({ rows, weights }: WeighedRows, dim: number, seed: number): WeighedRows {
  const order = new Int32Array(rows.length / dim)
  permutationInto(order, seed, PURPOSE.mixture, 0)
  return {
    rows: rows.map((_, at) => rows[order[Math.floor(at / dim)] * dim + (at % dim)]),
    weights: weights?.map((_, row) => weights[order[row]]),
  }
}

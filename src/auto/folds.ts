import { crossValidatedMixture } from '../data/choose-mixture.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import type { WeighedRows } from '../data/weighed-rows.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'
import type { Trials } from '../train/trials.js'
import type { AutoChoice } from './auto.js'
import { candidatesFor } from './candidates.js'
import { type Curve, curveOf, FOLDS, lowest, triedOf } from './curves.js'
import { epochText, foldText, trialText } from './reasons.js'
import { fitOptionsOf, mostSteps, type Shape } from './recipe.js'
import { type Candidate, probe, type Setting, STILL, untrained } from './trials.js'

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
export async function chooseByFolds(
  plain: Candidate,
  bent: Preprocessing | undefined,
  setting: Setting,
): Promise<AutoChoice> {
  const { recipe, options, data } = setting
  const all: Shape = { ...setting.shape, rows: data.source.rows }
  const { dim } = setting.shape
  const { seed, budget } = options
  const { candidates, reasons } = await candidatesFor(plain, bent, undefined, setting, async (mapped) =>
    crossValidatedMixture(shuffled(await mapped(undefined), dim, seed), dim, FOLDS, { seed, seconds: budget }),
  )
  const steps = options.steps ?? (await stepsOf(candidates, setting))
  const curves: Curve[] = []
  for (const candidate of candidates) curves.push(await curveOf(candidate, setting, steps))
  const best = lowest(curves)
  const { candidate } = best
  const after = best.best * best.every
  const trials: Trials = { folds: FOLDS, flows: curves.map((curve) => triedOf(curve, steps)), chosen: candidate.name }
  const told = [
    ...reasons,
    trialText(`${FOLDS} fifths left out in turn`, trials),
    ...(after === 0 ? [] : [epochText(after, recipe, all, options.members)]),
    foldText(after),
  ]
  const common = { preprocess: candidate.preprocess, seed: options.seed, validation: 0 }
  if (after === 0) return { ...untrained(candidate), fit: { ...common, ...STILL }, reasons: told, trials }
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
    trials,
  }
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

/** Rows in an order that has nothing to do with where they come from. */
function shuffled({ rows, weights }: WeighedRows, dim: number, seed: number): WeighedRows {
  const order = new Int32Array(rows.length / dim)
  permutationInto(order, seed, PURPOSE.mixture, 0)
  return {
    rows: rows.map((_, at) => rows[order[Math.floor(at / dim)] * dim + (at % dim)]),
    weights: weights?.map((_, row) => weights[order[row]]),
  }
}

import { chooseMixture } from '../data/choose-mixture.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import { splitRows } from '../train/split.js'
import type { AutoChoice } from './auto.js'
import { mixtureBase } from './mixture-base.js'
import { epochText, gainText, NO_MIXTURE, trialText } from './reasons.js'
import { fitOptionsOf, mostSteps } from './recipe.js'
import { preprocessor } from './rows.js'
import { type Candidate, probe, type Setting, trainFor } from './trials.js'

/** Share of the budget that each candidate is tried for. */
const TRIAL_SHARE = 0.12
/** And that is left for training, however long the trials took. */
const LEAST_SHARE = 0.1

/** A candidate that has been trained for a while. */
interface Trial {
  readonly candidate: Candidate
  /** Mean −ln p of the held-out rows, nats and the data's units. */
  readonly nll: number
  readonly secondsPerStep: number
}

/** Chooses by a share of the rows: each candidate is tried for a while, and the best is to be trained for the rest. */
export async function chooseByHeldOut(
  plain: Candidate,
  bent: Preprocessing | undefined,
  setting: Setting,
): Promise<AutoChoice> {
  const { shape, recipe, options } = setting
  const { steps, budget, validation, seed, members = 1 } = options
  const { candidates, reasons } = await candidatesFor(plain, bent, setting)
  const most = mostSteps(recipe, shape)
  const within = (seconds: number, secondsPerStep: number) =>
    Math.max(1, Math.min(most, Math.floor(seconds / secondsPerStep)))
  const trials: Trial[] = []
  for (const candidate of candidates) {
    const secondsPerStep = steps === undefined ? await probe(candidate, setting) : 0
    const tried = steps === undefined ? within(TRIAL_SHARE * budget, secondsPerStep) : Math.ceil(TRIAL_SHARE * steps)
    const nll = candidates.length === 1 ? 0 : await tryOut(candidate, setting, tried)
    trials.push({ candidate, nll, secondsPerStep })
  }
  const best = trials.reduce((best, trial) => (trial.nll < best.nll ? trial : best))
  const { candidate } = best
  const secondsPerStep =
    members > 1 && steps === undefined ? await probe(candidate, setting, members) : best.secondsPerStep
  const trained = steps ?? within(Math.max(LEAST_SHARE * budget, budget - setting.spent()), secondsPerStep)
  return {
    layers: candidate.layers,
    base: candidate.base,
    fit: { ...fitOptionsOf(recipe, shape, trained), preprocess: candidate.preprocess, validation, seed },
    reasons: [
      ...reasons,
      ...(trials.length > 1
        ? [
            trialText(
              'the rows held out',
              trials.map(({ candidate: { name }, nll }) => ({ name, nll })),
              candidate.name,
            ),
          ]
        : []),
      epochText(trained, recipe, shape, members),
    ],
  }
}

/** One normal behind columns that are each about normal, and a mixture behind columns with their long tails alone bent. */
async function candidatesFor(
  plain: Candidate,
  bent: Preprocessing | undefined,
  { source, shape: { dim }, options }: Setting,
): Promise<{ candidates: Candidate[]; reasons: string[] }> {
  if (!bent) return { candidates: [plain], reasons: [] }
  const { seed, validation, columns, budget } = options
  const split = splitRows(source.rows, validation, seed)
  const mapped = await preprocessor(source, split.training, bent, dim, columns)
  const choice = chooseMixture(await mapped(split.training), await mapped(split.validation), dim, {
    seed,
    seconds: budget,
  })
  if (!choice) return { candidates: [plain], reasons: [NO_MIXTURE] }
  const base = mixtureBase(choice.mixture, dim)
  const components = choice.mixture.weights.length
  return {
    candidates: [plain, { ...plain, name: `${components} normals`, base, preprocess: bent }],
    reasons: [gainText(components, choice.gain)],
  }
}

/** Mean −ln p of the held-out rows after some steps, in the data's units. */
async function tryOut(candidate: Candidate, setting: Setting, steps: number): Promise<number> {
  const { bestLoss, logScale } = await trainFor(candidate, setting, { steps })
  return bestLoss + logScale
}

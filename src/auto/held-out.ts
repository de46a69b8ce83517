import { chooseMixture } from '../data/choose-mixture.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import { chosenRows } from '../data/row-source.js'
import type { Flow } from '../flow/flow.js'
import { weightsIn, weightsOf } from '../train/given-rows.js'
import { meanGain } from '../train/mean-gain.js'
import type { MeanNLL } from '../train/mean-nll.js'
import { splitRows } from '../train/split.js'
import type { AutoChoice } from './auto.js'
import { mixtureBase } from './mixture-base.js'
import { epochText, gainText, IN_VAIN, NO_MIXTURE, trialText } from './reasons.js'
import { epochsOf, fitOptionsOf, mostSteps } from './recipe.js'
import { preprocessor } from './rows.js'
import { type Candidate, modelOf, probe, type Setting, STILL, trainFor, untrained } from './trials.js'

/** Share of the budget that each candidate is tried for. */
const TRIAL_SHARE = 0.12
/** And that is left for training, however long the trials took. */
const LEAST_SHARE = 0.1

/** Training must be better than none by this many standard errors of the held-out rows' paired gains. */
const MARGIN = 2
/** Times through the rows after which that can be told. */
const TELLING_EPOCHS = 20

/** A candidate that has been trained for a while. */
interface Trial {
  readonly candidate: Candidate
  /** Mean −ln p of the held-out rows, nats and the data's units. */
  readonly nll: number
  readonly secondsPerStep: number
  /** Whether training is no good: what is known of the rows is in the base already. */
  readonly inVain: boolean
}

/**
 * Chooses by a share of the rows: each candidate is tried for a while, and the best is to be trained for the rest. Where its
 * trial, long enough to tell, was no clear gain, it is left as it is.
 */
export async function chooseByHeldOut(
  plain: Candidate,
  bent: Preprocessing | undefined,
  setting: Setting,
): Promise<AutoChoice> {
  const { recipe, shape, options } = setting
  const { steps, budget, validation, seed, members = 1 } = options
  const { candidates, reasons } = await candidatesFor(plain, bent, setting)
  const trials: Trial[] = []
  for (const candidate of candidates) trials.push(await tryOut(candidate, setting, candidates.length === 1))
  const best = trials.reduce((best, trial) => (trial.nll < best.nll ? trial : best))
  const { candidate } = best
  const named = trials.map(({ candidate: { name }, nll }) => ({ name, nll }))
  const told = [...reasons, ...(trials.length > 1 ? [trialText('the rows held out', named, candidate.name)] : [])]
  const common = { preprocess: candidate.preprocess, validation, seed }
  if (best.inVain) return { ...untrained(candidate), fit: { ...common, ...STILL }, reasons: [...told, IN_VAIN] }
  const secondsPerStep =
    members > 1 && steps === undefined ? await probe(candidate, setting, members) : best.secondsPerStep
  const left = Math.max(LEAST_SHARE * budget, budget - setting.spent())
  const trained = steps ?? stepsIn(left, secondsPerStep, setting)
  return {
    layers: candidate.layers,
    base: candidate.base,
    fit: { ...fitOptionsOf(recipe, shape, trained), ...common },
    reasons: [...told, epochText(trained, recipe, shape, members)],
  }
}

const stepsIn = (seconds: number, secondsPerStep: number, { recipe, shape }: Setting): number =>
  Math.max(1, Math.min(mostSteps(recipe, shape), Math.floor(seconds / secondsPerStep)))

/** How good a candidate is after some steps; of the only one there is, how long a step takes. */
async function tryOut(candidate: Candidate, setting: Setting, alone: boolean): Promise<Trial> {
  const { recipe, shape, options } = setting
  const { steps: all, budget } = options
  const secondsPerStep = all === undefined ? await probe(candidate, setting) : 0
  if (alone) return { candidate, nll: 0, secondsPerStep, inVain: false }
  const steps =
    all === undefined ? stepsIn(TRIAL_SHARE * budget, secondsPerStep, setting) : Math.ceil(TRIAL_SHARE * all)
  const { model, result } = await trainFor(candidate, setting, { steps })
  const { mean, standardError } = await gainOfTraining(model, candidate, setting)
  const gained = mean ?? Number.POSITIVE_INFINITY
  const telling = epochsOf(steps, recipe, shape) >= TELLING_EPOCHS
  const inVain = telling && !(gained > MARGIN * (standardError ?? 0))
  return { candidate, nll: result.bestLoss + result.logScale + (inVain ? gained : 0), secondsPerStep, inVain }
}

/** The paired mean of ln p of the held-out rows less that before the first step. */
async function gainOfTraining(model: Flow, candidate: Candidate, setting: Setting): Promise<MeanNLL> {
  const { rows, source, options } = setting
  const before = modelOf(candidate, setting)
  before.scaler = model.scaler
  before.scaled = true
  const { validation } = splitRows(source.rows, options.validation, options.seed)
  const weights = weightsIn(weightsOf(rows, source.rows, 'Data'), validation)
  return meanGain(model, before, chosenRows(source, validation), options, weights)
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

import { chooseMixture } from '../data/choose-mixture.js'
import type { RowSet } from '../data/row-set.js'
import type { Flow } from '../flow/flow.js'
import { fitGaussianBaseline } from '../train/baseline.js'
import type { FitResult } from '../train/fit.js'
import { judge, type Rivals } from '../train/judge.js'
import { meanGain } from '../train/mean-gain.js'
import type { MeanNLL } from '../train/mean-nll.js'
import type { PreprocessChoice } from '../train/preprocess.js'
import { splitRows } from '../train/split.js'
import type { TriedFlow } from '../train/trials.js'
import type { AutoChoice } from './auto.js'
import { candidatesFor, settled } from './candidates.js'
import { onNormalByContext } from './given.js'
import { epochText, fineText, inVainText, trialText } from './reasons.js'
import {
  epochsOf,
  fineRecipeFor,
  fitOptionsOf,
  layersOf,
  mostSteps,
  type Recipe,
  type Shape,
  VALIDATION_TIME,
  withSaid,
} from './recipe.js'
import {
  type Candidate,
  modelOf,
  partOf,
  probe,
  type Setting,
  STILL,
  trainedBase,
  trainFor,
  turn,
  untrained,
} from './trials.js'

/** Share of the budget that each candidate is tried for. */
const TRIAL_SHARE = 0.12
/** After which no other candidate is begun with. */
const CHOOSING_SHARE = 0.4
/** And that is left for training, however long the trials took. */
const LEAST_SHARE = 0.1

/** Training must be better than none by this many standard errors of the held-out rows' paired gains. */
const MARGIN = 2
/** Times through the rows after which that can be told. */
const TELLING_EPOCHS = 20

/** A candidate that has been trained for a while. */
interface Trial {
  readonly candidate: Candidate
  /** As it is after the trial; undefined likewise. */
  readonly model: Flow | undefined
  /** What it came to; undefined where it is the only one. */
  readonly tried: TriedFlow | undefined
  readonly secondsPerStep: number
  /** Whether training is no good: what is known of the rows is in the base already. */
  readonly inVain: boolean
}

/**
 * Chooses by a share of the rows: each candidate is tried for a while, and the best is to be trained for the rest. Where its
 * trial, long enough to tell, was no clear gain, it is left as it is.
 */
export async function chooseByHeldOut(plain: Candidate, bent: PreprocessChoice, setting: Setting): Promise<AutoChoice> {
  const { shape, options } = setting
  const { steps, budget, validation, seed, members = 1 } = options
  const between = () => turn(options.signal)
  const split = splitRows(setting.data.source.rows, validation, seed)
  const { dim, contextDim } = shape
  const { candidates, reasons } =
    contextDim > 0
      ? { candidates: [onNormalByContext(plain, bent)], reasons: [] }
      : await candidatesFor(plain, bent, split.training, setting, async (mapped) =>
          chooseMixture(await mapped(split.training), await mapped(split.validation), dim, {
            seed,
            seconds: budget,
            between,
          }),
        )
  // The likelier winner first: it is what there is where no time is left for others.
  const [likeliest, ...others] = candidates.toReversed()
  const tryNext = (candidate: Candidate) => {
    options.onTrying?.(candidate.name)
    return tryOut(candidate, setting, candidates.length === 1)
  }
  const isTimeLeft = () => steps !== undefined || setting.spent() <= CHOOSING_SHARE * budget
  const first = await tryNext(likeliest)
  const finer = first.inVain || !isTimeLeft() ? undefined : finerThan(first, setting)
  const fine = finer && (await tryNext(finer))
  const gain = fine && (await gainOver(first, fine, split.validation, setting))
  const trials = [gain && isClear(gain) ? fine : first]
  for (const candidate of others) if (isTimeLeft()) trials.push(await tryNext(candidate))
  const nllOf = ({ tried }: Trial) => tried?.nll.mean ?? Number.POSITIVE_INFINITY
  const best = trials.reduce((best, trial) => (nllOf(trial) < nllOf(best) ? trial : best))
  const { candidate } = best
  const { recipe } = candidate
  const flows = [first, fine, ...trials.slice(1)].flatMap((trial) => trial?.tried ?? [])
  const figures = flows.length > 0 ? { folds: null, flows, chosen: candidate.name } : undefined
  const told = [
    ...reasons,
    ...(figures ? [trialText('the rows held out', figures)] : []),
    ...(gain && best === fine ? [fineText(recipe, gain)] : []),
  ]
  const common = { preprocess: candidate.preprocess, validation, seed }
  if (best.inVain) {
    const { refit } = options
    const whole = await settled(candidate, setting)
    const fit = { ...common, ...(refit && { validation: 0 }), ...STILL }
    return { ...untrained(whole), fit, reasons: [...told, inVainText(whole.name, refit)], trials: figures }
  }
  const secondsPerStep =
    members > 1 && steps === undefined ? await probe(candidate, setting, members) : best.secondsPerStep
  const left = Math.max(LEAST_SHARE * budget, budget - setting.spent())
  const trained = steps ?? stepsIn(left, secondsPerStep, recipe, shape)
  return {
    layers: candidate.layers,
    base: trainedBase(candidate),
    fit: { ...fitOptionsOf(recipe, shape, trained), ...common },
    reasons: [...told, epochText(trained, recipe, shape, members)],
    trials: figures,
  }
}

const stepsIn = (seconds: number, secondsPerStep: number, recipe: Recipe, shape: Shape): number =>
  Math.max(1, Math.min(mostSteps(recipe, shape), Math.floor(seconds / secondsPerStep)))

/** How good a candidate is after some steps; of the only one there is, how long a step takes. */
async function tryOut(candidate: Candidate, setting: Setting, alone: boolean): Promise<Trial> {
  const { recipe } = candidate
  const { shape, options } = setting
  const { steps: all, budget } = options
  const secondsPerStep = all === undefined ? await probe(candidate, setting) : 0
  if (alone) return { candidate, model: undefined, tried: undefined, secondsPerStep, inVain: false }
  const steps =
    all === undefined ? stepsIn(TRIAL_SHARE * budget, secondsPerStep, recipe, shape) : Math.ceil(TRIAL_SHARE * all)
  const { model, result } = await trainFor(candidate, setting, { steps })
  const before = modelOf(candidate, setting)
  before.scaler = model.scaler
  before.scaled = true
  const held = partOf(setting, result.split.validation)
  const telling = epochsOf(steps, recipe, shape) >= TELLING_EPOCHS
  const inVain = telling && !isClear(await meanGain(model, before, held.rows, options, held.weights))
  const kept = inVain ? before : model
  const { nll, gaussian } = await judge(kept, held, await rivalsOf(result, setting), {
    threads: options.threads ?? 'auto',
    signal: options.signal,
  })
  const tried = {
    ...{ name: candidate.name, steps: inVain ? 0 : result.bestStep, triedFor: steps },
    ...{ nll, gaussianGain: gaussian?.gain ?? null },
  }
  // A trial is longer than a probe, and tells better what the machine can keep up while others work on it.
  const sustained = all === undefined ? result.seconds / steps / (1 + VALIDATION_TIME) : 0
  return { candidate, model: kept, tried, secondsPerStep: Math.max(secondsPerStep, sustained), inVain }
}

/** Whether a mean gain is beyond chance, or without bound. */
function isClear({ mean, standardError }: MeanNLL): boolean {
  return (mean ?? Number.POSITIVE_INFINITY) > MARGIN * (standardError ?? 0)
}

/** The same by the recipe for fine structure; undefined where there is none for such rows, or layers are settled. */
function finerThan({ candidate, tried }: Trial, { shape, options }: Setting): Candidate | undefined {
  const recipe = fineRecipeFor(shape)
  const { layers, bins, fourier } = options.recipe ?? {}
  if (!recipe || !tried || layers !== undefined || bins !== undefined || fourier !== undefined) return undefined
  const settled = withSaid(recipe, options)
  return { ...candidate, name: `${candidate.name}, finer`, recipe: settled, layers: layersOf(settled, shape) }
}

/** How much likelier than the first trial's flow the second one's makes the rows held out. */
async function gainOver(
  first: Trial,
  second: Trial,
  validation: RowSet,
  setting: Setting,
): Promise<MeanNLL | undefined> {
  const held = partOf(setting, validation)
  const [rival, model] = [first.model, second.model]
  return rival && model && meanGain(model, rival, held.rows, setting.options, held.weights)
}

async function rivalsOf({ split }: FitResult, setting: Setting): Promise<Rivals> {
  const gaussian = await fitGaussianBaseline(partOf(setting, split.training), setting.shape.dim)
  return { gaussian, mixture: undefined, truth: undefined }
}

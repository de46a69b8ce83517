import { setImmediate } from 'node:timers/promises'
import type { BaseSpec } from '../bases/base.js'
import { contaminated } from '../bases/contaminated.js'
import { fullNormal } from '../bases/full-normal.js'
import type { MixtureChoice } from '../data/choose-mixture.js'
import type { MixtureFitOptions } from '../data/gaussian-mixture.js'
import type { RowSet } from '../data/row-set.js'
import { chosenRows, type RowSource } from '../data/row-source.js'
import { type Flow, flow } from '../flow/flow.js'
import type { LayerSpec } from '../layers/layer.js'
import type { Threads } from '../parallel/threads.js'
import { adamW } from '../step/adamw.js'
import { type FitResult, fit } from '../train/fit.js'
import type { GivenRows } from '../train/given-rows.js'
import { type Part, weightsIn } from '../train/given-rows.js'
import { type FitOptions, MAX_STEPS } from '../train/options.js'
import type { PreprocessChoice } from '../train/preprocess.js'
import { sideBySide } from '../train/side-by-side.js'
import type { AutoOptions } from './auto.js'
import { fitOptionsOf, type Recipe, type Shape } from './recipe.js'
import type { AutoRows } from './rows.js'

/** What is the same for all that is tried. */
export interface Setting {
  readonly data: AutoRows
  readonly shape: Shape
  readonly options: AutoOptions & Required<Pick<AutoOptions, 'seed' | 'validation' | 'budget' | 'refit'>>
  /** Seconds since the beginning. */
  spent(): number
}

/** A flow that is tried: what is mapped onto what. */
export interface Candidate {
  readonly name: string
  readonly layers: readonly LayerSpec[]
  readonly base: BaseSpec | undefined
  readonly recipe: Recipe
  /** How a mixture as base is fitted, and what came of it. */
  readonly mixture?: Pick<MixtureFitOptions, 'components' | 'prior'> & Pick<MixtureChoice, 'averaged'>
  readonly preprocess: PreprocessChoice
}

/** Steps whose time is not looked at, and those that tell the speed. */
const PROBE = { warmUp: 5, timed: 20 }
/** Of the time of a run that its steps take, at least; the rest is its beginning and end. */
const LEAST_PART = 0.3

/**
 * What a candidate that is trained maps onto: a row that its layers carry far off must not cost without bound, in training
 * or in a mean over new rows.
 */
export const trainedBase = ({ base }: Candidate): BaseSpec => contaminated(base && { base })

export function modelOf(candidate: Candidate, { shape, options }: Setting): Flow {
  const base = trainedBase(candidate)
  const model = flow(shape.dim, candidate.layers, { base, context: shape.contextDim, seed: options.seed })
  model.data = { columns: options.columns, sha256: undefined }
  return model
}

/** Trains a candidate, new, by its recipe. */
export async function trainFor(
  candidate: Candidate,
  setting: Setting,
  options: FitOptions & { steps: number },
): Promise<{ model: Flow; result: FitResult }> {
  const { data, shape, options: own } = setting
  const { validation, seed, threads, signal } = own
  const model = modelOf(candidate, setting)
  const rows = { rows: data.source, weights: data.weights }
  const result = await fit(model, rows, {
    ...fitOptionsOf(candidate.recipe, shape, options.steps),
    ...{ preprocess: candidate.preprocess, validation, seed, threads, signal },
    ...options,
  })
  return { model, result }
}

/** Some of the rows, and their weights. */
export function partOf({ data: { source, weights } }: Setting, rows: RowSet): Part {
  return { rows: chosenRows(source, rows), weights: weightsIn(weights, rows) }
}

/**
 * The base of a candidate alone: one normal, also where a net that makes it of the context has said nothing yet; or its
 * mixture, contaminated as if it were trained, as its normals may be narrow. And one step that changes nothing: what is fitted
 * then is the preprocessing.
 */
export const untrained = (candidate: Candidate) => ({
  layers: [],
  base: candidate.mixture ? trainedBase(candidate) : fullNormal(),
})

export const STILL: FitOptions = {
  steps: 1,
  optimizer: adamW({ learningRate: 0, weightDecay: 0 }),
  stopping: { restoreBestWeights: false },
}

/** Whether that is how a choice is to be trained: not at all. */
export const isStill = ({ optimizer }: FitOptions) => optimizer === STILL.optimizer

/** A turn for whoever else waits for this thread, a clock or a signal. */
export async function turn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}

/** Seconds that a step of a candidate takes; of several members side by side, a step of all of them. */
export function probe(candidate: Candidate, setting: Setting, members = 1): Promise<number> {
  return perStep(members, setting.options.threads, async (steps, threads) => {
    return (await trainFor(candidate, setting, { steps, threads, validationEvery: steps + 1 })).result.seconds
  })
}

/** Steps of such flows and their training that fit into so many seconds, of one or of so many side by side. */
export async function stepsWithin(
  budget: number,
  rows: RowSource | GivenRows,
  make: () => Flow,
  options: FitOptions,
  members = 1,
): Promise<number> {
  const started = performance.now()
  const secondsPerStep = await perStep(members, options.threads, async (steps, threads) => {
    return (await fit(make(), rows, { ...options, steps, threads, validationEvery: steps + 1 })).seconds
  })
  const left = budget - (performance.now() - started) / 1000
  return Math.max(1, Math.min(MAX_STEPS, Math.floor(Math.max(left, 0.1 * budget) / secondsPerStep)))
}

/** As many fits are timed at once as will run at once: they share caches and memory. */
async function perStep(
  members: number,
  threads: Threads | undefined,
  timed: (steps: number, threads: Threads | undefined) => Promise<number>,
): Promise<number> {
  const plan = members > 1 ? sideBySide(members, threads ?? 'auto') : { atOnce: 1, threads }
  const slowest = async (steps: number) =>
    Math.max(...(await Promise.all(Array.from({ length: plan.atOnce }, () => timed(steps, plan.threads)))))
  // The first run starts threads and compiles what they do.
  await slowest(PROBE.warmUp)
  const before = await slowest(PROBE.warmUp)
  const steps = PROBE.warmUp + PROBE.timed
  const all = await slowest(steps)
  // Neighbours may have slowed the shorter one: never less than a part of what the longer one says by itself.
  return Math.ceil(members / plan.atOnce) * Math.max((all - before) / PROBE.timed, (LEAST_PART * all) / steps)
}

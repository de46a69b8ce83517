import { type AutoOptions, auto, autoOutset } from '../auto/auto.js'
import { fineTuning, mostFineTuning } from '../auto/fine-tuning.js'
import { MIXTURES } from '../auto/reasons.js'
import { isStill, STILL, stepsWithin } from '../auto/trials.js'
import type { TableCodec } from '../columns/kinds.js'
import type { Support } from '../data/support.js'
import { copyFlow } from '../flow/copy.js'
import { type Model, membersOf } from '../flow/ensemble.js'
import { START_SHARE } from '../train/best-start.js'
import type { Part } from '../train/given-rows.js'
import { validationRowsOf } from '../train/split.js'
import type { Trials } from '../train/trials.js'
import type { Architecture } from './architecture.js'
import { choosing } from './choosing.js'
import { say } from './output.js'
import { preprocessing } from './preprocessing.js'
import { buildModel } from './train-model.js'
import type { TrainOptions } from './train-options.js'

/** An untrained model, or one to train on, and how. */
export interface Settled {
  readonly model: Model
  readonly options: TrainOptions
  /** What it was chosen by. */
  readonly trials?: Trials
}

/** What is known of the columns of a file. */
export interface Known {
  /** The values that each modelled one can have, where some have bounds. */
  readonly supports?: readonly Support[]
  /** How they became columns of a flow, where they are not plain numbers. */
  readonly table?: TableCodec
}

/** Seconds that choosing and training take where nothing is said. */
const DEFAULT_BUDGET = 30
/** Share of the rows that starts and a model that is trained on are judged by, likewise. */
const HELD_OUT = 0.1

/** Seconds for choosing and training together; undefined where the steps are counted. */
export function budgetOf({ budget, flow, fit }: TrainOptions): number | undefined {
  return budget ?? (flow === undefined && fit.steps === undefined ? DEFAULT_BUDGET : undefined)
}

/** What of it is for one flow, where several starts are tried. */
const ownBudget = (budget: number, starts: number) => (starts > 1 ? budget / (1 + START_SHARE * starts) : budget)

/** The options of a run whose columns pass that. */
export function withPreprocess(
  options: TrainOptions,
  preprocess: NonNullable<TrainOptions['preprocess']>,
  { supports }: Known,
): TrainOptions {
  const { fillValue } = options
  const choice = typeof preprocess === 'string' ? preprocessing(preprocess, fillValue, supports) : preprocess
  return { ...options, preprocess, fit: { ...options.fit, preprocess: choice } }
}

/** Lets the rows decide on flow, preprocessing and training, says what and why, and puts over it what was asked for. */
export async function chooseFlow(
  { rows, weights }: Part,
  columns: readonly string[],
  dim: number,
  known: Known,
  options: TrainOptions,
): Promise<Settled> {
  const budget = budgetOf(options)
  say(`Choosing a flow by ${budget ?? DEFAULT_BUDGET} s of trying and training; --flow takes one as it is.`)
  const choice = await choosing(MIXTURES, budget, (onTrying) =>
    auto(weights ? { rows, weights } : rows, { ...autoOptions(columns, dim, known, options), onTrying }),
  )
  for (const reason of choice.reasons) say(`  ${reason}`)
  const { layers, base, trials } = choice
  const chosen = { layers, ...(base && { base }) }
  const said = options.over(choice.fit)
  // What was said of training is not meant for what needs none.
  const fit = isStill(choice.fit) ? { ...said, ...STILL } : said
  const settled = { ...options, chosen, preprocess: choice.fit.preprocess, fit }
  return { model: buildModel(dim, columns, chosen, settled, known.table), options: settled, trials }
}

/** What a choice by the rows begins with, and the line that it would tell first. */
export function outsetFlow(
  { rows, weights }: Part,
  columns: readonly string[],
  dim: number,
  known: Known,
  options: TrainOptions,
): Settled & { told: string } {
  const { layers, fit, told } = autoOutset(
    weights ? { rows, weights } : rows,
    autoOptions(columns, dim, known, options),
  )
  const settled = { ...options, fit: options.over(fit) }
  return { model: buildModel(dim, columns, { layers }, settled, known.table), options: settled, told }
}

function autoOptions(columns: readonly string[], dim: number, { supports }: Known, options: TrainOptions): AutoOptions {
  const { fit, preset, seed, preprocess, fillValue, ensemble, starts } = options
  const { threads, steps, batch } = fit
  const budget = budgetOf(options)
  return {
    ...{ dim, columns, seed, threads, steps, recipe: preset, members: ensemble },
    // Starts are told apart by rows held out.
    validation: (fit.validation ?? (starts > 1 ? HELD_OUT : undefined)) as number | undefined,
    refit: options.refit && starts === 1,
    ...(budget !== undefined && { budget: ownBudget(budget, starts) }),
    ...(typeof batch === 'number' && { batch }),
    ...(preprocess !== undefined && { preprocess: withPreprocess(options, preprocess, { supports }).fit.preprocess }),
    ...(supports && { supports }),
    ...(fillValue === 'none' && { fillValues: 'keep' }),
  }
}

/** A flow that was named, with as many steps as the budget allows where there is one. */
export async function takeFlow(
  rows: Part,
  columns: readonly string[],
  dim: number,
  parts: Architecture,
  { table }: Known,
  options: TrainOptions,
): Promise<Settled> {
  const model = buildModel(dim, columns, parts, options, table)
  const { budget, fit, starts } = options
  if (budget === undefined) return { model, options }
  const steps = await stepsFor(model, rows, ownBudget(budget, starts), fit)
  return { model, options: { ...options, fit: { ...fit, steps } } }
}

/** How a model is trained on: gently, within the budget and no longer than pays, or for the steps that were said. */
export async function trainOn(rows: Part, model: Model, options: TrainOptions): Promise<Settled> {
  const { fit, from, over } = options
  // A config says all of it.
  if (from?.sha256 !== undefined && fit.steps !== undefined) return { model, options }
  const validation = (fit.validation ?? HELD_OUT) as number
  const { dim, contextDim } = model
  const count = rows.rows.rows - validationRowsOf(rows.rows.rows, validation)
  const shape = { dim, contextDim, rows: count }
  const how = (steps: number) => over(fineTuning(shape, steps, validation))
  if (fit.steps !== undefined) return { model, options: { ...options, fit: how(fit.steps) } }
  const most = mostFineTuning(shape, fit.batch)
  const steps = Math.min(most, await stepsFor(model, rows, budgetOf(options) ?? DEFAULT_BUDGET, how(most)))
  return { model, options: { ...options, fit: how(steps) } }
}

function stepsFor(model: Model, { rows, weights }: Part, budget: number, fit: TrainOptions['fit']): Promise<number> {
  const [member, ...others] = membersOf(model)
  return choosing('the speed of a step', budget, () =>
    stepsWithin(budget, weights ? { rows, weights } : rows, () => copyFlow(member), fit, 1 + others.length),
  )
}

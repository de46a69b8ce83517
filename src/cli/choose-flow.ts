import { auto } from '../auto/auto.js'
import { stepsWithin } from '../auto/trials.js'
import type { RowSource } from '../data/row-source.js'
import type { Trials } from '../train/trials.js'
import type { Architecture } from './architecture.js'
import { say } from './output.js'
import { preprocessing } from './preprocessing.js'
import type { TrainOptions } from './train-options.js'

/** What is built, and the options with it. */
export interface Settled {
  readonly parts: Omit<Architecture, 'standardise'>
  readonly options: TrainOptions
  /** What it was chosen by. */
  readonly trials?: Trials
}

/** The options of a run whose columns pass that. */
export function withPreprocess(
  options: TrainOptions,
  preprocess: NonNullable<TrainOptions['preprocess']>,
): TrainOptions {
  const { fillValue } = options
  const choice = typeof preprocess === 'string' ? preprocessing(preprocess, fillValue) : preprocess
  return { ...options, preprocess, fit: { ...options.fit, preprocess: choice } }
}

/** Lets the rows decide on flow, preprocessing and training, says what and why, and puts over it what was asked for. */
export async function chooseFlow(
  { rows, weights }: { readonly rows: RowSource; readonly weights: Float64Array | undefined },
  columns: readonly string[],
  dim: number,
  options: TrainOptions,
): Promise<Settled> {
  const { fit, budget, preset, seed, preprocess, fillValue, ensemble } = options
  const { validation, threads, steps, batch } = fit
  say(`Choosing a flow by ${budget ?? 30} s of trying and training; --flow takes one as it is.`)
  const choice = await auto(weights ? { rows, weights } : rows, {
    ...{
      dim,
      columns,
      validation: validation as number | undefined,
      seed,
      threads,
      budget,
      steps,
      recipe: preset,
      members: ensemble,
    },
    ...(typeof batch === 'number' && { batch }),
    ...(preprocess !== undefined && { preprocess: withPreprocess(options, preprocess).fit.preprocess }),
    ...(fillValue === 'none' && { fillValues: 'keep' }),
  })
  for (const reason of choice.reasons) say(`  ${reason}`)
  const { layers, base, trials } = choice
  const chosen = { layers, ...(base && { base }) }
  return {
    parts: chosen,
    options: { ...options, chosen, preprocess: choice.fit.preprocess, fit: options.over(choice.fit) },
    trials,
  }
}

/** The options of a flow that was named, with as many steps as the budget allows where there is one. */
export async function inBudget(
  rows: RowSource,
  dim: number,
  parts: Omit<Architecture, 'standardise'>,
  options: TrainOptions,
): Promise<TrainOptions> {
  const { budget, fit, ensemble } = options
  if (budget === undefined) return options
  const steps = await stepsWithin(budget, rows, dim, parts, fit, ensemble)
  return { ...options, fit: { ...fit, steps } }
}

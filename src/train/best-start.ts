import type { RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { TrainingError, UsageError } from '../errors.js'
import { copyFlow } from '../flow/copy.js'
import type { Flow } from '../flow/flow.js'
import { fit } from './fit.js'
import { memberSeed } from './fit-ensemble.js'
import type { GivenRows } from './given-rows.js'
import { checkFitOptions, type FitOptions } from './options.js'
import { eachOf, sideBySide } from './side-by-side.js'

/** Which of several flows is to be trained, and how: `fit(flow, rows, fit)`. */
export interface BestStart {
  /** As it was given: only copies have been tried. */
  readonly flow: Flow
  /** Its place among them. */
  readonly index: number
  readonly fit: FitOptions
  /** Of each, the best loss of the rows held out, nats and the data's units; ∞ of one that diverged. */
  readonly losses: readonly number[]
}

/** Share of the steps that each start is tried for. */
export const START_SHARE = 0.15
/** Validations of a start behind the one before its first step. */
const VALIDATIONS = 4

/**
 * Tries flows that differ in their first weights, `flow(dim, layers, { seed: memberSeed(seed, m) })`, each for the first 15 %
 * of the steps of a `fit` with these options, and picks the one with the best loss of the rows held out. All have the same
 * rows held out; in what else is random each has a seed of its own, `memberSeed(seed, m)`. The `fit` that is returned takes
 * the steps of the one picked again, and all others behind them: as if it had been trained alone. Together that is
 * 1 + 0.15 k times the work of one fit.
 *
 * They run side by side as the members of an ensemble do, and the result does not depend on how many at a time.
 * @throws UsageError without flows or rows held out, and with DataError as `fit`; TrainingError where all diverge;
 *   signal.reason when aborted.
 */
export async function bestStart(
  flows: readonly Flow[],
  rows: Rows | RowSource | GivenRows,
  options: FitOptions = {},
): Promise<BestStart> {
  const { steps = 50_000, validation = 0, seed = 0, splitSeed = seed, threads = 'auto', signal } = options
  if (flows.length === 0) throw new UsageError('bestStart got no flows to choose from; expected one or more.')
  if (validation === 0) throw new UsageError('bestStart chooses by rows held out: set validation to 0.1.')
  checkFitOptions(options, 0)
  const tried = Math.ceil(START_SHARE * steps)
  const trial: FitOptions = {
    ...options,
    stopping: { ...options.stopping, after: Math.min(tried, options.stopping?.after ?? tried) },
    validationEvery: Math.max(1, Math.floor((tried - 1) / VALIDATIONS)),
    onProgress: undefined,
    checkpoint: undefined,
    resume: undefined,
  }
  const plan = sideBySide(flows.length, threads)
  let diverged: unknown
  const losses = await eachOf(flows.length, plan.atOnce, async (m) => {
    const own = { seed: memberSeed(seed, m), splitSeed, threads: plan.threads }
    try {
      const { bestLoss, logScale } = await fit(copyFlow(flows[m]), rows, { ...trial, ...own })
      return bestLoss + logScale
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error
      diverged = error
      return Number.POSITIVE_INFINITY
    }
  })
  signal?.throwIfAborted()
  const least = Math.min(...losses)
  if (least === Number.POSITIVE_INFINITY) throw diverged
  const index = losses.indexOf(least)
  return { flow: flows[index], index, losses, fit: { ...options, seed: memberSeed(seed, index), splitSeed } }
}

import type { BaseSpec } from '../bases/base.js'
import { fitPreprocessing, type Preprocessing } from '../data/fit-scaler.js'
import { sideBySide } from '../data/row-columns.js'
import { blockRowsOf, chosenRows, isSource, type RowSource, toSource } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import type { Rows } from '../data/rows.js'
import { UsageError } from '../errors.js'
import { type Flow, flow } from '../flow/flow.js'
import type { LayerSpec } from '../layers/layer.js'
import { echo } from '../options.js'
import type { Threads } from '../parallel/threads.js'
import type { SplinePresetOptions } from '../presets/options.js'
import { type FitResult, fit } from '../train/fit.js'
import type { GivenRows } from '../train/given-rows.js'
import { type FitOptions, MAX_STEPS } from '../train/options.js'
import { type PreprocessChoice, preprocess } from '../train/preprocess.js'
import { sideBySide as fitsSideBySide } from '../train/side-by-side.js'
import { splitRows, validationRowsOf } from '../train/split.js'
import { mixtureBase } from './mixture-base.js'
import { fitOptionsOf, layersOf, mostSteps, type Recipe, recipeFor, type Shape, withSaid } from './recipe.js'

export interface AutoOptions {
  /** Seconds that trying and training may take together; default 30. */
  readonly budget?: number
  /** Steps of the training instead: nothing is timed then, so that the choice depends on the rows and the seed alone. */
  readonly steps?: number
  /** Columns that are modelled, where the rows are a flat array or their source has a context behind them. */
  readonly dim?: number
  /** Share of the rows held out, by which everything is chosen; default 0.1. */
  readonly validation?: number
  readonly seed?: number
  readonly threads?: Threads
  /** Flows that are to be trained side by side within the budget, for an ensemble; default 1. */
  readonly members?: number
  readonly signal?: AbortSignal
  /** Names of the columns, for messages. */
  readonly columns?: readonly string[]
  /** What of the recipe is settled already. */
  readonly recipe?: SplinePresetOptions
  /** Rows of a step, likewise. */
  readonly batch?: number
  /** What columns pass before the flow, likewise. */
  readonly preprocess?: PreprocessChoice
  /** What becomes of a number that many rows share far outside the others; default 'refuse'. */
  readonly fillValues?: 'refuse' | 'keep'
}

/** What to build and how to train it: `flow(dim, layers, { base })`, `fit(model, rows, fit)`. */
export interface AutoChoice {
  readonly layers: readonly LayerSpec[]
  readonly base: BaseSpec | undefined
  readonly fit: FitOptions
  /** What was chosen and why, a line each. */
  readonly reasons: readonly string[]
}

/** A flow that is tried: what is mapped onto what. */
interface Candidate {
  readonly name: string
  readonly layers: readonly LayerSpec[]
  readonly base: BaseSpec | undefined
  readonly preprocess: PreprocessChoice
}

/** A candidate that has been trained for a while. */
interface Trial {
  readonly candidate: Candidate
  /** Mean −ln p of the held-out rows, nats and the data's units. */
  readonly nll: number
  readonly secondsPerStep: number
}

const DEFAULT_BUDGET = 30
/** Share of the budget that each candidate is tried for. */
const TRIAL_SHARE = 0.12
/** Steps whose time is not looked at, and those that tell the speed. */
const PROBE = { warmUp: 5, timed: 20 }

/**
 * Chooses a flow and its training for rows [rows, dim], by their shape, the rows held out, and the time.
 *
 * Candidates differ in what data are mapped onto: one normal, or the mixture of normals that makes held-out rows likeliest.
 * Each is tried for a share of the budget; what makes held-out rows likeliest is to be trained for the rest of it.
 * @throws UsageError where an option is not of its kind; DataError as `fit`; signal.reason when aborted.
 */
export async function auto(rows: Rows | RowSource | GivenRows, options: AutoOptions = {}): Promise<AutoChoice> {
  const { budget = DEFAULT_BUDGET, steps, seed = 0, validation = 0.1, members = 1 } = options
  if (!(budget > 0 && budget < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`auto's budget is ${echo(budget)}; expected seconds > 0.`)
  }
  const started = performance.now()
  const { source, dim } = readRows(rows, options.dim)
  const held = validationRowsOf(source.rows, validation)
  if (held < 1) throw new UsageError(`auto's validation is ${echo(validation)}; expected a share above 0 to choose by.`)
  const shape: Shape = { dim, contextDim: source.columns - dim, rows: source.rows - held }
  const recipe = withSaid(recipeFor(shape), options)
  const setting = { rows, shape, recipe, options: { ...options, seed, validation } }
  const { candidates, reasons } = await candidatesFor(source, setting)
  const spent = () => (performance.now() - started) / 1000
  const most = mostSteps(recipe, shape)
  const shorter = (seconds: number, secondsPerStep: number) =>
    Math.max(1, Math.min(most, Math.floor(seconds / secondsPerStep)))

  const trials: Trial[] = []
  for (const candidate of candidates) {
    if (candidates.length === 1 && steps !== undefined) break
    const secondsPerStep = steps === undefined ? await probe(candidate, setting) : 0
    const tried = steps === undefined ? shorter(TRIAL_SHARE * budget, secondsPerStep) : Math.ceil(TRIAL_SHARE * steps)
    if (candidates.length === 1) trials.push({ candidate, nll: 0, secondsPerStep })
    else trials.push({ candidate, nll: await tryOut(candidate, setting, tried), secondsPerStep })
  }
  const best = trials.reduce((best, trial) => (trial.nll < best.nll ? trial : best), trials[0])
  const chosen = best?.candidate ?? candidates[0]
  const secondsPerStep =
    members > 1 && steps === undefined ? await probe(chosen, setting, members) : (best?.secondsPerStep ?? 0)
  const trained = steps ?? shorter(Math.max(0.1 * budget, budget - spent()), secondsPerStep)
  return {
    layers: chosen.layers,
    base: chosen.base,
    fit: { ...fitOptionsOf(recipe, shape, trained), preprocess: chosen.preprocess, validation, seed },
    reasons: [
      ...reasons,
      ...(trials.length > 1 ? [trialText(trials, chosen)] : []),
      `training: ${members > 1 ? `${members} members, each of ` : ''}${trained} steps of ${Math.min(recipe.batch, shape.rows)} rows, which is ${epochText(trained, recipe, shape)}`,
    ],
  }
}

interface Setting {
  readonly rows: Rows | RowSource | GivenRows
  readonly shape: Shape
  readonly recipe: Recipe
  readonly options: AutoOptions & { readonly seed: number; readonly validation: number }
}

/** The rows as a source, their context behind, and how many of its columns are modelled. */
function readRows(input: Rows | RowSource | GivenRows, dim: number | undefined): { source: RowSource; dim: number } {
  const { rows, context } = isGiven(input) ? input : { rows: input, context: undefined }
  const columns = isSource(rows) ? rows.columns : (dim ?? columnsOf(rows))
  if (columns === undefined) throw new UsageError('auto got a flat array: say with dim how many columns it has.')
  const source = toSource(rows, columns, 'Data')
  if (context === undefined) return { source, dim: dim ?? columns }
  const given = isSource(context) ? context.columns : columnsOf(context)
  if (given === undefined) throw new UsageError('auto got a flat array as context: give it as rows.')
  return { source: sideBySide(source, toSource(context, given, 'Context')), dim: columns }
}

/** Of nested arrays and what has a shape. */
function columnsOf(rows: Rows): number | undefined {
  if (rows instanceof Float32Array || rows instanceof Float64Array) return undefined
  if ('shape' in rows) return rows.shape[1]
  return rows[0]?.length
}

/** Training and held-out rows as a candidate's layers would see them, [rows, dim] each. */
async function preprocessed(
  source: RowSource,
  preprocessing: Preprocessing,
  { shape: { dim }, options: { seed, validation, columns } }: Setting,
): Promise<{ training: Float64Array; held: Float64Array }> {
  const split = splitRows(source.rows, validationRowsOf(source.rows, validation), seed)
  const scaler = await fitPreprocessing(chosenRows(source, split.training), preprocessing, columns, dim)
  const transform = new RowTransform(scaler, dim)
  const through = async (chosen: RowSource) => {
    const { columns: width } = chosen
    const kept = new Float64Array(chosen.rows * dim)
    const block64 = new Float64Array(blockRowsOf(width) * width)
    let at = 0
    for await (const block of chosen.blocks(blockRowsOf(width))) {
      transform.forward(block, block64)
      for (let i = 0; i < block.length; i += width) for (let j = 0; j < dim; j++) kept[at++] = block64[i + j]
    }
    return kept
  }
  return {
    training: await through(chosenRows(source, split.training)),
    held: await through(chosenRows(source, split.validation)),
  }
}

/** One normal behind columns that are each about normal, and a mixture behind columns with their long tails alone bent. */
async function candidatesFor(
  source: RowSource,
  setting: Setting,
): Promise<{ candidates: Candidate[]; reasons: string[] }> {
  const { shape, recipe, options } = setting
  const layers = layersOf(recipe, shape)
  const { fillValues = 'refuse' } = options
  const plain = options.preprocess ?? preprocess({ fillValues })
  const bent = options.preprocess ?? preprocess({ gaussianise: 'tails', fillValues })
  const candidates: Candidate[] = [{ name: 'one normal', layers, base: undefined, preprocess: plain }]
  const reasons = [shapeText(shape, recipe)]
  if (shape.contextDim > 0 || typeof bent === 'string') return { candidates, reasons }
  const { training, held } = await preprocessed(source, bent, setting)
  const mixture = mixtureBase(training, held, shape.dim, options.seed)
  if (!mixture) {
    reasons.push('base: one normal; no mixture of normals makes the rows held out likelier')
    return { candidates, reasons }
  }
  const { components, gain, base } = mixture
  reasons.push(
    `base: a mixture of ${components} normals makes the rows held out likelier by ${gain.toFixed(3)} nats than one; both are tried`,
  )
  return { candidates: [...candidates, { name: `${components} normals`, layers, base, preprocess: bent }], reasons }
}

function modelOf({ layers, base }: Candidate, { shape, options }: Setting): Flow {
  return flow(shape.dim, layers, { base, context: shape.contextDim, seed: options.seed })
}

function trainFor(candidate: Candidate, model: Flow, setting: Setting, options: FitOptions): Promise<FitResult> {
  const { rows, shape, recipe, options: own } = setting
  const { validation, seed, threads, signal } = own
  return fit(model, rows, {
    ...fitOptionsOf(recipe, shape, options.steps ?? 1),
    ...{ preprocess: candidate.preprocess, validation, seed, threads, signal },
    ...options,
  })
}

/** Seconds that a step takes; of several members side by side, a step of all of them. */
async function probe(candidate: Candidate, setting: Setting, members = 1): Promise<number> {
  return perStep(members, setting.options.threads, async (steps, threads) => {
    const timed = { steps, threads, validationEvery: steps + 1 }
    return (await trainFor(candidate, modelOf(candidate, setting), setting, timed)).seconds
  })
}

/** Steps of a flow and its training that fit into so many seconds, or of so many side by side. */
export async function stepsWithin(
  budget: number,
  rows: RowSource,
  dim: number,
  parts: Pick<AutoChoice, 'layers'> & Partial<Pick<AutoChoice, 'base'>>,
  options: FitOptions,
  members = 1,
): Promise<number> {
  const context = rows.columns - dim
  const timed = async (steps: number, threads: Threads | undefined) => {
    const model = flow(dim, parts.layers, { base: parts.base, context, seed: options.seed })
    const { seconds } = await fit(model, rows, { ...options, steps, threads, validationEvery: steps + 1 })
    return seconds
  }
  const started = performance.now()
  const secondsPerStep = await perStep(members, options.threads, timed)
  const left = budget - (performance.now() - started) / 1000
  return Math.max(1, Math.min(MAX_STEPS, Math.floor(Math.max(left, 0.1 * budget) / secondsPerStep)))
}

/** As many fits are timed at once as will run at once: they share caches and memory. */
async function perStep(
  members: number,
  threads: Threads | undefined,
  timed: (steps: number, threads: Threads | undefined) => Promise<number>,
): Promise<number> {
  const plan = members > 1 ? fitsSideBySide(members, threads ?? 'auto') : { atOnce: 1, threads }
  const slowest = async (steps: number) =>
    Math.max(...(await Promise.all(Array.from({ length: plan.atOnce }, () => timed(steps, plan.threads)))))
  const before = await slowest(PROBE.warmUp)
  const seconds = ((await slowest(PROBE.warmUp + PROBE.timed)) - before) / PROBE.timed
  return Math.ceil(members / plan.atOnce) * Math.max(1e-6, seconds)
}

/** Mean −ln p of the held-out rows after some steps, in the data's units. */
async function tryOut(candidate: Candidate, setting: Setting, steps: number): Promise<number> {
  const { bestLoss, logScale } = await trainFor(candidate, modelOf(candidate, setting), setting, { steps })
  return bestLoss + logScale
}

function shapeText({ dim, contextDim, rows }: Shape, { layers, bins, hidden }: Recipe): string {
  const given = contextDim > 0 ? ` given ${contextDim}` : ''
  const nets = hidden.join(', ')
  return `${dim} ${dim === 1 ? 'column' : 'columns'}${given}, ${rows} rows: ${dim === 1 ? 1 : layers} spline layers of ${bins} bins, nets of [${nets}]`
}

function trialText(trials: readonly Trial[], chosen: Candidate): string {
  const each = trials.map(({ candidate, nll }) => `${candidate.name} ${nll.toFixed(3)}`).join(', ')
  return `tried, nats of the rows held out: ${each}; so ${chosen.name}`
}

function epochText(steps: number, { batch }: Recipe, { rows }: Shape): string {
  const epochs = (steps * Math.min(batch, rows)) / rows
  return `${epochs < 10 ? epochs.toFixed(1) : Math.round(epochs)} times through the rows`
}

const isGiven = (rows: Rows | RowSource | GivenRows): rows is GivenRows =>
  typeof rows === 'object' && rows !== null && 'rows' in rows && ('context' in rows || 'weights' in rows)

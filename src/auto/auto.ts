import type { BaseSpec } from '../bases/base.js'
import type { RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import type { Support } from '../data/support.js'
import { UsageError } from '../errors.js'
import type { LayerSpec } from '../layers/layer.js'
import { echo } from '../options.js'
import type { Threads } from '../parallel/threads.js'
import type { SplinePresetOptions } from '../presets/options.js'
import { type GivenRows, weightsIn } from '../train/given-rows.js'
import type { FitOptions } from '../train/options.js'
import { type PreprocessChoice, preprocess } from '../train/preprocess.js'
import { fold, splitRows } from '../train/split.js'
import type { Trials } from '../train/trials.js'
import { FOLDS } from './curves.js'
import { chooseByFolds, foldsPay } from './folds.js'
import { chooseByHeldOut } from './held-out.js'
import { shapeText } from './reasons.js'
import { fitOptionsOf, layersOf, mostSteps, type Recipe, recipeFor, type Shape, withSaid } from './recipe.js'
import { countingRows, readRows } from './rows.js'
import type { Candidate, Setting } from './trials.js'

/** What `auto` may take and what it is told; all of it may be left out. */
export interface AutoOptions {
  /** Seconds that trying and training may take together; default 30. */
  readonly budget?: number
  /** Steps of the training instead: nothing is timed then, so that the choice depends on the rows and the seed alone. */
  readonly steps?: number
  /** Columns that are modelled, where the rows are a flat array or their source has a context behind them. */
  readonly dim?: number
  /**
   * Share of the rows held out, by which everything is chosen; default 0.1, and of fewer than 2000 rows none: those are
   * cross-validated, and all trained on.
   */
  readonly validation?: number
  /**
   * Whether a base that is best left untrained is fitted once more, to the rows held out too: nothing is chosen by them any
   * more. Default: where `validation` is not given.
   */
  readonly refit?: boolean
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
  /** The values that each modelled column can have; default any number. */
  readonly supports?: readonly Support[]
  /** What becomes of a number that many rows share far outside the others; default 'refuse'. */
  readonly fillValues?: 'refuse' | 'keep'
  /** Told what is tried, whenever that is something else. */
  readonly onTrying?: (what: string) => void
}

/** What to build and how to train it: `flow(dim, layers, { base })`, `fit(model, rows, fit)`. */
export interface AutoChoice {
  readonly layers: readonly LayerSpec[]
  readonly base: BaseSpec | undefined
  readonly fit: FitOptions
  /** What was chosen and why, a line each. */
  readonly reasons: readonly string[]
  /** How likely each flow that was tried made rows that it was not trained on; undefined where a single one came into question and was not. */
  readonly trials?: Trials
}

const DEFAULT_BUDGET = 30
const DEFAULT_SHARE = 0.1

/**
 * Chooses a flow and its training for rows [rows, dim], by their shape, the rows left out, and the time.
 *
 * Candidates differ in what data are mapped onto: one normal, or the mixture of normals that makes rows that are left out
 * likeliest; of columns given others one normal for all of them, or one by the context, alone or under layers. Each is tried
 * for a share of the budget; the best is to be trained for the rest of it. Few rows are
 * cross-validated, more have a share held out. Rows with weights count by them throughout.
 * @throws UsageError where an option is not of its kind; DataError as `fit`; signal.reason when aborted.
 */
export async function auto(rows: Rows | RowSource | GivenRows, options: AutoOptions = {}): Promise<AutoChoice> {
  const { setting, recipe, byFolds, told } = outset(rows, options)
  const { plain, bent } = startsOf(recipe, setting)
  const choice = await (byFolds ? chooseByFolds : chooseByHeldOut)(plain, bent, setting)
  return { ...choice, reasons: [told, ...choice.reasons] }
}

/** What `auto` begins with. */
export interface AutoOutset extends Pick<AutoChoice, 'layers' | 'fit'> {
  /** Columns, rows, layers and nets in a line. */
  readonly told: string
  /** Whether rows are cross-validated, and then all trained on. */
  readonly byFolds: boolean
}

/**
 * The layers that `auto` would try, and their training, which no row has a say in yet but by number.
 * @throws UsageError as `auto`.
 */
export function autoOutset(rows: Rows | RowSource | GivenRows, options: AutoOptions = {}): AutoOutset {
  const { setting, recipe, byFolds, told } = outset(rows, options)
  const { shape } = setting
  const steps = options.steps ?? mostSteps(recipe, shape)
  const validation = byFolds ? 0 : setting.options.validation
  return { layers: layersOf(recipe, shape), fit: { ...fitOptionsOf(recipe, shape, steps), validation }, told, byFolds }
}

function outset(rows: Rows | RowSource | GivenRows, options: AutoOptions) {
  const { budget = DEFAULT_BUDGET, seed = 0, validation = DEFAULT_SHARE } = options
  if (!(budget > 0 && budget < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`auto's budget is ${echo(budget)}; expected seconds > 0.`)
  }
  const started = performance.now()
  const all = readRows(rows, options.dim)
  const counting = countingRows(all)
  const byFolds = !options.validation && foldsPay(counting.source.rows)
  // What is to be held out is drawn from all rows, as `fit` will.
  const data = byFolds ? counting : all
  const { source, dim, weights } = data
  if (!byFolds && !(validation > 0)) {
    throw new UsageError(`auto's validation is ${echo(validation)}; expected a share above 0 to choose by.`)
  }
  const { training } = splitRows(source.rows, byFolds ? fold(0, FOLDS) : validation, seed)
  const trainedOn = weightsIn(weights, training)?.filter((weight) => weight > 0).length ?? training.size
  const shape: Shape = { dim, contextDim: source.columns - dim, rows: trainedOn }
  const recipe = withSaid(recipeFor(shape), options)
  const setting: Setting = {
    ...{ data, shape },
    options: { ...options, budget, seed, validation, refit: options.refit ?? options.validation === undefined },
    spent: () => (performance.now() - started) / 1000,
  }
  return { setting, recipe, byFolds, told: shapeText(byFolds ? { ...shape, rows: source.rows } : shape, recipe) }
}

/** One normal behind columns that are each about normal, and what others are looked for behind: long tails alone bent. */
function startsOf(recipe: Recipe, { shape, options }: Setting): { plain: Candidate; bent: PreprocessChoice } {
  const { fillValues = 'refuse', supports, preprocess: settled } = options
  const plain: Candidate = {
    name: 'one normal',
    layers: layersOf(recipe, shape),
    base: undefined,
    recipe,
    preprocess: settled ?? preprocess({ fillValues, supports }),
  }
  return { plain, bent: settled ?? preprocess({ gaussianise: 'tails', fillValues, supports }) }
}

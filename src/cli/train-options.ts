import type { BaseSpec } from '../bases/base.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import { generators } from '../data/generators.js'
import { UsageError } from '../errors.js'
import { MOST_MEMBERS } from '../flow/ensemble.js'
import type { LayerSpec } from '../layers/layer.js'
import { ACTIVATIONS } from '../nets/activations.js'
import { MAX_THREADS_OF_A_JOB, type Threads } from '../parallel/threads.js'
import type { SplinePresetOptions } from '../presets/options.js'
import { adamW } from '../step/adamw.js'
import { type FitOptions, isStill, MAX_STEPS } from '../train/options.js'
import { checkPreprocess } from '../train/preprocess.js'
import type { OnDivergence } from '../train/recoveries.js'
import { type ColumnChoices, columnChoices, MISSING } from './column-options.js'
import type { From } from './from-model.js'
import { frozenOption } from './frozen-option.js'
import { PREPROCESSINGS, type PreprocessName } from './preprocessing.js'
import { withSettings } from './settings.js'
import { type TableReading, tableReading } from './table-options.js'
import { checkTogether } from './train-conflicts.js'
import { KERNELS, PLOTS } from './train-usage.js'
import {
  choice,
  equation,
  finite,
  flag,
  integer,
  names,
  nonNegative,
  type Values,
  widths,
  wordOrInteger,
} from './values.js'

/** What `train` does, option texts turned into values. */
export interface TrainOptions {
  readonly rows: number | undefined
  readonly columns: readonly string[] | undefined
  /** Columns that the others are conditioned on. */
  readonly given: readonly string[] | undefined
  /** The column of a file that says how much each row counts. */
  readonly weights: string | undefined
  /** What columns of a file are said to be. */
  readonly choices: ColumnChoices
  /** What they all were taken for in the end, as --column takes it. */
  readonly kinds?: string
  /** Whether rows with a missing cell are left out. */
  readonly dropMissing: boolean
  /** Whether it is modelled which cells are missing. */
  readonly modelMissing: boolean
  /** How a file's table is read. */
  readonly reading: TableReading
  readonly where: { readonly column: string; readonly value: string } | undefined
  /** A number for values that are missing, whose rows are left out; 'none' takes whatever there is for values. */
  readonly fillValue: number | 'none' | undefined
  /** What columns pass before the flow; where nothing is said, the flow decides. */
  readonly preprocess: PreprocessName | Preprocessing | undefined
  /** Share of the rows kept for a test; undefined where their number is to decide. */
  readonly test: number | undefined
  readonly plots: 'auto' | 'on' | 'off'
  /** What that comes to. */
  readonly draws: boolean
  /** A preset's name, a JSON file, or JSON itself; undefined where the data are to decide. */
  readonly flow: string | undefined
  /** The model that is trained on, in place of a new flow. */
  readonly from: From | undefined
  /** What is said beside a flow. */
  readonly preset: SplinePresetOptions
  /** The flow that the data have decided on. */
  readonly chosen?: { readonly layers: readonly LayerSpec[]; readonly base?: BaseSpec }
  /** Seconds for choosing and training; undefined where steps are counted instead. */
  readonly budget: number | undefined
  /** Flows that are trained side by side, their average being the model; 1 is a flow alone. */
  readonly ensemble: number
  /** First weights that are tried, the best of which are trained; 1 takes those of the seed. */
  readonly starts: number
  /** Seconds between two checkpoints. */
  readonly checkpoint: number | 'off' | undefined
  readonly seed: number
  readonly out: string | undefined
  readonly fit: FitOptions
  /** Whether nobody asked for rows to be held out: a base that needs no training is then fitted to all. */
  readonly refit?: boolean
  /** Puts what was said over how a flow that was chosen is to be trained. */
  readonly over: (chosen: FitOptions) => FitOptions
}

const DEFAULTS = {
  steps: 50_000,
  /** The tutorial's, and that of other flows. */
  rate: 1e-4,
  otherRate: 1e-3,
  decay: 1e-4,
  patience: 10_000,
  seed: 0,
  heldOut: 0.1,
}

/** Of a generator's two columns, whose float32 copy fills a memory of 32-bit addresses. */
const MOST_ROWS = 2 ** 29

/**
 * Reads the options of `train`; `data` is undefined where nothing was named.
 * @throws UsageError for a value that cannot be.
 */
export function trainOptions(values: Values, data: string | undefined): TrainOptions {
  checkTogether(values, data)
  const flow = values.flow ?? (data === undefined ? 'tutorial' : undefined)
  const seed = integer(values, 'seed', DEFAULTS.seed, 0)
  const starts = integer(values, 'starts', 1, 1, MOST_MEMBERS)
  const frozen = frozenOption(values)
  const run = { seed, threads: threads(values), kernels: kernels(values), ...(frozen && { frozen }) }
  const over = (chosen: FitOptions) => ({ ...withSettings(saidOf(values, chosen), values.set), ...run })
  return {
    rows: integer(values, 'rows', undefined, 2, MOST_ROWS),
    columns: names(values, 'columns'),
    given: names(values, 'given'),
    weights: values.weights,
    choices: columnChoices(values),
    dropMissing: flag(values, 'drop-missing'),
    modelMissing: values.missing !== undefined && choice(values, 'missing', MISSING) === 'model',
    reading: tableReading(values),
    where: equation(values, 'where'),
    fillValue: fillValue(values),
    preprocess: values.preprocess === undefined ? undefined : preprocessOption(values),
    test: values.test === undefined ? undefined : nonNegative(values, 'test', 0, 1),
    plots: choice(values, 'plots', PLOTS),
    draws: values.plots === 'on' || (values.plots !== 'off' && integer(values, 'steps', undefined, 1, MAX_STEPS) !== 1),
    flow,
    preset: presetOptions(values),
    from: fromOption(values),
    budget: seconds(values, 'budget'),
    checkpoint: values.checkpoint === 'off' ? 'off' : seconds(values, 'checkpoint'),
    ensemble: integer(values, 'ensemble', 1, 1, MOST_MEMBERS),
    starts,
    seed,
    out: values.out,
    fit: over(flow === undefined ? {} : defaultsOf(flow, data, values, starts)),
    over,
  }
}

/** How a flow that is named is trained where nothing is said. */
function defaultsOf(flow: string, data = 'jang', values: Values, starts: number): FitOptions {
  const validation = nonNegative(values, 'validation', generators.has(data) && starts === 1 ? 0 : DEFAULTS.heldOut, 1)
  // Nothing to watch: minibatches alone cannot tell a better loss. Patience asked for by name is then fit's error.
  const watched = (values.batch ?? 'all') === 'all' || validation > 0
  return {
    steps: DEFAULTS.steps,
    batch: 'all',
    optimizer: adamW({
      learningRate: flow === 'tutorial' ? DEFAULTS.rate : DEFAULTS.otherRate,
      weightDecay: DEFAULTS.decay,
    }),
    stopping: watched ? { patience: DEFAULTS.patience } : {},
    validation,
  }
}

/** The same with what is said of it. */
function saidOf(values: Values, fit: FitOptions): FitOptions {
  const { optimizer = adamW(), batch = 'all' } = fit
  // What needs no training gets no more steps of it, unless a rate is asked for.
  const counted = values.steps !== undefined && !(isStill(fit) && values.lr === undefined)
  return {
    ...fit,
    ...(counted && { steps: integer(values, 'steps', 1, 1, MAX_STEPS) }),
    batch: values.batch === undefined ? batch : wordOrInteger<'all'>(values, 'batch', ['all'], 'all', 1),
    optimizer: {
      ...optimizer,
      learningRate: nonNegative(values, 'lr', optimizer.learningRate),
      weightDecay: nonNegative(values, 'weight-decay', optimizer.weightDecay),
    },
    ...(values.patience !== undefined && { stopping: { patience: patience(values) } }),
    ...(values['on-divergence'] !== undefined && {
      onDivergence: choice<OnDivergence>(values, 'on-divergence', ['halve', 'stop']),
    }),
    ...(values.validation !== undefined && { validation: nonNegative(values, 'validation', 0, 1) }),
  }
}

/** --budget and --checkpoint: seconds, or a number with s, m or h behind it. */
function seconds(values: Values, name: 'budget' | 'checkpoint'): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const [, number, unit = 's'] = /^(\d+\.?\d*|\.\d+)(s|m|h)?$/.exec(text.trim()) ?? []
  const value = Number(number) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h']
  if (value > 0) return value
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; expected a time such as 90, 60s or 5m.`)
}

/** --from: a path, or what a config has in full. */
function fromOption({ from }: Values): From | undefined {
  if (from === undefined) return undefined
  return from.startsWith('{') ? (JSON.parse(from) as From) : { model: from }
}

/** A name, or what a config has in full. */
function preprocessOption(values: Values): PreprocessName | Preprocessing {
  const text = values.preprocess ?? ''
  if (text.startsWith('{')) return checkPreprocess(JSON.parse(text)) as Preprocessing
  return choice(values, 'preprocess', PREPROCESSINGS)
}

/** --fill-value: any number, or none. */
function fillValue(values: Values): number | 'none' | undefined {
  return values['fill-value'] === 'none' ? 'none' : finite(values, 'fill-value', 'none, or a number such as -9999')
}

/** Of what is said only: a preset refuses what it does not take. */
function presetOptions(values: Values): SplinePresetOptions {
  const all = {
    layers: integer(values, 'layers', undefined, 1),
    hidden: values.hidden === undefined ? undefined : widths(values, 'hidden', []),
    bins: integer(values, 'bins', undefined, 2),
    box: values.box === undefined ? undefined : nonNegative(values, 'box', 0),
    minBinSize: values['min-bin-size'] === undefined ? undefined : nonNegative(values, 'min-bin-size', 0, 1),
    minDerivative: values['min-derivative'] === undefined ? undefined : nonNegative(values, 'min-derivative', 0, 1),
    activation: values.activation === undefined ? undefined : choice(values, 'activation', ACTIVATIONS),
    dropout: values.dropout === undefined ? undefined : nonNegative(values, 'dropout', 0, 1),
    fourier: integer(values, 'fourier', undefined, 1),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function patience(values: Values): number {
  const steps = wordOrInteger(values, 'patience', ['off'], DEFAULTS.patience, 0)
  return steps === 'off' || steps === 0 ? Number.POSITIVE_INFINITY : steps
}

/** --threads of any command. */
export function threads(values: Values): Threads {
  return wordOrInteger(values, 'threads', ['auto'], 'auto', 0, MAX_THREADS_OF_A_JOB)
}

/** --kernels of any command. */
export function kernels(values: Values): 'auto' | 'simd' | 'portable' {
  return choice(values, 'kernels', KERNELS)
}

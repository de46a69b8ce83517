import type { BaseSpec } from '../bases/base.js'
import type { Preprocessing } from '../data/fit-scaler.js'
import { generators } from '../data/generators.js'
import { UsageError } from '../errors.js'
import { MOST_MEMBERS } from '../flow/ensemble.js'
import type { LayerSpec } from '../layers/layer.js'
import { ACTIVATIONS } from '../nets/activations.js'
import { MAX_THREADS_OF_A_JOB, type Threads } from '../parallel/threads.js'
import type { SplinePresetOptions } from '../presets/options.js'
import { presets } from '../presets/registry.js'
import { adamW } from '../step/adamw.js'
import { type FitOptions, isStill, MAX_STEPS } from '../train/options.js'
import { checkPreprocess } from '../train/preprocess.js'
import type { OnDivergence } from '../train/recoveries.js'
import type { CommandUsage } from './arguments.js'
import { COLUMN_OPTION_TEXT, type ColumnChoices, columnChoices, MISSING } from './column-options.js'
import type { From } from './from-model.js'
import { frozenOption } from './frozen-option.js'
import { PREPROCESSINGS, type PreprocessName } from './preprocessing.js'
import { SETTINGS, withSettings } from './settings.js'
import { TABLE_OPTION_TEXT, type TableReading, tableReading } from './table-options.js'
import { checkTogether } from './train-conflicts.js'
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

const KERNELS = ['auto', 'simd', 'portable'] as const
const PLOTS = ['auto', 'on', 'off'] as const

export const OPTION_TEXT = {
  seed: { placeholder: 'N', text: 'seed of everything random (0)' },
  threads: { placeholder: 'N', words: ['auto'], text: `worker threads, 0 … ${MAX_THREADS_OF_A_JOB}, or auto (auto)` },
  kernels: { placeholder: 'KIND', words: KERNELS, text: 'simd, portable, or auto (auto)' },
}

export const trainUsage: CommandUsage = {
  synopsis: 'train [DATA]',
  summary: [
    'Fits a flow to DATA: a file (CSV and the like, JSON lines, Parquet, Arrow, Feather, .npy, .npz; also packed by gzip or',
    'zstd), - for standard input, or, where no file is called so, a generator (jang):',
    `${[...generators.keys()].join(', ')}.`,
  ].join('\n'),
  operands: [0, 1],
  words: { DATA: [...generators.keys()] },
  options: {
    rows: { placeholder: 'N', text: 'rows to draw from a generator (1024)' },
    columns: { placeholder: 'NAMES', text: 'columns of a file to use, such as x,y (all)' },
    given: { placeholder: 'NAMES', text: 'columns that the others are conditioned on: p(others | these) (none)' },
    ...COLUMN_OPTION_TEXT,
    weights: { placeholder: 'COLUMN', text: 'column of a file that says how much each row counts, ≥ 0 (none)' },
    where: { placeholder: 'COLUMN=VALUE', text: 'only the rows of a file that hold this value' },
    ...TABLE_OPTION_TEXT,
    'fill-value': {
      placeholder: 'V',
      words: ['none'],
      text: 'leave out rows with this number in a column; none: keep whatever there is',
    },
    preprocess: {
      placeholder: 'HOW',
      words: PREPROCESSINGS,
      text: 'standardise, none, robust or gaussianise, see below (standardise)',
    },
    flow: {
      placeholder: 'FLOW',
      words: Object.keys(presets),
      text: 'a preset or a .json description, see below (chosen by the data)',
    },
    budget: {
      placeholder: 'TIME',
      text: 'for choosing and training, such as 90, 60s or 5m (30s; steps where they are given)',
    },
    ensemble: { placeholder: 'N', text: `flows to average, trained side by side, up to ${MOST_MEMBERS} (1)` },
    starts: {
      placeholder: 'N',
      text: `first weights to try, of which the best are trained, up to ${MOST_MEMBERS} (1)`,
    },
    from: { placeholder: 'MODEL', text: 'a model to train on, in place of a new flow, see below (none)' },
    frozen: {
      placeholder: 'LAYERS',
      words: ['base', 'embedding'],
      text: 'what stays as it is: layers from 0, base, embedding, such as 0,3-5,base (none)',
    },
    layers: { placeholder: 'N', text: 'transforms of a preset: tutorial 9, nice and realNVP 8, nsf 6, maf and iaf 5' },
    hidden: { placeholder: 'WIDTHS', text: 'hidden layers of the conditioners, such as 64,64 (tutorial 4)' },
    bins: { placeholder: 'N', text: 'bins of a spline (8)' },
    box: { placeholder: 'B', text: 'splines act on [-B, B], in standardised units (5)' },
    'min-bin-size': { placeholder: 'SHARE', text: 'least share of the box that a bin is wide and high (1e-3)' },
    'min-derivative': { placeholder: 'SLOPE', text: 'least slope at a knot of a spline (1e-3)' },
    activation: { placeholder: 'NAME', words: ACTIVATIONS, text: 'tanh, relu, silu or gelu (by preset)' },
    dropout: { placeholder: 'SHARE', text: 'share of hidden units that a step leaves out (0)' },
    fourier: { placeholder: 'N', text: 'frequencies of the waves that conditioners see of columns (none; circular 4)' },
    steps: { placeholder: 'N', text: 'most steps (as many as the budget allows; of a named FLOW 50000)' },
    batch: { placeholder: 'N', words: ['all'], text: 'rows of a step, or all (chosen; of a named FLOW all)' },
    lr: { placeholder: 'RATE', text: 'learning rate (chosen; tutorial 1e-4, other FLOWs 1e-3)' },
    'weight-decay': { placeholder: 'RATE', text: 'weight decay of AdamW (chosen; of a named FLOW 1e-4)' },
    set: {
      placeholder: 'NAME=VALUE',
      words: SETTINGS.map((path) => `${path}=`),
      text: 'more of how to train, between commas, see below',
    },
    'on-divergence': {
      placeholder: 'WHAT',
      words: ['halve', 'stop'],
      text: 'a loss that is not finite: halve goes back and on at half the learning rate, 3 times; or stop (halve)',
    },
    patience: {
      placeholder: 'N',
      words: ['off'],
      text: 'steps without a better loss before training stops; 0 or off: never (FLOW: 10000)',
    },
    validation: {
      placeholder: 'SHARE',
      text: 'share of the rows held out and watched (0.1, but few rows are cross-validated; of a generator with a FLOW 0)',
    },
    test: {
      placeholder: 'SHARE',
      text: 'share of the rows kept for a final test; 0: none (of a file of 2000 rows or more 0.05, 200 to 10000 rows)',
    },
    ...OPTION_TEXT,
    plots: {
      placeholder: 'WHEN',
      words: PLOTS,
      text: 'pictures and report.html: auto, on, or off; auto draws unless a single step was asked for (auto)',
    },
    'dry-run': {
      text: 'tell columns, flow, parameters, memory, steps and time, and end before anything is trained or written',
    },
    config: { placeholder: 'FILE', text: "a run's config.json to repeat; options given beside it win" },
    checkpoint: {
      placeholder: 'TIME',
      words: ['off'],
      text: 'between two checkpoints, such as 10s or 5m; off: none (30s)',
    },
    resume: { placeholder: 'RUN', text: 'a run folder to go on with from its last checkpoint, see below' },
    json: { text: 'events as JSON on stdout, one object a line' },
    out: { placeholder: 'FOLDER', text: 'new or empty folder for the results (runs/<timestamp>-<name>)' },
  },
  notes: [
    'FLOW is one of',
    ...Object.entries(presets).map(([name, { about }]) => `  ${name.padEnd(18)}${about}`),
    'or FILE.json: { "layers": [{ "type": "leakyReLU" }, …], "base": { "type": "standardNormal" } }.',
    'Without FLOW one is chosen for DATA, and told in a few lines: layers and what they map onto, what columns pass before,',
    'and how to train, by what makes rows that are held out likeliest within the time. Without DATA it is the tutorial.',
    '',
    'NAME of --set is optimizer (adamW, adam), optimizer.beta1, optimizer.beta2, optimizer.epsilon; schedule (constant, cosine,',
    'oneCycle, stepDecay, reduceOnPlateau, warmUp) and its options, such as schedule.final; clip, the greatest norm of a',
    'gradient; average, the decay of a running average of the weights; noise, its sd on the rows at first, and noise.final;',
    'batch.from and batch.to; validationEvery; stopping.minDelta, stopping.restoreBestWeights, stopping.after. none takes one',
    'away. optimizer.learningRate, optimizer.weightDecay and stopping.patience are --lr, --weight-decay and --patience.',
    '',
    'KIND of --column is continuous, or plain, with all digits where samples are drawn; positive (modelled by its logarithm; zeros get a place of their own), bounded(0,1)',
    '(likewise, by its logit), circular (angles, in degrees where they exceed 2π, else radians; or circular(PERIOD)); integer',
    'and rounded (each value stands for the interval up to the next), category (by the places of its levels, or, of --given,',
    'in columns of 0 and 1), date (2026-11-26, 2026-11-26T10:00 and the like), or drop. What columns are taken for is told in a',
    'table before training; --column all:plain takes every one for a plain number.',
    '',
    'With --missing model each modelled column with missing cells has a second one beside it, 0 or 1 for whether it is missing, and',
    'what is missing is drawn by a flow that is fitted for it first, each value given all else in its row, as docs/columns.md has',
    'it; samples have empty cells in the same shares, and score takes rows with some. Of a --given column the median stands in.',
    '',
    'HOW of --preprocess is what columns pass before the flow: mean and sd (standardise), median and quantiles, long tails shortened and',
    'correlations taken out (robust), each column made about normal beside that (gaussianise), or nothing (none).',
    '',
    'With --ensemble N the model is the average of N flows, p = (p1 + … + pN)/N, in one file: alike but for their first weights',
    'and shuffles, with the same rows held out, one thread each, as many at a time as there are threads. They share a --budget;',
    'each takes all --steps. metrics.jsonl then says of each loss whose it is ("member", from 0).',
    '',
    'With --starts N the first weights are tried that N seeds lead to, each for the first 15 % of the steps, and those trained',
    'that make the held-out rows (--validation, 0.1) likeliest; a --budget is for all of it. run.json names the seeds.',
    '',
    '--from MODEL (a run folder, a model file, or latest) trains that model on, each member of an ensemble: layers and what',
    'columns pass before stay, the columns of DATA are found by the names that the model knows. It takes 30s, or --budget or',
    '--steps, at a tenth of the rate of a new flow, less long where the held-out rows (--validation, 0.1) gain nothing by it; as',
    'the weights that they find likeliest are kept, the first ones among them, it does not end worse on them than it began.',
    '',
    'The folder gets model.safetensors with the weights of the best loss, evaluation.json, samples.csv, metrics.jsonl',
    '(the losses), plots/, report.html, run.json and config.json. Right in runs/ it is what `pushforward sample latest` means.',
    'While training goes on, the folder has its last two checkpoints as well. --resume RUN goes on from there after the process',
    'was killed or interrupted, with the same options, any --threads, and DATA, which it reads again; the model is, to the bit,',
    'the one that an unbroken run comes to.',
    '',
    'Ctrl-C ends training after a step, saves the best so far and exits with 130; a second one ends at once.',
    '',
    "The seed addresses the generator's points, the first weights, the held-out rows and the shuffles.",
    'With --batch and no --validation there is no loss to be patient about: patience is then off.',
    'With --given it is the density of the other columns that is fitted, a different one for each value of these; sample',
    'and score then need those columns too.',
    '',
    "Losses shown on the way are in nats and standardised units, the final figures in the data's own units.",
  ].join('\n'),
  examples: [
    'pushforward train',
    'pushforward train points.csv --out runs/points',
    'pushforward train moons --rows 10000 --validation 0.1 --test 0.1',
    'pushforward train penguins.csv --columns bill_length,bill_depth --where species=2 --test 0.2',
    'pushforward train penguins.csv --given species,body_mass --out runs/penguins',
    'pushforward train --config runs/points/config.json --seed 1',
    'pushforward train points.csv --hidden 64,64 --layers 6 --batch 256 --lr 1e-3',
    'pushforward train weather.csv --fill-value=-9999 --preprocess robust',
    'pushforward train points.csv --ensemble 5 --budget 2m',
    'pushforward train new.csv --from runs/points --frozen 0,1 --budget 10s',
    'pushforward train --resume runs/points',
    'pushforward train points.csv --flow nsf --bins 16 --batch 512 --steps 5000',
  ],
}

/** Of a generator's two columns, whose float32 copy fills a memory of 32-bit addresses. */
const MOST_ROWS = 2 ** 29

/** The options that decide a run: those that config.json holds. */
export const CONFIGURABLE = Object.keys(trainUsage.options).filter(
  (name) => !['config', 'dry-run', 'json', 'out', 'resume'].includes(name),
)

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

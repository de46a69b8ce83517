import { generators } from '../data/generators.js'
import { MOST_MEMBERS } from '../flow/ensemble.js'
import { ACTIVATIONS } from '../nets/activations.js'
import { MAX_THREADS_OF_A_JOB } from '../parallel/threads.js'
import { presets } from '../presets/registry.js'
import type { CommandUsage } from './arguments.js'
import { COLUMN_OPTION_TEXT } from './column-options.js'
import { PREPROCESSINGS } from './preprocessing.js'
import { SETTINGS } from './settings.js'
import { TABLE_OPTION_TEXT } from './table-options.js'

export const KERNELS = ['auto', 'simd', 'portable'] as const
export const PLOTS = ['auto', 'on', 'off'] as const

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

/** The options that decide a run: those that config.json holds. */
export const CONFIGURABLE = Object.keys(trainUsage.options).filter(
  (name) => !['config', 'dry-run', 'json', 'out', 'resume'].includes(name),
)

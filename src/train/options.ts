import { UsageError } from '../errors.js'
import type { KernelChoice } from '../kernels/create.js'
import { echo, unknownOption } from '../options.js'
import type { Threads } from '../parallel/threads.js'
import { seedWords } from '../random/philox.js'
import { adamW, type Optimizer, optimizerOf } from '../step/adamw.js'
import { type Averaging, averaging } from '../step/averaging.js'
import { type Growing, growingOf } from '../step/batches.js'
import { type Noise, noiseOf } from '../step/noise.js'
import { constant, type Schedule, schedule } from '../step/schedule.js'
import { type Stopping, stopping } from '../step/stopping.js'
import { type CheckpointOptions, checkCheckpoint } from './checkpoint-writer.js'
import type { Part } from './frozen.js'
import { checkPreprocess, type PreprocessChoice } from './preprocess.js'
import type { OnDivergence, Recovery } from './recoveries.js'
import { checkValidation, type Validation } from './split.js'

/** A reading of a training run, about ten times a second. */
export interface Progress {
  /** Steps done. */
  readonly step: number
  readonly steps: number
  /** Loss of the last step: mean negative log-density of its rows, nats, standardised units. */
  readonly loss: number
  /** Best watched loss so far, and its step. */
  readonly best: number
  readonly bestStep: number
  /** Steps left without a better loss before training stops; 0 where only the next validation can tell. */
  readonly patience: number
  /** Rows trained on a second, since the start. */
  readonly rowsPerSecond: number
  /** Where it has gone back from a loss that was not finite, in order. */
  readonly recoveries: readonly Recovery[]
}

/** How a flow is fitted to rows; the defaults take all rows a step, with AdamW at a constant rate. */
export interface FitOptions {
  /** Number of updates; default 50 000. */
  steps?: number
  /** Rows of a step, drawn without replacement within an epoch, or 'all' (default): every row in every step. */
  batch?: number | 'all' | Growing
  /** Default `adamW()`. */
  optimizer?: Optimizer
  /** What the learning rate is multiplied by over the run; default `constant()`. */
  schedule?: Schedule
  /** The greatest norm of a step's gradient, by which a longer one is shortened; default none. */
  clip?: number
  /**
   * A running average of the parameters, `ema(0.999)`: the rows held out judge both, and the better one is kept; without
   * such rows the average is what training leaves behind. Default none.
   */
  average?: Averaging
  /** Noise on the rows of a step, `noise({ sd: 0.05 })`; default none. */
  noise?: Noise
  /** What stays as it is: layers by their number from 0, 'base', 'embedding'; default nothing. */
  frozen?: readonly Part[]
  /** Default: no patience; best weights restored where there is a loss to judge by (not with unvalidated minibatches). */
  stopping?: Partial<Stopping>
  /**
   * Share of the rows held out and watched instead of the training loss, or `fold(index, of)`; default 0. One that
   * lies beyond the bound of `logProb` is refused, but behind `preprocess({ … })` left out, and told as `leftOut`.
   */
  validation?: Validation
  /** Steps between two validations; default once an epoch. */
  validationEvery?: number
  /**
   * What becomes of a loss that is not finite: 'halve' (default) goes back to what was before one of the steps that led there,
   * and on with half the learning rate, three times at most; 'stop' ends training.
   */
  onDivergence?: OnDivergence
  /** Addresses the split and the shuffles; default 0. */
  seed?: number
  /** Addresses the split alone, where it is not to be that of the shuffles; default `seed`. */
  splitSeed?: number
  /** Default 'auto': as many as cores, or none for a job that is done sooner than they have started. */
  threads?: Threads
  /** Default 'auto'. */
  kernels?: KernelChoice
  /**
   * What the columns pass before the flow: 'standardise' (default) by the training rows' mean and sd, 'none', or the value of
   * `preprocess({ … })`. A flow fitted before keeps what it has.
   */
  preprocess?: PreprocessChoice
  /** Ends training at a barrier, with the weights that `stopping` says. */
  signal?: AbortSignal
  /** If it throws, training ends as by the signal, and the error is rethrown once the weights are committed. */
  onProgress?: (progress: Progress) => void
  /** Puts what training has come to where another `fit` can go on from it, now and then and at the end; default nowhere. */
  checkpoint?: CheckpointOptions
  /**
   * The bytes of a checkpoint to go on from, bit for bit as if nothing had been between: on the same rows, with the same
   * options but for threads and `stopping.after`, and a flow as it was then.
   */
  resume?: Uint8Array
}

type Maybe = 'signal' | 'onProgress' | 'validationEvery' | 'average' | 'noise' | 'resume'
export type CheckedFitOptions = Required<Omit<FitOptions, Maybe | 'stopping' | 'checkpoint'>> &
  Pick<FitOptions, Maybe> & { stopping: Stopping; checkpoint: Required<CheckpointOptions> | undefined }

/** Whether nothing is to be trained: a single step, at a rate of 0. */
export const isStill = ({ steps, optimizer }: FitOptions): boolean => steps === 1 && optimizer?.learningRate === 0

/** Every step's loss is kept, 8 bytes each. */
export const MAX_STEPS = 100_000_000

const NAMES = [
  'steps',
  'batch',
  'optimizer',
  'schedule',
  'clip',
  'average',
  'noise',
  'frozen',
  'stopping',
  'validation',
  'validationEvery',
  'onDivergence',
  'seed',
  'splitSeed',
  'threads',
  'kernels',
  'preprocess',
  'signal',
  'onProgress',
  'checkpoint',
  'resume',
]

/**
 * Fills in defaults.
 * @throws UsageError where an option is unknown, outside its range, or senseless beside another.
 */
export function checkFitOptions(options: FitOptions, rows: number): CheckedFitOptions {
  for (const name of Object.keys(options)) {
    if (name === 'standardise') {
      throw new UsageError('fit has no option "standardise" any more: set preprocess to "standardise" or "none".')
    }
    if (!NAMES.includes(name)) throw unknownOption('fit', name, NAMES)
  }
  const {
    steps = 50_000,
    batch = 'all',
    optimizer = adamW(),
    schedule: rates = constant(),
    clip = Number.POSITIVE_INFINITY,
    frozen = [],
    validation = 0,
    validationEvery,
    onDivergence = 'halve',
    seed = 0,
    splitSeed = seed,
    threads = 'auto',
    kernels = 'auto',
    preprocess,
    signal,
    onProgress,
    checkpoint,
    resume,
  } = options
  const watchable = batch === 'all' || batch === rows || validation !== 0
  const rule = stopping({ ...options.stopping, restoreBestWeights: options.stopping?.restoreBestWeights ?? watchable })
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    throw new UsageError(`steps is ${steps}; expected an integer from 1 to ${MAX_STEPS}.`)
  }
  if (typeof batch !== 'object' && batch !== 'all' && (!Number.isInteger(batch) || batch < 1)) {
    throw new UsageError(`batch is ${JSON.stringify(batch)}; expected "all", an integer ≥ 1, or growing({ from, to }).`)
  }
  if (typeof clip !== 'number' || !(clip > 0)) throw new UsageError(`clip is ${clip}; expected a norm > 0.`)
  checkValidation(validation)
  if (validationEvery !== undefined && (!Number.isInteger(validationEvery) || validationEvery < 1)) {
    throw new UsageError(`validationEvery is ${validationEvery}; expected an integer ≥ 1.`)
  }
  checkOnDivergence(onDivergence)
  if (!watchable && (rule.restoreBestWeights || rule.patience !== Number.POSITIVE_INFINITY)) {
    throw new UsageError(
      'stopping with minibatches needs rows to watch, a batch loss is too noisy: set validation to 0.1, or batch to "all".',
    )
  }
  if (resume !== undefined && !(resume instanceof Uint8Array)) {
    throw new UsageError(`resume is ${echo(resume)}; expected the bytes of a checkpoint, a Uint8Array.`)
  }
  if (options.average && validation === 0 && rule.restoreBestWeights) {
    throw new UsageError(
      'average needs rows to judge it by: set validation to 0.1, or stopping.restoreBestWeights to false.',
    )
  }
  seedWords(seed)
  seedWords(splitSeed)
  return {
    steps,
    batch: typeof batch === 'object' ? growingOf(batch) : batch,
    optimizer: optimizerOf(optimizer),
    schedule: schedule(rates),
    clip,
    average: options.average && averaging(options.average),
    noise: options.noise && noiseOf(options.noise),
    frozen,
    stopping: rule,
    validation,
    validationEvery,
    onDivergence,
    seed,
    splitSeed,
    threads,
    kernels,
    preprocess: checkPreprocess(preprocess ?? 'standardise'),
    signal,
    onProgress,
    checkpoint: checkpoint && checkCheckpoint(checkpoint),
    resume,
  }
}

/** @throws UsageError where a value is none. */
export function checkOnDivergence(value: unknown): OnDivergence {
  if (value === 'stop' || value === 'halve') return value
  throw new UsageError(`onDivergence is ${echo(value)}; expected "halve" or "stop".`)
}

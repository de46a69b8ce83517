import * as v from 'valibot'
import type { RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { UsageError } from '../errors.js'
import type { KernelChoice } from '../kernels/create.js'
import { checkOptions, integer, number, oneOf } from '../options.js'
import type { Threads } from '../parallel/threads.js'
import { seedWords } from '../random/philox.js'
import { adamW, type Optimizer, optimizerOf } from '../step/adamw.js'
import { type Annealing, annealingOf } from '../step/annealing.js'
import { type Averaging, averaging } from '../step/averaging.js'
import { type Growing, growingOf } from '../step/batches.js'
import type { GradientEstimator } from '../step/reverse-kl.js'
import { constant, type Schedule, schedule } from '../step/schedule.js'
import { type Stopping, stopping } from '../step/stopping.js'
import { type CheckpointOptions, checkCheckpoint } from './checkpoint-writer.js'
import type { Part } from './frozen.js'
import { checkOnDivergence, MAX_STEPS, type Progress } from './options.js'
import type { OnDivergence } from './recoveries.js'

/** Rows of the distribution that the energy is of, in part: their likelihood is a share of the loss. */
export interface Mixture {
  readonly rows: Rows | RowSource
  /** w of w · NLL(rows) + (1 − w) · reverse KL; default 0.5. */
  readonly weight?: number
}

/** How a flow is fitted to an energy; the defaults train at a constant rate, without annealing. */
export interface FitEnergyOptions {
  /** Number of updates; default 5000. */
  steps?: number
  /** Samples of a step, drawn anew each time, and in a mixture as many of its rows; default 256. */
  batch?: number | Growing
  /** Default `adamW()`. */
  optimizer?: Optimizer
  /** What the learning rate is multiplied by over the run; default `constant()`. */
  schedule?: Schedule
  /** The greatest norm of a step's gradient, by which a longer one is shortened; default none. */
  clip?: number
  /** A running average of the parameters, `ema(0.999)`, which is then what training leaves behind; default none. */
  average?: Averaging
  /** What stays as it is: layers by their number from 0, 'base'; default nothing. */
  frozen?: readonly Part[]
  /** A target that is hot at first, `annealing({ temperature: 10, share: 0.5 })`; default none. */
  annealing?: Annealing
  /**
   * Which estimate of the gradient: 'path' (default) has less noise the better the fit, 'total' takes half the time; 'varGrad',
   * by densities alone, has less noise the better the fit and gives modes that lie apart their shares.
   */
  estimator?: GradientEstimator
  /** Rows that count beside the energy; default none. */
  mixture?: Mixture
  /** What becomes of a loss that is not finite, as of `fit`: 'halve' (default) or 'stop'. */
  onDivergence?: OnDivergence
  /** Addresses samples and shuffles; default 0. */
  seed?: number
  /** Default 'auto', which is none for an energy that is no module. */
  threads?: Threads
  /** Default 'auto'. */
  kernels?: KernelChoice
  /** Ends training at a barrier, with the weights that it has come to. */
  signal?: AbortSignal
  /** If it throws, training ends as by the signal, and the error is rethrown once the weights are committed. */
  onProgress?: (progress: Progress) => void
  /** As of `fit`. */
  checkpoint?: CheckpointOptions
  /**
   * The bytes of a checkpoint to go on from, as of `fit`: on the same energy, the same rows of a mixture, with the same options
   * but for threads. Of an energy its name is known, and of a function that it is one: that it is the same is the caller's to see to.
   */
  resume?: Uint8Array
}

type Maybe = 'average' | 'annealing' | 'signal' | 'onProgress' | 'mixture' | 'resume' | 'checkpoint'
export type CheckedFitEnergyOptions = Required<Omit<FitEnergyOptions, Maybe>> &
  Pick<FitEnergyOptions, Exclude<Maybe, 'mixture' | 'checkpoint'>> & {
    readonly mixture: Required<Mixture> | undefined
    readonly checkpoint: Required<CheckpointOptions> | undefined
    readonly stopping: Stopping
  }

const isBatch = (value: unknown) => typeof value === 'object' || v.is(integer(1), value)

/** Of values that are checked where they are made. */
const value = v.optional(v.unknown())

const schema = v.strictObject({
  steps: v.optional(integer(1, MAX_STEPS), 5000),
  batch: v.optional(v.custom<number | Growing>(isBatch, 'an integer ≥ 1, or growing({ from, to })'), 256),
  optimizer: value,
  schedule: value,
  clip: v.optional(number('a norm > 0', (norm) => norm > 0)),
  average: value,
  frozen: value,
  annealing: value,
  estimator: v.optional(oneOf(['path', 'total', 'varGrad']), 'path'),
  onDivergence: value,
  mixture: v.optional(v.looseObject({}, '{ rows, weight }')),
  seed: value,
  threads: value,
  kernels: value,
  signal: value,
  onProgress: value,
  checkpoint: value,
  resume: v.optional(
    v.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array, 'the bytes of a checkpoint, a Uint8Array'),
  ),
})

const mixtureSchema = v.strictObject({
  rows: v.unknown(),
  weight: v.optional(
    number('a number in (0, 1)', (weight) => weight > 0 && weight < 1),
    0.5,
  ),
})

/**
 * Fills in defaults. Losses of samples are too noisy to choose weights by: the last ones are kept, or their average.
 * @throws UsageError where an option is unknown or outside its range.
 */
export function checkFitEnergyOptions(options: FitEnergyOptions): CheckedFitEnergyOptions {
  const { steps, batch, clip, estimator, resume } = checkOptions('fitEnergy', schema, options)
  const { average, annealing, mixture, signal, onProgress, frozen = [], onDivergence = 'halve', seed = 0 } = options
  seedWords(seed)
  const batches = typeof batch === 'number' ? batch : growingOf(batch)
  checkCompared(estimator, typeof batches === 'number' ? batches : batches.from)
  return {
    steps,
    batch: batches,
    optimizer: optimizerOf(options.optimizer ?? adamW()),
    schedule: schedule(options.schedule ?? constant()),
    clip: clip ?? Number.POSITIVE_INFINITY,
    average: average && averaging(average),
    frozen,
    annealing: annealing && annealingOf(annealing),
    estimator,
    onDivergence: checkOnDivergence(onDivergence),
    mixture: mixture && (checkOptions('mixture', mixtureSchema, mixture) as Required<Mixture>),
    seed,
    threads: options.threads ?? 'auto',
    kernels: options.kernels ?? 'auto',
    stopping: stopping({ restoreBestWeights: false }),
    signal,
    onProgress,
    checkpoint: options.checkpoint && checkCheckpoint(options.checkpoint),
    resume,
  }
}

/** @throws UsageError where a gradient that compares the samples of a step has but one. */
function checkCompared(estimator: GradientEstimator, fewest: number): void {
  if (estimator !== 'varGrad' || fewest > 1) return
  throw new UsageError("A step has 1 sample, but estimator 'varGrad' compares samples: set batch to 2 at the least.")
}

import { fitGaussian, type Gaussian, gaussianLogProb } from '../data/gaussian.js'
import type { Generator } from '../data/generators.js'
import { type Matrix, type Rows, toMatrix } from '../data/rows.js'
import { DataError } from '../errors.js'
import type { Flow } from '../flow/flow.js'
import { logProb } from '../parallel/evaluate.js'
import type { Threads } from '../parallel/threads.js'
import type { FitResult } from './fit.js'
import { takeRows } from './split.js'

/** A mean negative log-likelihood in nats and original units. */
export interface MeanNLL {
  /** null where a row lies so far out that the density there is 0. */
  readonly mean: number | null
  /** Of the mean, from the spread over the rows; null for a single row or where the mean is. */
  readonly standardError: number | null
  readonly rows: number
}

/** NLL of the rows trained on, and of those held out where there are any. */
export interface SplitNLL {
  readonly train: MeanNLL
  readonly validation?: MeanNLL
}

/** How well a trained flow describes its data; all figures in nats a row and original units. */
export interface Evaluation {
  readonly nll: SplitNLL
  /** The single full-covariance Gaussian fitted to the training rows, on the same rows; null where none fits. */
  readonly gaussianBaseline: SplitNLL | null
  /** Entropy of the true distribution, where it is known: no model's expected NLL is lower. */
  readonly entropyFloor?: number
  /** mean(−ln p_model) − mean(−ln p_true) over the training rows, where the true density is known. */
  readonly excess?: number | null
  readonly losses: {
    readonly steps: number
    readonly stopped: FitResult['stopped']
    /** Of the first and the last step; losses are mean NLLs in standardised units. */
    readonly first: number
    readonly last: number
    /** Of the rows held out where there are any, else of the training rows. */
    readonly best: number
    readonly bestStep: number
    /** To be added to a loss to have it in original units. */
    readonly logScale: number
  }
}

export interface EvaluationOptions {
  /** The distribution the rows were drawn from, where it is known. */
  truth?: Pick<Generator, 'entropy' | 'logProb'>
  threads?: Threads
}

/** Evaluates a flow on the rows it was fitted to: `rows` and `result` as given to and returned by `fit`. */
export async function evaluate(
  flow: Flow,
  rows: Rows,
  result: FitResult,
  { truth, threads = 'auto' }: EvaluationOptions = {},
): Promise<Evaluation> {
  const matrix = toMatrix(rows, flow.dim, 'Data')
  const training = takeRows(matrix, result.split.training)
  const held = result.split.validation.length > 0 ? takeRows(matrix, result.split.validation) : undefined
  const byFlow = async (part: Matrix) => meanNLL(await logProb(flow, part.data, { threads }))
  const train = await byFlow(training)
  return {
    nll: { train, ...(held && { validation: await byFlow(held) }) },
    gaussianBaseline: baseline(training, held),
    ...(truth && {
      entropyFloor: truth.entropy,
      excess: difference(train.mean, meanNLL(trueLogProb(truth, training)).mean),
    }),
    losses: {
      steps: result.steps,
      stopped: result.stopped,
      first: result.losses[0],
      last: result.losses[result.losses.length - 1],
      best: result.bestLoss,
      bestStep: result.bestStep,
      logScale: result.logScale,
    },
  }
}

/** The mean of −values and its standard error, sums in float64. */
function meanNLL(values: Float32Array | Float64Array): MeanNLL {
  const rows = values.length
  let sum = 0
  for (let i = 0; i < rows; i++) sum -= values[i]
  const mean = sum / rows
  if (!Number.isFinite(mean)) return { mean: null, standardError: null, rows }
  let squares = 0
  for (let i = 0; i < rows; i++) squares += (values[i] + mean) * (values[i] + mean)
  return { mean, standardError: rows > 1 ? Math.sqrt(squares / (rows - 1) / rows) : null, rows }
}

function baseline(training: Matrix, held: Matrix | undefined): SplitNLL | null {
  const gaussian = fittedGaussian(training)
  if (!gaussian) return null
  const byGaussian = (part: Matrix) => meanNLL(gaussianLogProb(gaussian, part))
  return { train: byGaussian(training), ...(held && { validation: byGaussian(held) }) }
}

/** Where columns depend on each other linearly no Gaussian fits; that is a fact about the data, and no failure. */
function fittedGaussian(training: Matrix): Gaussian | undefined {
  try {
    return fitGaussian(training)
  } catch (error) {
    if (error instanceof DataError) return undefined
    throw error
  }
}

function trueLogProb(truth: Pick<Generator, 'logProb'>, { data, rows, columns }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => truth.logProb(data[i * columns], data[i * columns + 1]))
}

function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b
}

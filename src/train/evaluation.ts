import { fitGaussian, type Gaussian, gaussianLogProb } from '../data/gaussian.js'
import type { Generator } from '../data/generators.js'
import { type Matrix, type Rows, toMatrix } from '../data/rows.js'
import { logScale } from '../data/scaler.js'
import { DataError } from '../errors.js'
import type { Flow } from '../flow/flow.js'
import { logProb, type ParallelOptions, sample } from '../parallel/evaluate.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { type DensityIntegral, GRID, type IntegralOptions, integrateDensity } from './density-integral.js'
import type { FitResult } from './fit.js'
import { type MeanNLL, meanNLL, meanOf, shifted } from './mean-nll.js'
import { worstRoundTrip } from './round-trip.js'
import { countOf, type Part, type Split } from './split.js'

/** NLL of the rows trained on, of those held out where there are any, and of those fit never saw. */
export interface SplitNLL {
  readonly train: MeanNLL
  readonly validation?: MeanNLL
  readonly test?: MeanNLL
}

/** How well a trained flow describes its data; figures in nats a row and original units where not said otherwise. */
export interface Evaluation {
  readonly nll: SplitNLL
  /** The same with every column scaled to unit variance. */
  readonly nllStandardised: SplitNLL
  /** Said where no rows were kept for the test: the figures are of rows that the flow was chosen by. */
  readonly note?: string
  /** The single full-covariance Gaussian fitted to the training rows, on the same rows; null where none fits. */
  readonly gaussianBaseline: SplitNLL | null
  /** Entropy of the true distribution, where it is known: no model's expected NLL is lower. */
  readonly entropyFloor?: number
  /** Paired mean of ln p_true − ln p_model, where the truth is known; on fresh rows it is ≥ 0 but for chance. */
  readonly excess?: { readonly train: MeanNLL; readonly fresh?: MeanNLL }
  /** Of rows drawn anew from the true distribution. */
  readonly freshNll?: MeanNLL
  /** ∫ p for a flow on two columns. */
  readonly integralOfDensity?: DensityIntegral
  /** max |x − f⁻¹(f(x))| over training rows and samples, standardised units; null where it is not finite. */
  readonly worstRoundTrip: number | null
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
  /** Rows drawn anew from it. */
  fresh?: Rows
  /** Rows that `fit` has not seen. */
  test?: Rows
  threads?: Threads
  signal?: AbortSignal
}

/** Of the sample that the round trip and the bounds of the integral are taken from. */
export const SAMPLE_ROWS = 100_000

/**
 * Points of the integral's finest grid for every row that went through a step: a short run is not kept waiting for its
 * evaluation, a run of the usual length has the finest grid there is.
 */
const GRID_POINTS_PER_ROW = 4
const LEAST_GRID_POINTS = 512 ** 2

const NOTES = {
  training: 'No rows were kept for a test: the figures are of the very rows trained on.',
  validation:
    'No rows were kept for a test: the figures are of the rows trained on, and of those that chose the weights.',
}

/**
 * Evaluates a flow on the rows it was fitted to: `rows` and `result` as given to and returned by `fit`.
 * @throws signal.reason when aborted.
 */
export async function evaluate(
  flow: Flow,
  rows: Rows,
  result: FitResult,
  { truth, fresh, test, threads = 'auto', signal }: EvaluationOptions = {},
): Promise<Evaluation> {
  const matrix = toMatrix(rows, flow.dim, 'Data')
  const testMatrix = test === undefined ? undefined : toMatrix(test, flow.dim, 'Test rows')
  const mostPoints = gridPoints(result)
  const parallel = { threads: threadsOfAll(threads, flow, matrix.rows + 2 * SAMPLE_ROWS + mostPoints), signal }
  const own = await logProb(flow, matrix.data, parallel)
  const parts = partsOf(matrix, result.split, testMatrix)
  const nll: SplitNLL = {
    train: meanNLL(own, parts.train.chosen),
    ...(parts.validation && { validation: meanNLL(own, parts.validation.chosen) }),
    ...(testMatrix && { test: meanNLL(await logProb(flow, testMatrix.data, parallel)) }),
  }
  const shift = logScale(flow.scaler)
  return {
    nll,
    nllStandardised: ofParts(nll, (part) => shifted(part, shift)),
    ...(!testMatrix && { note: nll.validation ? NOTES.validation : NOTES.training }),
    gaussianBaseline: baseline(parts),
    ...(truth && (await againstTruth(flow, truth, parts.train, own, fresh, parallel))),
    ...(await geometry(flow, parts.train, { ...parallel, mostPoints })),
    losses: lossesOf(result),
  }
}

interface Parts {
  readonly train: Part
  readonly validation?: Part
  readonly test?: Part
}

function partsOf(matrix: Matrix, { training, validation }: Split, test: Matrix | undefined): Parts {
  return {
    train: { matrix, chosen: training },
    ...(validation.length > 0 && { validation: { matrix, chosen: validation } }),
    ...(test && { test: { matrix: test } }),
  }
}

/** The same figure of every part there is. */
function ofParts<Of>(
  { train, validation, test }: { train: Of; validation?: Of; test?: Of },
  figure: (part: Of) => MeanNLL,
): SplitNLL {
  return {
    train: figure(train),
    ...(validation !== undefined && { validation: figure(validation) }),
    ...(test !== undefined && { test: figure(test) }),
  }
}

function baseline(parts: Parts): SplitNLL | null {
  const gaussian = fittedGaussian(parts.train)
  if (!gaussian) return null
  return ofParts(parts, (part) =>
    meanOf(countOf(part), (first, count, values) => {
      gaussianLogProb(gaussian, part.matrix, part.chosen, first, count, values)
      for (let i = 0; i < count; i++) values[i] = -values[i]
    }),
  )
}

/** Where columns depend on each other linearly no Gaussian fits; that is a fact about the data, and no failure. */
function fittedGaussian({ matrix, chosen }: Part): Gaussian | undefined {
  try {
    return fitGaussian(matrix, chosen)
  } catch (error) {
    if (error instanceof DataError) return undefined
    throw error
  }
}

/** `own` holds ln p of the training part's whole matrix. */
async function againstTruth(
  flow: Flow,
  truth: Pick<Generator, 'entropy' | 'logProb'>,
  training: Part,
  own: ArrayLike<number>,
  fresh: Rows | undefined,
  parallel: ParallelOptions,
): Promise<Pick<Evaluation, 'entropyFloor' | 'excess' | 'freshNll'>> {
  const train = excess(truth, training, own)
  if (fresh === undefined) return { entropyFloor: truth.entropy, excess: { train } }
  const matrix = toMatrix(fresh, flow.dim, 'Fresh rows')
  const model = await logProb(flow, matrix.data, parallel)
  return {
    entropyFloor: truth.entropy,
    excess: { train, fresh: excess(truth, { matrix }, model) },
    freshNll: meanNLL(model),
  }
}

/** The paired mean of ln p_true − ln p_model; `model` holds ln p of the part's whole matrix. */
function excess(truth: Pick<Generator, 'logProb'>, part: Part, model: ArrayLike<number>): MeanNLL {
  const { data, columns } = part.matrix
  return meanOf(countOf(part), (first, count, values) => {
    for (let i = 0; i < count; i++) {
      const row = part.chosen ? part.chosen[first + i] : first + i
      values[i] = truth.logProb(data[row * columns], data[row * columns + 1]) - model[row]
    }
  })
}

/** What must hold of any flow, however well it fits: it can be inverted, and its density has mass 1. */
async function geometry(
  flow: Flow,
  training: Part,
  { mostPoints, ...parallel }: IntegralOptions,
): Promise<Pick<Evaluation, 'worstRoundTrip' | 'integralOfDensity'>> {
  const sampled = await sample(flow, SAMPLE_ROWS, parallel)
  const drawn = { matrix: toMatrix(sampled, flow.dim, 'Samples', { infinite: true }) }
  const worst = Math.max(await worstRoundTrip(flow, training), await worstRoundTrip(flow, drawn))
  return {
    ...(flow.dim === 2 && {
      integralOfDensity: await integrateDensity(flow, [training, drawn], { mostPoints, ...parallel }),
    }),
    worstRoundTrip: Number.isFinite(worst) ? worst : null,
  }
}

function gridPoints({ steps, split }: FitResult): number {
  const work = GRID_POINTS_PER_ROW * steps * split.training.length
  return Math.min(GRID.finest ** 2, Math.max(LEAST_GRID_POINTS, work))
}

function lossesOf({ steps, stopped, losses, bestLoss, bestStep, logScale }: FitResult): Evaluation['losses'] {
  return { steps, stopped, first: losses[0], last: losses[losses.length - 1], best: bestLoss, bestStep, logScale }
}

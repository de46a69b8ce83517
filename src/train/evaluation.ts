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
import { type MeanNLL, meanExcess, meanNLL, shifted } from './mean-nll.js'
import { worstRoundTrip } from './round-trip.js'
import { rowsOf, takeRows } from './split.js'

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
  const parts: Parts = { train: rowsOf(matrix, result.split.training) }
  if (result.split.validation.length > 0) parts.validation = takeRows(matrix, result.split.validation)
  if (test !== undefined) parts.test = toMatrix(test, flow.dim, 'Test rows')
  const mostPoints = gridPoints(result)
  const parallel = { threads: threadsOfAll(threads, flow, matrix.rows + 2 * SAMPLE_ROWS + mostPoints), signal }
  const nll = await ofParts(parts, async ({ data }) => meanNLL(await logProb(flow, data, parallel)))
  const shift = logScale(flow.scaler)
  return {
    nll,
    nllStandardised: await ofParts(nll, (part) => shifted(part, shift)),
    ...(!parts.test && { note: parts.validation ? NOTES.validation : NOTES.training }),
    gaussianBaseline: await baseline(parts),
    ...(truth && (await againstTruth(flow, truth, parts.train, fresh, parallel))),
    ...(await geometry(flow, parts.train, { ...parallel, mostPoints })),
    losses: lossesOf(result),
  }
}

type Parts = { train: Matrix; validation?: Matrix; test?: Matrix }

/** The same figure of every part there is. */
async function ofParts<Part>(
  { train, validation, test }: { train: Part; validation?: Part; test?: Part },
  figure: (part: Part) => MeanNLL | Promise<MeanNLL>,
): Promise<SplitNLL> {
  return {
    train: await figure(train),
    ...(validation !== undefined && { validation: await figure(validation) }),
    ...(test !== undefined && { test: await figure(test) }),
  }
}

async function baseline(parts: Parts): Promise<SplitNLL | null> {
  const gaussian = fittedGaussian(parts.train)
  return gaussian ? ofParts(parts, (part) => meanNLL(gaussianLogProb(gaussian, part))) : null
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

async function againstTruth(
  flow: Flow,
  truth: Pick<Generator, 'entropy' | 'logProb'>,
  training: Matrix,
  fresh: Rows | undefined,
  parallel: ParallelOptions,
): Promise<Pick<Evaluation, 'entropyFloor' | 'excess' | 'freshNll'>> {
  const excessOn = (model: ArrayLike<number>, { data, rows, columns }: Matrix) =>
    meanExcess(
      model,
      Float64Array.from({ length: rows }, (_, i) => truth.logProb(data[i * columns], data[i * columns + 1])),
    )
  const train = excessOn(await logProb(flow, training.data, parallel), training)
  if (fresh === undefined) return { entropyFloor: truth.entropy, excess: { train } }
  const matrix = toMatrix(fresh, flow.dim, 'Fresh rows')
  const model = await logProb(flow, matrix.data, parallel)
  return { entropyFloor: truth.entropy, excess: { train, fresh: excessOn(model, matrix) }, freshNll: meanNLL(model) }
}

/** What must hold of any flow, however well it fits: it can be inverted, and its density has mass 1. */
async function geometry(
  flow: Flow,
  training: Matrix,
  { mostPoints, ...parallel }: IntegralOptions,
): Promise<Pick<Evaluation, 'worstRoundTrip' | 'integralOfDensity'>> {
  const drawn = toMatrix(await sample(flow, SAMPLE_ROWS, parallel), flow.dim, 'Samples', { infinite: true })
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

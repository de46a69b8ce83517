import type { Generator } from '../data/generators.js'
import { sideBySide } from '../data/row-columns.js'
import { abortable, chosenRows, matrixSource, type RowSource } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import { type Rows, toMatrix } from '../data/rows.js'
import { isBent, logScale } from '../data/scaler.js'
import { UsageError } from '../errors.js'
import { type Context, joined } from '../flow/context.js'
import type { Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { logProbTo, sample } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { type Baseline, gaussianBaseline } from './baseline.js'
import { type DensityIntegral, GRID, type IntegralOptions, integrateDensity } from './density-integral.js'
import type { FitResult } from './fit.js'
import { contextsOf, type GivenRows, withContext } from './given-rows.js'
import { type MeanNLL, RunningMean, shifted } from './mean-nll.js'
import { worstRoundTrip } from './round-trip.js'
import type { Split } from './split.js'

/** NLL of the rows trained on, of those held out where there are any, and of those fit never saw. */
export interface SplitNLL {
  readonly train: MeanNLL
  readonly validation?: MeanNLL
  readonly test?: MeanNLL
}

/** How well a trained flow describes its data; figures in nats a row and original units where not said otherwise. */
export interface Evaluation {
  readonly nll: SplitNLL
  /** The same in the units that losses have: of what rows pass before the flow, columns of unit variance mostly. */
  readonly nllStandardised: SplitNLL
  /** Said where no rows were kept for the test: the figures are of rows that the flow was chosen by. */
  readonly note?: string
  /**
   * The single full-covariance Gaussian fitted to the training rows, on the same rows; null where none fits. For a flow
   * with a context, that Gaussian given it.
   */
  readonly gaussianBaseline: SplitNLL | null
  /** Entropy of the true distribution, where it is known: no model's expected NLL is lower. */
  readonly entropyFloor?: number
  /** Paired mean of ln p_true − ln p_model, where the truth is known; on fresh rows it is ≥ 0 but for chance. */
  readonly excess?: { readonly train: MeanNLL; readonly fresh?: MeanNLL }
  /** Of rows drawn anew from the true distribution. */
  readonly freshNll?: MeanNLL
  /** ∫ p for a flow on two columns. */
  readonly integralOfDensity?: DensityIntegral
  /** Said where something does not apply: a flow with a context is another density for each. */
  readonly leftOut?: string
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
  fresh?: Rows | RowSource | GivenRows
  /** Rows that `fit` has not seen. */
  test?: Rows | RowSource | GivenRows
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

const NO_ONE_DENSITY = 'p(x | c) is another density for every c: ∫ p and pictures of the density are left out.'

/**
 * Evaluates a flow on the rows it was fitted to: `rows` and `result` as given to and returned by `fit`.
 * @throws UsageError for another number of rows; signal.reason when aborted.
 */
export async function evaluate(
  flow: Flow,
  rows: Rows | RowSource | GivenRows,
  result: FitResult,
  { truth, fresh, test, threads = 'auto', signal }: EvaluationOptions = {},
): Promise<Evaluation> {
  const readable = (input: Rows | RowSource | GivenRows, what: string) =>
    abortable(withContext(flow, input, what), signal)
  const source = readable(rows, 'Data')
  if (source.rows !== result.split.training.total) {
    throw new UsageError(`Data has ${source.rows} rows, but the flow was fitted to ${result.split.training.total}.`)
  }
  const parts = partsOf(source, result.split, test === undefined ? undefined : readable(test, 'Test rows'))
  const mostPoints = gridPoints(result)
  const parallel = { threads: threadsOfAll(threads, flow, source.rows + 2 * SAMPLE_ROWS + mostPoints), signal }
  const gaussian = await gaussianBaseline(parts.train, flow.dim)
  const judge = (part: RowSource) => judged(flow, part, { gaussian, truth }, parallel)
  const train = await judge(parts.train)
  const validation = parts.validation && (await judge(parts.validation))
  const ofTest = parts.test && (await judge(parts.test))
  const ofFresh = fresh === undefined ? undefined : await judge(readable(fresh, 'Fresh rows'))
  const figures = <Figure>(figure: (part: Judged) => Figure) => ({
    train: figure(train),
    ...(validation && { validation: figure(validation) }),
    ...(ofTest && { test: figure(ofTest) }),
  })
  const shift = logScale(flow.scaler, flow.dim)
  return {
    nll: figures(({ nll }) => nll),
    nllStandardised: figures(({ nll, standardised }) => standardised ?? shifted(nll, shift)),
    ...(!ofTest && { note: validation ? NOTES.validation : NOTES.training }),
    gaussianBaseline: gaussian ? figures((part) => part.gaussianNll as MeanNLL) : null,
    ...(truth && {
      entropyFloor: truth.entropy,
      excess: { train: train.excess as MeanNLL, ...(ofFresh && { fresh: ofFresh.excess }) },
    }),
    ...(ofFresh && { freshNll: ofFresh.nll }),
    ...(await geometry(flow, parts.train, { ...parallel, mostPoints })),
    losses: lossesOf(result),
  }
}

interface Parts {
  readonly train: RowSource
  readonly validation?: RowSource
  readonly test?: RowSource
}

function partsOf(source: RowSource, { training, validation }: Split, test: RowSource | undefined): Parts {
  return {
    train: chosenRows(source, training),
    ...(validation.size > 0 && { validation: chosenRows(source, validation) }),
    ...(test && { test }),
  }
}

/** What the flow is compared with. */
interface Rivals {
  readonly gaussian: Baseline | undefined
  readonly truth: Pick<Generator, 'logProb'> | undefined
}

interface Judged {
  readonly nll: MeanNLL
  /** In standardised units, where those are more than other units for each column. */
  readonly standardised?: MeanNLL
  readonly gaussianNll?: MeanNLL
  /** The paired mean of ln p_true − ln p_model. */
  readonly excess?: MeanNLL
}

/** How likely the rows are under the flow and its rivals. */
async function judged(
  flow: Flow,
  source: RowSource,
  { gaussian, truth }: Rivals,
  parallel: ParallelOptions,
): Promise<Judged> {
  const { columns } = source
  const blockRows = Math.min(source.rows, parallelRowsOf(columns))
  const model = sharedLike<Reals>(flow.parameters, blockRows)
  const values = new Float64Array(blockRows)
  const [nll, gaussianNll, excess] = [new RunningMean(), new RunningMean(), new RunningMean()]
  const transform = isBent(flow.scaler) ? new RowTransform(flow.scaler, flow.dim) : undefined
  const [standardised, passed] = [new RunningMean(), new Float64Array(transform ? blockRows * columns : 0)]
  for await (const block of source.blocks(blockRows)) {
    const rows = block.length / columns
    await logProbTo(flow, joined({ data: block, rows, columns }), model.subarray(0, rows), parallel)
    for (let i = 0; i < rows; i++) values[i] = -model[i]
    nll.add(values.subarray(0, rows))
    if (transform) {
      transform.forward(block, passed)
      for (let i = 0; i < rows; i++) values[i] += transform.logDets[i]
      standardised.add(values.subarray(0, rows))
    }
    if (gaussian) {
      gaussian(block, values)
      for (let i = 0; i < rows; i++) values[i] = -values[i]
      gaussianNll.add(values.subarray(0, rows))
    }
    if (truth) {
      for (let i = 0; i < rows; i++) {
        values[i] = truth.logProb(block[i * columns], block[i * columns + 1]) - model[i]
      }
      excess.add(values.subarray(0, rows))
    }
  }
  return {
    nll: nll.end(),
    ...(transform && { standardised: standardised.end() }),
    ...(gaussian && { gaussianNll: gaussianNll.end() }),
    ...(truth && { excess: excess.end() }),
  }
}

/** What must hold of any flow, however well it fits: it can be inverted, and its density has mass 1. */
async function geometry(
  flow: Flow,
  training: RowSource,
  { mostPoints, ...parallel }: IntegralOptions,
): Promise<Pick<Evaluation, 'worstRoundTrip' | 'integralOfDensity' | 'leftOut'>> {
  const drawn = await sampled(flow, training, parallel)
  const worst = Math.max(await worstRoundTrip(flow, training), await worstRoundTrip(flow, drawn))
  return {
    ...(flow.contextDim > 0 && { leftOut: NO_ONE_DENSITY }),
    ...(flow.dim === 2 &&
      flow.contextDim === 0 && {
        integralOfDensity: await integrateDensity(flow, [training, drawn], { mostPoints, ...parallel }),
      }),
    worstRoundTrip: Number.isFinite(worst) ? worst : null,
  }
}

/** Rows drawn from a flow; where it has a context, as it is in the training data. */
async function sampled(flow: Flow, training: RowSource, parallel: ParallelOptions): Promise<RowSource> {
  const draw = async (rows: number, context?: Context) =>
    matrixSource(toMatrix(await sample(flow, rows, { ...parallel, context }), flow.dim, 'Samples', { infinite: true }))
  if (flow.contextDim === 0) return draw(SAMPLE_ROWS)
  const context = await contextsOf(flow, training, Math.min(SAMPLE_ROWS, training.rows))
  return sideBySide(await draw(context.rows, context.data), matrixSource(context))
}

function gridPoints({ steps, split }: FitResult): number {
  const work = GRID_POINTS_PER_ROW * steps * split.training.size
  return Math.min(GRID.finest ** 2, Math.max(LEAST_GRID_POINTS, work))
}

function lossesOf({ steps, stopped, losses, bestLoss, bestStep, logScale }: FitResult): Evaluation['losses'] {
  return { steps, stopped, first: losses[0], last: losses[losses.length - 1], best: bestLoss, bestStep, logScale }
}

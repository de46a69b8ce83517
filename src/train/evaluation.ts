import type { Generator } from '../data/generators.js'
import type { RowSet } from '../data/row-set.js'
import { abortable, chosenRows, type RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { logScale } from '../data/scaler.js'
import { UsageError } from '../errors.js'
import { Ensemble, type Model } from '../flow/ensemble.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { type Baselines, fitBaselines } from './baseline.js'
import { goodnessOf } from './calibration/goodness-of-fit.js'
import { GRID } from './density-integral.js'
import type { DominatingRows } from './dominating-rows.js'
import type { BySplit, BySplitAndFresh, Evaluation, HeldOutFit } from './figures.js'
import type { FitResult } from './fit.js'
import { geometry, SAMPLE_ROWS } from './geometry.js'
import { type GivenRows, type Part, weightsIn, weightsOf, withContext } from './given-rows.js'
import { type Compared, type Judged, judge } from './judge.js'
import { type MeanNLL, shifted } from './mean-nll.js'
import { classificationFigures, regressionFigures } from './regression.js'
import { stillFalling } from './still-falling.js'

export interface EvaluationOptions {
  /** The distribution the rows were drawn from, where it is known. */
  truth?: Pick<Generator, 'entropy' | 'logProb'>
  /** Rows drawn anew from it. */
  fresh?: Rows | RowSource | GivenRows
  /** Rows that `fit` has not seen. */
  test?: Rows | RowSource | GivenRows
  /** Which rows of a table `rows` and `test` are, where they are some of it: those that are named are named by these. */
  numbers?: { readonly rows: RowSet; readonly test: RowSet }
  threads?: Threads
  signal?: AbortSignal
}

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
 * Evaluates a flow on the rows it was fitted to: `rows`, with their weights, and `result` as given to and returned by `fit`.
 * @throws UsageError for another number of rows; signal.reason when aborted.
 */
export async function evaluate(
  flow: Model,
  rows: Rows | RowSource | GivenRows,
  result: FitResult,
  { truth, fresh, test, numbers, threads = 'auto', signal }: EvaluationOptions = {},
): Promise<Evaluation> {
  const readable = (input: Rows | RowSource | GivenRows, what: string): Part => {
    const source = abortable(withContext(flow, input, what), signal)
    return { rows: source, weights: weightsOf(input, source.rows, what) }
  }
  const all = readable(rows, 'Data')
  const total = result.split.training.total
  if (all.rows.rows !== total) {
    throw new UsageError(`Data has ${all.rows.rows} rows, but the flow was fitted to ${total}.`)
  }
  const parts = {
    ...partsOf(all, result.split),
    ...(test !== undefined && { test: readable(test, 'Test rows') }),
    ...(fresh !== undefined && { fresh: readable(fresh, 'Fresh rows') }),
  }
  const mostPoints = gridPoints(result)
  const parallel = { threads: threadsOfAll(threads, flow, total + 2 * SAMPLE_ROWS + mostPoints), signal }
  const rivals = { ...(await fitBaselines(parts.train, parts.validation, flow.dim)), truth }
  const judged = {
    train: await judge(flow, parts.train, rivals, parallel),
    ...(parts.validation && { validation: await judge(flow, parts.validation, rivals, parallel) }),
    ...(parts.test && { test: await judge(flow, parts.test, rivals, parallel) }),
    ...(parts.fresh && { fresh: await judge(flow, parts.fresh, rivals, parallel) }),
  }
  const sets = rowSets(result.split, numbers)
  return {
    ...(flow instanceof Ensemble && { members: flow.members.length }),
    ...figuresOf(flow, judged),
    ...comparisons(flow, judged, rivals),
    ...dominatingOf(judged, sets),
    ...leftOutOf(result.leftOut, numbers),
    ...(truth && {
      entropyFloor: truth.entropy,
      excess: { train: judged.train.excess as MeanNLL, ...(judged.fresh && { fresh: judged.fresh.excess }) },
    }),
    ...(await heldOutFit(flow, parts, judged, parallel)),
    ...(await predictionOf(flow, parts, parallel)),
    ...(await geometry(flow, parts.train, { ...parallel, mostPoints })),
    losses: lossesOf(result),
  }
}

function partsOf({ rows, weights }: Part, { training, validation }: FitResult['split']): BySplit<Part> {
  const part = (set: RowSet): Part => ({ rows: chosenRows(rows, set), weights: weightsIn(weights, set) })
  return { train: part(training), ...(validation.size > 0 && { validation: part(validation) }) }
}

const PARTS = ['train', 'validation', 'test', 'fresh'] as const

/** Of the rows that know the least of the flow. */
async function heldOutFit(
  flow: Model,
  parts: BySplitAndFresh<Part>,
  judged: BySplitAndFresh<Judged>,
  parallel: ParallelOptions,
): Promise<Pick<Evaluation, 'goodness'>> {
  const part = (['fresh', 'test', 'validation'] as const).find((name) => (parts[name]?.rows.rows ?? 0) > 0)
  const [rows, held] = part ? [parts[part], judged[part]] : []
  if (!part || !rows || !held) return {}
  return { goodness: { part, gap: gapOf(judged.train.nll, held.nll), ...(await goodnessOf(flow, rows, parallel)) } }
}

/** Where one column is modelled given others. */
async function predictionOf(
  flow: Model,
  parts: BySplitAndFresh<Part>,
  parallel: ParallelOptions,
): Promise<Pick<Evaluation, 'regression' | 'classification'>> {
  const part = (['test', 'validation'] as const).find((name) => (parts[name]?.rows.rows ?? 0) > 1)
  const rows = part && parts[part]
  if (flow.dim !== 1 || flow.contextDim === 0 || !part || !rows) return {}
  const { table } = flow.data
  const kind = table?.columns.find(({ name }) => !table.given.includes(name))?.kind
  return kind?.kind === 'category'
    ? { classification: await classificationFigures(flow, part, rows, kind, parallel) }
    : { regression: await regressionFigures(flow, part, rows, parallel) }
}

function gapOf(train: MeanNLL, held: MeanNLL): HeldOutFit['gap'] {
  const errors = [train.standardError, held.standardError]
  return {
    mean: train.mean === null || held.mean === null ? null : held.mean - train.mean,
    standardError: errors.some((error) => error === null) ? null : Math.hypot(...(errors as number[])),
  }
}

/** A figure of each part that has it. */
function each<Figure>(
  judged: BySplitAndFresh<Judged>,
  figure: (part: Judged) => Figure | undefined,
): BySplitAndFresh<Figure> {
  const entries = PARTS.map((name) => [name, judged[name] && figure(judged[name])] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as BySplitAndFresh<Figure>
}

function figuresOf(flow: Model, { fresh, ...judged }: BySplitAndFresh<Judged>) {
  const shift = logScale(flow.scaler, flow.dim)
  return {
    nll: each(judged, ({ nll }) => nll),
    nllStandardised: each(judged, ({ nll, standardised }) => standardised ?? shifted(nll, shift)),
    quartiles: each(judged, ({ quartiles }) => quartiles),
    ...(!judged.test && { note: judged.validation ? NOTES.validation : NOTES.training }),
    ...(fresh && { freshNll: fresh.nll }),
  }
}

function comparisons(flow: Model, judged: BySplitAndFresh<Judged>, { gaussian, mixture }: Baselines) {
  const of = (rival: 'gaussian' | 'mixture', figure: keyof Compared) => each(judged, (part) => part[rival]?.[figure])
  return {
    gaussianBaseline: gaussian ? of('gaussian', 'nll') : null,
    gaussianGain: gaussian ? of('gaussian', 'gain') : null,
    ...(flow.contextDim === 0 && {
      mixtureBaseline: mixture ? { components: mixture.components, ...of('mixture', 'nll') } : null,
      mixtureGain: mixture ? of('mixture', 'gain') : null,
    }),
  }
}

/** Which rows of the data each part has, where it is some of them. */
function rowSets(
  { training, validation }: FitResult['split'],
  numbers: EvaluationOptions['numbers'],
): Partial<BySplitAndFresh<readonly RowSet[]>> {
  const outer = numbers ? [numbers.rows] : []
  return { train: [training, ...outer], validation: [validation, ...outer], test: numbers ? [numbers.test] : [] }
}

function dominatingOf(
  judged: BySplitAndFresh<Judged>,
  sets: Partial<BySplitAndFresh<readonly RowSet[]>>,
): Pick<Evaluation, 'dominating'> {
  const found = PARTS.flatMap((part): [string, DominatingRows][] => {
    const { rows, meanWithout } = judged[part]?.dominating ?? {}
    if (!rows || meanWithout === undefined) return []
    const number = (place: number) => (sets[part] ?? []).reduce((at, set) => set.member(at), place)
    return [[part, { rows: rows.map((row) => ({ ...row, row: number(row.row) })), meanWithout }]]
  })
  return found.length > 0 ? { dominating: Object.fromEntries(found) } : {}
}

/** Rows that are named one by one, at most. */
const MOST_NAMED = 5

function leftOutOf(leftOut: RowSet, numbers: EvaluationOptions['numbers']): Pick<Evaluation, 'leftOutRows'> {
  if (leftOut.size === 0) return {}
  const named = [...leftOut].slice(0, MOST_NAMED)
  return {
    leftOutRows: { rows: named.map((row) => (numbers ? numbers.rows.member(row) : row)), count: leftOut.size },
  }
}

function gridPoints({ rowsSeen }: FitResult): number {
  const work = GRID_POINTS_PER_ROW * rowsSeen
  return Math.min(GRID.finest ** 2, Math.max(LEAST_GRID_POINTS, work))
}

function lossesOf(result: FitResult): Evaluation['losses'] {
  const { steps, stopped, losses, bestLoss, bestStep, logScale, untrained, recoveries } = result
  const ends = { first: losses[0], last: losses[losses.length - 1] }
  return {
    ...{ steps, stopped, ...ends, best: bestLoss, bestStep, logScale, untrained },
    ...(recoveries.length > 0 && { recoveries }),
    stillFalling: stillFalling(result),
  }
}

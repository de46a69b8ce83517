import { type Category, levelAt, levelCells, levelEdges } from '../columns/kinds.js'
import { evenRows } from '../data/row-sample.js'
import type { Model } from '../flow/ensemble.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { predict } from '../predict/predict.js'
import { ln } from '../random/elementary.js'
import type { Part } from './given-rows.js'
import { type MeanNLL, RunningMean } from './mean-nll.js'

/** Rows that chose the weights at most, or not even those. */
export type HeldOutPart = 'validation' | 'test'

/** How good the only column that is modelled is predicted from those that it is given, on rows held out. */
export interface RegressionFigures {
  readonly part: HeldOutPart
  readonly rows: number
  /** Continuous ranked probability score, in units of the column: of a single number it is the absolute error. */
  readonly crps: MeanNLL
  /** Share of the rows whose value lies between the quantiles of 5 and 95 %: 0.9 where these are right. */
  readonly coverage: number
  /** Mean distance of these quantiles. */
  readonly width: number
  /** Root of the mean squared error of the mean. */
  readonly rmse: number
}

/** The same of a column of names. */
export interface ClassificationFigures {
  readonly part: HeldOutPart
  readonly rows: number
  /** Share of the rows whose name is the one that was likeliest. */
  readonly accuracy: number
  /** Share of the commonest name: how often it would be right to say that one always. */
  readonly commonest: number
  /** −ln P of the name that is there, nats. */
  readonly logLoss: MeanNLL
}

/** Rows that are predicted, at most. */
const MOST_ROWS = 2000
const QUANTILES = [0.05, 0.95]

type Parallel = Pick<ParallelOptions, 'threads' | 'signal'>

/** Of some rows at most, evenly spaced; those for which the model has no density are left out. */
export async function regressionFigures(
  flow: Model,
  part: HeldOutPart,
  rows: Part,
  parallel: Parallel,
): Promise<RegressionFigures> {
  const { y, context } = await predictable(rows)
  const told = await predict(flow, y, { of: 0, context, quantiles: QUANTILES, ...parallel })
  const known = [...y.keys()].filter((i) => Number.isFinite(told.crps[i]))
  const mean = (figure: (row: number) => number) => meanOf(known.map(figure))
  const [low, high] = told.quantiles
  return {
    ...{ part, rows: known.length, crps: meanWithError(known.map((i) => told.crps[i])) },
    coverage: mean((i) => Number(y[i] >= low[i] && y[i] <= high[i])),
    width: mean((i) => high[i] - low[i]),
    rmse: Math.sqrt(mean((i) => (told.mean[i] - y[i]) ** 2)),
  }
}

/** Likewise, of a column of names, in whose intervals y lies. */
export async function classificationFigures(
  flow: Model,
  part: HeldOutPart,
  rows: Part,
  category: Category,
  parallel: Parallel,
): Promise<ClassificationFigures> {
  const { y, context } = await predictable(rows)
  const { cells } = await predict(flow, y, { of: 0, context, quantiles: [], cells: levelCells(category), ...parallel })
  const known = [...y.keys()].filter((i) => Number.isFinite(cells[0][i]))
  const edges = levelEdges(category)
  const names = known.map((i) => levelAt(edges, y[i]))
  const shares = (row: number) => cells.map((cell) => cell[known[row]])
  const counts = category.levels.map((_, level) => names.filter((name) => name === level).length)
  return {
    ...{ part, rows: known.length },
    accuracy: meanOf(names.map((name, row) => Number(shares(row)[name] === Math.max(...shares(row))))),
    commonest: Math.max(...counts) / known.length,
    logLoss: meanWithError(names.map((name, row) => -ln(shares(row)[name]))),
  }
}

/** Rows of a column with what they are given. */
async function predictable({
  rows: source,
  weights,
}: Part): Promise<{ readonly y: Float64Array; readonly context: Float64Array }> {
  const { data, rows, columns } = await evenRows(source, Math.min(source.rows, MOST_ROWS), weights)
  return {
    y: Float64Array.from({ length: rows }, (_, i) => data[i * columns]),
    context: Float64Array.from(data.filter((_, at) => at % columns > 0)),
  }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function meanWithError(values: readonly number[]): MeanNLL {
  const mean = new RunningMean()
  mean.add(Float64Array.from(values))
  return mean.end()
}

import { evenRows } from '../data/row-sample.js'
import type { Model } from '../flow/ensemble.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { predict } from '../predict/predict.js'
import type { Part } from './given-rows.js'
import { type MeanNLL, RunningMean } from './mean-nll.js'

/** How good the only column that is modelled is predicted from those that it is given, on rows held out. */
export interface RegressionFigures {
  readonly part: 'validation' | 'test'
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

/** Rows that are predicted, at most. */
const MOST_ROWS = 2000
const QUANTILES = [0.05, 0.95]

/** Of some rows at most, evenly spaced; those for which the model has no density are left out. */
export async function regressionFigures(
  flow: Model,
  part: RegressionFigures['part'],
  { rows: source, weights }: Part,
  parallel: Pick<ParallelOptions, 'threads' | 'signal'>,
): Promise<RegressionFigures> {
  const { data, rows, columns } = await evenRows(source, Math.min(source.rows, MOST_ROWS), weights)
  const column = (j: number) => Float64Array.from({ length: rows }, (_, i) => data[i * columns + j])
  const y = column(0)
  const given = Float64Array.from({ length: rows * (columns - 1) }, (_, at) => {
    return data[Math.floor(at / (columns - 1)) * columns + 1 + (at % (columns - 1))]
  })
  const told = await predict(flow, y, { of: 0, context: given, quantiles: QUANTILES, ...parallel })
  const known = [...y.keys()].filter((i) => Number.isFinite(told.crps[i]))
  const mean = (figure: (row: number) => number) => known.reduce((sum, i) => sum + figure(i) / known.length, 0)
  const [low, high] = told.quantiles
  const crps = new RunningMean()
  crps.add(Float64Array.from(known, (i) => told.crps[i]))
  return {
    ...{ part, rows: known.length, crps: crps.end() },
    coverage: mean((i) => Number(y[i] >= low[i] && y[i] <= high[i])),
    width: mean((i) => high[i] - low[i]),
    rmse: Math.sqrt(mean((i) => (told.mean[i] - y[i]) ** 2)),
  }
}

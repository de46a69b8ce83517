import { DataError, UsageError } from '../errors.js'
import { findDependence, LINEAR_WAY, linearText } from './dependence.js'
import { fillText, findFills } from './fill-values.js'
import { fitMarginal } from './fit-marginal.js'
import { identitySpline, isIdentity, type Mapped, type MarginalSpline, mapMarginal } from './marginal-spline.js'
import { innerRows, LONG_TAIL, robustLines } from './robust-lines.js'
import { columnTitle, sampleRows, sortedColumn } from './row-sample.js'
import type { RowSource } from './row-source.js'
import type { Matrix } from './rows.js'
import { fitStandardiser, identityScaler, type Scaler } from './scaler.js'
import { isBounded, type Support, supportText, throughSupports } from './support.js'
import { fitWhitening, type Whitening } from './whitening.js'

/** What the columns pass before a flow sees them; the value of `preprocess({ … })`. */
export interface Preprocessing {
  readonly type: 'preprocess'
  /** Which columns are made about normal by a spline of their own: all where it pays, those with long tails, or none. */
  readonly gaussianise: boolean | 'tails'
  /** Of such a spline, at most. */
  readonly knots: number
  readonly decorrelate: boolean | 'auto'
  readonly scale: 'robust' | 'sd'
  readonly fillValues: 'refuse' | 'keep'
  /** The values that modelled columns can have, [dim]; any number where absent. */
  readonly supports?: readonly Support[]
}

/**
 * Fits the steps to rows [rows, dim + contextDim], all of which are gone through once, and once more for `scale: 'sd'`.
 * Quantiles, splines and correlations are those of 100 000 evenly spaced rows at most; of rows with weights, of as many as
 * there are, drawn evenly by weight.
 * @throws DataError for a constant column, a value that its column cannot have, a fill value unless those are kept, and
 *   modelled columns that determine each other, naming them.
 */
export async function fitPreprocessing(
  source: RowSource,
  preprocessing: Preprocessing,
  names: readonly string[] | undefined,
  dim: number,
  weights?: Float64Array,
): Promise<Scaler> {
  const { supports } = preprocessing
  if (!supports || !isBounded(supports)) return fitSteps(source, preprocessing, names, dim, weights)
  if (supports.length !== dim) {
    throw new UsageError(`preprocess has supports of ${supports.length} columns, but ${dim} are modelled.`)
  }
  const title = (j: number) => columnTitle(j, names, dim)
  const mapped = throughSupports(source, supports, (j, row, value) => {
    return new DataError(
      `${title(j)} has ${value} in row ${row} (counted from 0), but is said to be ${supportText(supports[j])}: leave the row out, or say otherwise.`,
    )
  })
  return { ...(await fitSteps(mapped, preprocessing, names, dim, weights)), supports }
}

/** All steps but the supports. */
async function fitSteps(
  source: RowSource,
  { gaussianise, knots, decorrelate, scale, fillValues }: Preprocessing,
  names: readonly string[] | undefined,
  dim: number,
  weights?: Float64Array,
): Promise<Scaler> {
  const sample = await sampleRows(source, weights)
  const title = (j: number) => columnTitle(j, names, dim)
  const [fill] = fillValues === 'keep' ? [] : findFills(sample)
  if (fill) throw new DataError(`${fillText(fill, title(fill.column), source.rows)} ${FILL_WAY}`)
  const robust = robustLines(sample, dim, title)
  const [dependence] = findDependence(innerRows(sample, robust), dim)
  if (dependence) throw new DataError(`${linearText(dependence, title)}: ${LINEAR_WAY}`)
  const lines = scale === 'sd' ? await fitStandardiser(source, names, dim, weights) : robust
  const marginals = gaussianise === false ? undefined : fitMarginals(sample, lines, robust, dim, knots, gaussianise)
  const u = innerRows(gaussianised(sample, lines, marginals, dim), identityScaler(dim))
  if (decorrelate === true && u.rows <= 2 * dim) {
    throw new DataError(
      `Decorrelating ${dim} columns needs more than ${2 * dim} rows, got ${u.rows}: set decorrelate to false.`,
    )
  }
  const exact = scale === 'sd' && !marginals && decorrelate === false
  return exact ? lines : folded(lines, marginals, fitWhitening(u.data, dim, decorrelate))
}

const FILL_WAY =
  'Leave those rows out, or fill in what is missing; preprocess({ fillValues: "keep" }) takes them for measurements.'

/** A spline for each modelled column; undefined where none of them needs one. */
function fitMarginals(
  sample: Matrix,
  lines: Scaler,
  robust: Scaler,
  dim: number,
  knots: number,
  which: true | 'tails',
): MarginalSpline[] | undefined {
  const splines = Array.from({ length: dim }, (_, j) => {
    const sorted = sortedColumn(sample, j)
    const reach = Math.max(robust.mean[j] - sorted[0], sorted[sorted.length - 1] - robust.mean[j]) / robust.sd[j]
    if (which === 'tails' && !(reach > LONG_TAIL)) return identitySpline()
    return fitMarginal(
      sorted.map((x) => (x - lines.mean[j]) / lines.sd[j]),
      knots,
      robust.sd[j] / lines.sd[j],
    )
  })
  return splines.every(isIdentity) ? undefined : splines
}

/** u [rows, dim] of rows [rows, dim + contextDim]. */
function gaussianised(
  { data, rows, columns }: Matrix,
  { mean, sd }: Scaler,
  marginals: readonly MarginalSpline[] | undefined,
  dim: number,
): Matrix {
  const u = new Float64Array(rows * dim)
  const mapped: Mapped = { z: 0, slope: 1, bend: 0 }
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < dim; j++) {
      const v = (data[i * columns + j] - mean[j]) / sd[j]
      if (marginals) mapMarginal(marginals[j], v, mapped)
      u[i * dim + j] = marginals ? mapped.z : v
    }
  }
  return { data: u, rows, columns: dim }
}

/** Lines that follow on lines are lines: z = ((x − mean)/sd − m)w has the mean mean + sd·m and the sd sd/w. */
function folded(lines: Scaler, marginals: readonly MarginalSpline[] | undefined, whitening: Whitening): Scaler {
  const dim = whitening.mean.length
  if (marginals) return { ...lines, marginals, whitening }
  if (whitening.matrix.length > dim) return { ...lines, whitening }
  return {
    mean: lines.mean.map((mean, j) => (j < dim ? mean + lines.sd[j] * whitening.mean[j] : mean)),
    sd: lines.sd.map((sd, j) => (j < dim ? sd / whitening.matrix[j] : sd)),
  }
}

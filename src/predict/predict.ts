import { type Matrix, type Rows, readMatrix } from '../data/rows.js'
import { DataError, UsageError } from '../errors.js'
import { columnNames } from '../flow/column-names.js'
import { type Context, type Given, joined, readContext } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { echo } from '../options.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { Conditionals, type Parallel } from './conditionals.js'
import { GAUSS, type NodeDensity } from './node-density.js'

export interface PredictOptions extends Given, Omit<ParallelOptions, 'onProgress'> {
  /** The column that is predicted from all others: its name, or its place among those that are modelled. */
  readonly of: string | number
  /**
   * Where y is rounded: each value stands for the interval from it up to this much above. `logProb` is then the mass of that
   * interval, `level` that of its middle, and `crps` is of its middle.
   */
  readonly width?: number
  /** Probabilities of the quantiles, each above 0 and below 1; default 0.05, 0.25, 0.75, 0.95. */
  readonly quantiles?: readonly number[]
  /** Ascending edges of cells of y, ±∞ among them or not, two at least; default none. */
  readonly cells?: readonly number[]
}

/** What is known of y in each row, given the row's other columns; [rows], in the units of the data. */
export interface Predictions {
  readonly mean: Float64Array
  readonly median: Float64Array
  readonly sd: Float64Array
  /** One array for each of the probabilities asked for. */
  readonly quantiles: readonly Float64Array[]
  /** One array for each cell: the probability that y lies in it. */
  readonly cells: readonly Float64Array[]
  /** ln p(y | the others) of the y that is there, nats; NaN where none is. */
  readonly logProb: Float64Array
  /** The share of the distribution below that y, F(y). */
  readonly level: Float64Array
  /** ∫ (F(t) − 1{t ≥ y})² dt of it: the continuous ranked probability score, in units of y. */
  readonly crps: Float64Array
}

const QUANTILES = [0.05, 0.25, 0.75, 0.95]
/** Rows whose densities are looked at together: some hundred places in each. */
const BLOCK_ROWS = 256
/** A mass of less is integrated by itself: as a difference of integrals it would be lost in what nodes miss. */
const LEAST_MASS = 1e-3

/**
 * The distribution of one modelled column given all others in each row, p(y | rest) = p(y, rest) / ∫ p(t, rest) dt, by the
 * trapezoid rule on places that become more until 1e-4 of the mass is missing at most. `rows` [rows, dim] as `logProb` takes
 * them, with `context` where the model has one; y may be NaN where it is not known.
 *
 * A row in which the model has no density for any y, as its other values lie beyond what it can tell, has NaN for all.
 * @throws UsageError where there is no such column or a probability is none; DataError for NaN in other columns;
 *   signal.reason when aborted.
 */
export async function predict(
  model: Model,
  rows: Rows,
  { of, quantiles = QUANTILES, cells = [], width = 0, context, threads, signal }: PredictOptions,
): Promise<Predictions> {
  const column = placeOf(model, of)
  if (!(width >= 0 && width < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`predict's width is ${echo(width)}; expected a finite number ≥ 0.`)
  }
  const wrong = quantiles.find((probability) => !(probability > 0 && probability < 1))
  if (wrong !== undefined) {
    throw new UsageError(`predict's quantiles hold ${echo(wrong)}; expected numbers above 0 and below 1.`)
  }
  if (cells.length === 1 || cells.some((edge, k) => k > 0 && !(edge > cells[k - 1]))) {
    throw new UsageError(`predict's cells are ${echo(cells)}; expected two ascending edges or more.`)
  }
  const matrix = withContext(model, readMatrix(rows, model.dim, 'Rows'), context)
  checkOthers(matrix, column)
  const conditionals = new Conditionals(model, column, contextsIn(model, matrix))
  const out = roomFor(matrix.rows, quantiles.length, Math.max(0, cells.length - 1))
  for (let first = 0; first < matrix.rows; first += BLOCK_ROWS) {
    const block = matrix.data.subarray(first * matrix.columns, (first + BLOCK_ROWS) * matrix.columns)
    const densities = await conditionalsOf(
      conditionals,
      block,
      { column, columns: matrix.columns, width },
      { threads, signal },
    )
    for (const [i, density] of densities.entries()) {
      put(out, first + i, density, block[i * matrix.columns + column], { quantiles, cells, width })
    }
  }
  return out
}

function placeOf(model: Model, of: string | number): number {
  const names = columnNames(model).slice(0, model.dim)
  const place = typeof of === 'string' ? names.indexOf(of) : of
  if (Number.isInteger(place) && place >= 0 && place < model.dim) return place
  throw new UsageError(
    `predict is asked for column ${echo(of)}; expected one that is modelled: ${names.join(', ')}, or its place from 0.`,
  )
}

function withContext(model: Model, matrix: Matrix, context: Context | undefined): Matrix {
  const given = readContext(model, context, matrix.rows)
  if (!given) return matrix
  const data = joined(matrix, given).part(0, matrix.rows)
  return { data, rows: matrix.rows, columns: model.dim + model.contextDim }
}

function checkOthers({ data, columns }: Matrix, column: number): void {
  const at = data.findIndex((value, i) => i % columns !== column && Number.isNaN(value))
  if (at < 0) return
  throw new DataError(
    `Row ${Math.floor(at / columns)}, column ${at % columns} (counted from 0) is NaN; only the column that is predicted may be.`,
  )
}

type Room = { -readonly [Key in keyof Predictions]: Predictions[Key] }

function roomFor(rows: number, quantiles: number, cells: number): Room {
  const room = () => new Float64Array(rows).fill(Number.NaN)
  return {
    ...{ mean: room(), median: room(), sd: room(), logProb: room(), level: room(), crps: room() },
    quantiles: Array.from({ length: quantiles }, room),
    cells: Array.from({ length: cells }, room),
  }
}

function put(
  out: Room,
  row: number,
  density: Conditional,
  value: number,
  { quantiles, cells, width }: Required<Pick<PredictOptions, 'quantiles' | 'cells' | 'width'>>,
): void {
  const { nodes, logProb } = density
  if (nodes.isEmpty) return
  const { mean, sd } = nodes.moments()
  out.mean[row] = mean
  out.sd[row] = sd
  out.median[row] = nodes.quantile(0.5)
  for (const [k, probability] of quantiles.entries()) out.quantiles[k][row] = nodes.quantile(probability)
  const below = cells.map((edge) => nodes.below(edge))
  for (const [k, cell] of out.cells.entries()) cell[row] = below[k + 1] - below[k]
  if (Number.isNaN(value)) return
  const middle = value + width / 2
  const mass = nodes.below(value + width) - nodes.below(value)
  out.logProb[row] = mass > LEAST_MASS ? Math.log(mass) : logProb - nodes.logMass
  out.level[row] = nodes.below(middle)
  out.crps[row] = nodes.crps(middle)
}

interface Conditional {
  readonly nodes: NodeDensity
  /** ln p(y, rest) of the row, or of an interval that y stands for its mass by three places; NaN without y. */
  readonly logProb: number
}

/** p(y | rest) of the rows of a block; `width` is how far the interval reaches that y stands for. */
async function conditionalsOf(
  conditionals: Conditionals,
  block: Float32Array | Float64Array,
  { column, columns, width }: { readonly column: number; readonly columns: number; readonly width: number },
  parallel: Parallel,
): Promise<Conditional[]> {
  const nodes = await conditionals.densities(block, parallel)
  const own = nodes.map((_, i) => block[i * columns + column])
  const places = width > 0 ? GAUSS.map(({ at }) => at * width) : [0]
  const known = own.map((y) => Float64Array.from(Number.isNaN(y) ? [] : places, (place) => y + place))
  const values = await conditionals.logProb(block, known, parallel)
  const told = (own: Float64Array) => (width > 0 ? logMassOf(own, width) : own[0])
  return nodes.map((density, i) => ({ nodes: density, logProb: values[i].length > 0 ? told(values[i]) : Number.NaN }))
}

/** What rows are given. */
function contextsIn({ dim, contextDim }: Model, { data, rows, columns }: Matrix): Float64Array {
  return Float64Array.from({ length: rows * contextDim }, (_, at) => {
    return data[Math.floor(at / contextDim) * columns + dim + (at % contextDim)]
  })
}

/** ln ∫ p over an interval of this width, ln p being known at the places of the Gauss rule. */
function logMassOf(logDensity: Float64Array, width: number): number {
  const top = Math.max(...logDensity)
  if (top === Number.NEGATIVE_INFINITY) return top
  const sum = GAUSS.reduce((sum, { weight }, k) => sum + weight * Math.exp(logDensity[k] - top), 0)
  return top + Math.log(sum * width)
}

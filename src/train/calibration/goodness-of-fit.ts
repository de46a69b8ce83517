import { evenRows } from '../../data/row-sample.js'
import { RowSet } from '../../data/row-set.js'
import { chosenRows, type RowSource } from '../../data/row-source.js'
import type { Matrix, Rows } from '../../data/rows.js'
import { UsageError } from '../../errors.js'
import { joined } from '../../flow/context.js'
import { type Model, membersOf } from '../../flow/ensemble.js'
import { echo } from '../../options.js'
import type { ParallelOptions } from '../../parallel/chunks.js'
import { densityRoom, logProbTo, sample } from '../../parallel/evaluate.js'
import { PURPOSE } from '../../random/purposes.js'
import { randomStream } from '../../random/stream.js'
import { type GivenRows, type Part, weightsOf, withContext } from '../given-rows.js'
import { densityTest, jointTest, marginTests } from './beside-samples.js'
import type { FitTest } from './evidence.js'
import { goodnessText } from './goodness-text.js'
import { holm } from './holm.js'
import { noiseTests } from './in-noise.js'

/** What the rows are given, how much they count, and beside which samples they are held. */
export interface GoodnessOptions extends Pick<ParallelOptions, 'threads' | 'signal'> {
  /** Of the samples, and of what changes places; default 0. */
  readonly seed?: number
  /** Rows that are looked at, at most, and as many are drawn from the model; default 10 000. */
  readonly samples?: number
}

/** Whether rows that a model was not fitted to may come from it. */
export interface GoodnessOfFit {
  /** How many were looked at. */
  readonly rows: number
  /** Each with its p-value, and that corrected for how many tests there are. */
  readonly tests: readonly (FitTest & { readonly corrected: number })[]
  /** The smallest corrected one: below 0.05 it is so in 5 % of all cases, at most, where the model is true. Null without tests. */
  readonly p: number | null
  /** Whether it is below 0.05. */
  readonly contradicted: boolean
  /** All of this in a sentence. */
  readonly verdict: string
}

const MOST_ROWS = 10_000
/** Fewer rows contradict hardly anything, and limit distributions do not hold yet. */
export const LEAST_ROWS = 20
/** A corrected p-value below this contradicts the model. */
const LEVEL = 0.05

/**
 * Tests rows that a model was not fitted to, [rows, dim], with what they are given, against the model: a column given those
 * before it where the flow is triangular, else each by itself beside samples, and each coordinate of the noise and its radius
 * where the base is normal or a mixture of normals, or else the density at the rows; and all columns together by the energy
 * distance to samples. p-values are corrected by Holm's method. The same for any number of threads.
 *
 * Of rows with weights, each is looked at with a probability in proportion to its own.
 * @throws UsageError for a wrong shape, option, or missing context; DataError for a value that is not finite;
 *   signal.reason when aborted.
 */
export async function goodnessOfFit(
  model: Model,
  rows: Rows | RowSource | GivenRows,
  options: GoodnessOptions = {},
): Promise<GoodnessOfFit> {
  const source = withContext(model, rows, 'Rows')
  return goodnessOf(model, { rows: source, weights: weightsOf(rows, source.rows, 'Rows') }, options)
}

/** The same of rows that have their context behind. */
export async function goodnessOf(
  model: Model,
  part: Part,
  { seed = 0, samples = MOST_ROWS, threads, signal, ...unknown }: GoodnessOptions,
): Promise<GoodnessOfFit> {
  const [key] = Object.keys(unknown)
  if (key !== undefined) {
    throw new UsageError(`goodnessOfFit has no option "${key}"; it takes seed, samples, threads, signal.`)
  }
  if (!Number.isSafeInteger(samples) || samples < LEAST_ROWS) {
    throw new UsageError(`goodnessOfFit's samples is ${echo(samples)}; expected an integer ≥ ${LEAST_ROWS}.`)
  }
  const all = await chosen(part, samples, seed)
  const logProb = densityRoom(model, all.rows)
  if (all.rows > 0) await logProbTo(model, joined(all), logProb, { threads, signal })
  const inside = Array.from({ length: all.rows }, (_, i) => i).filter((i) => logProb[i] > Number.NEGATIVE_INFINITY)
  const rows = rowsOf(all, inside)
  const densities = Float64Array.from(inside, (i) => logProb[i])
  const outside = all.rows - rows.rows
  const support: FitTest[] = outside > 0 ? [{ of: 'support', statistic: outside, p: 0 }] : []
  const others = rows.rows < LEAST_ROWS ? [] : await testsOf(model, rows, densities, { seed, threads, signal })
  return summed(all.rows, [...support, ...others])
}

/** Some evenly spaced rows; of those with weights, each with a probability in proportion to its own. */
async function chosen({ rows, weights }: Part, most: number, seed: number): Promise<Matrix> {
  if (!weights) return evenRows(rows, Math.min(rows.rows, most))
  const stream = randomStream(seed, PURPOSE.goodness, 0)
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0)
  const kept = [...weights.keys()].filter((i) => stream.uniform() * largest < weights[i])
  return evenRows(chosenRows(rows, RowSet.of(kept, rows.rows)), Math.min(kept.length, most))
}

function rowsOf({ data, columns }: Matrix, places: readonly number[]): Matrix {
  const some = new Float64Array(places.length * columns)
  for (const [at, i] of places.entries()) some.set(data.subarray(i * columns, (i + 1) * columns), at * columns)
  return { data: some, rows: places.length, columns }
}

async function testsOf(
  model: Model,
  rows: Matrix,
  logProb: Float64Array,
  { seed, threads, signal }: { seed: number } & Pick<ParallelOptions, 'threads' | 'signal'>,
): Promise<FitTest[]> {
  const parallel = { threads, signal }
  const [flow, ...others] = membersOf(model)
  const noise = others.length === 0 ? await noiseTests(flow, rows, signal) : []
  const samples = await drawn(model, rows, { seed, ...parallel })
  return [
    ...noise,
    ...(noise.some(({ of }) => of === 'conditional') ? [] : marginTests(model, rows, samples)),
    ...(noise.length > 0 ? [] : [await densityTest(model, logProb, samples, parallel)]),
    await jointTest(model, rows, samples, { seed, signal }),
  ]
}

/** A sample for each row, given what the row is, with that behind. */
async function drawn(
  model: Model,
  { data, rows, columns }: Matrix,
  options: { seed: number } & Pick<ParallelOptions, 'threads' | 'signal'>,
): Promise<Matrix> {
  const { dim } = model
  const width = columns - dim
  const context = Float64Array.from(
    { length: rows * width },
    (_, at) => data[Math.floor(at / width) * columns + dim + (at % width)],
  )
  const { data: values } = await sample(model, rows, { ...options, ...(width > 0 && { context }) })
  const whole = Float64Array.from(data)
  for (let i = 0; i < rows; i++) {
    // A sample that is no number lies nowhere near the rows.
    for (let j = 0; j < dim; j++) {
      const value = values[i * dim + j]
      whole[i * columns + j] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
    }
  }
  return { data: whole, rows, columns }
}

function summed(rows: number, found: readonly FitTest[]): GoodnessOfFit {
  const corrected = holm(found.map(({ p }) => p))
  const tests = found.map((test, i) => ({ ...test, corrected: corrected[i] }))
  const p = tests.length > 0 ? Math.min(...corrected) : null
  const contradicted = p !== null && p < LEVEL
  const failed = tests.filter((test) => test.corrected < LEVEL)
  return { rows, tests, p, contradicted, verdict: goodnessText({ rows, p, failed }) }
}

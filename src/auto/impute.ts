import type { TableCodec } from '../columns/kinds.js'
import { type Gap, MISSING_FROM, RowCodec } from '../columns/table-codec.js'
import { evenRows, sampleRows, sortedColumn } from '../data/row-sample.js'
import { RowSet } from '../data/row-set.js'
import { blockRowsOf, chosenRows, type RowBlock, type RowSource } from '../data/row-source.js'
import type { Matrix } from '../data/rows.js'
import { DataError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { flow } from '../flow/flow.js'
import type { KernelChoice } from '../kernels/create.js'
import type { Threads } from '../parallel/threads.js'
import { type AsThere, contextsOf, type GapRows, MissingValues, startMissing } from '../predict/missing-values.js'
import { fit } from '../train/fit.js'
import { weightsIn } from '../train/given-rows.js'
import { preprocess } from '../train/preprocess.js'
import { autoOutset } from './auto.js'

/** How `imputeMissing` draws what is missing. */
export interface ImputeOptions {
  /** How much each row counts; default 1. */
  readonly weights?: Float64Array
  /** A model of such rows, by which values are drawn; default a flow of their own that is fitted for it. */
  readonly model?: Model
  /** Whether there is no such fit: values stay what was put in first. Default false. */
  readonly untrained?: boolean
  readonly seed?: number
  readonly threads?: Threads
  readonly kernels?: KernelChoice
  readonly signal?: AbortSignal
}

/** Steps of a fit, at most. */
const MOST_STEPS = 1000
/** Fits and draws, one after the other; of a single column with gaps one. */
const ROUNDS = 2
/** Rows without gaps that a flow can be fitted to. */
const LEAST_COMPLETE = { rows: 50, perColumn: 10 }
/** Share of the rows that it is judged by. */
const HELD_OUT = 0.1
/** Contexts for which values are looked for first. */
const MOST_CONTEXTS = 1024

/**
 * Rows as `encodeRows` gives them with what is missing drawn. A flow is fitted to the rows without gaps, and each missing value
 * drawn from its density given all else in its row, several of a row one after another, ten times over, beginning with values
 * of their columns; of several columns with gaps a second flow is fitted to all rows then, with what says which cells are missing,
 * and each value drawn anew as if its own cell were there. Of too few rows without gaps both are fitted to all. What is drawn depends on
 * rows and seed alone. Rows with gaps are held in memory.
 *
 * That a cell is missing is taken to tell nothing of its value that all else in the row does not: missing at random, of one column
 * (D. Rubin, "Multiple Imputation for Nonresponse in Surveys", 1987); of several, itemwise conditionally independent nonresponse
 * (M. Sadinle, J. Reiter, Biometrika 104, 2017). Column after column: S. van Buuren, "Flexible Imputation of Missing Data", 2018, §4.5.
 * @throws DataError where a column has no value at all; as `fit`; signal.reason when aborted.
 */
export async function imputeMissing(
  rows: RowSource,
  table: TableCodec,
  options: ImputeOptions = {},
): Promise<RowSource> {
  const codec = new RowCodec(table)
  const gapped = await gapRowsOf(rows, codec.gaps)
  if (gapped.numbers.length === 0) return rows
  const sample = await sampleRows(rows)
  const pools = codec.gaps.map((gap) => valuesOf(sample, gap, codec.columns[gap.column]))
  const { data } = await evenRows(rows, Math.min(rows.rows, MOST_CONTEXTS))
  const contexts = contextsOf({ dim: codec.dim, contextDim: codec.names.length - codec.dim }, data)
  startMissing(codec, gapped, pools)
  const whole = completed(rows, gapped)
  const draw = (by: Model, asThere: AsThere, round: number) =>
    new MissingValues(by, codec, contexts, asThere).draw(gapped, round, options)
  if (options.model) {
    await draw(options.model, 'own', 0)
    return whole
  }
  if (options.untrained) return whole
  const complete = RowSet.of(Array.from(gapped.numbers), rows.rows).complement()
  const enough = complete.size >= Math.max(LEAST_COMPLETE.rows, LEAST_COMPLETE.perColumn * codec.dim)
  if (enough) {
    const own = weightsIn(options.weights, complete)
    await draw(await fitted(chosenRows(rows, complete), own, codec, options), 'all', 0)
    // One column's density, given that its cell is there, is known by these rows alone.
    if (codec.gaps.length === 1) return whole
  }
  for (let round = enough ? 1 : 0; round < ROUNDS; round++)
    await draw(await fitted(whole, options.weights, codec, options), 'own', round)
  return whole
}

/** A flow that is fitted to rows as they stand. */
async function fitted(
  rows: RowSource,
  weights: Float64Array | undefined,
  codec: RowCodec,
  { seed = 0, threads, kernels, signal }: ImputeOptions,
): Promise<Model> {
  const { dim, supports, names } = codec
  const given = weights ? { rows, weights } : rows
  const outset = (steps?: number) => autoOutset(given, { dim, seed, steps })
  const { layers, fit: how } = outset(Math.min(MOST_STEPS, outset().fit.steps ?? MOST_STEPS))
  const model = flow(dim, layers, { context: names.length - dim, seed, kernels })
  await fit(model, given, {
    ...how,
    ...{ validation: HELD_OUT, preprocess: preprocess({ supports, fillValues: 'keep' }) },
    ...{ seed, threads, kernels, signal },
  })
  signal?.throwIfAborted()
  return model
}

/** The values that are there of a gap. */
function valuesOf(sample: Matrix, { at }: Gap, name: string): Float64Array {
  const sorted = sortedColumn(sample, at)
  const end = sorted.findIndex(Number.isNaN)
  const values = end < 0 ? sorted : sorted.subarray(0, end)
  if (values.length > 0) return values
  throw new DataError(
    `Column ${JSON.stringify(name)} has no value among ${sample.rows} evenly spaced rows: leave it out.`,
  )
}

/** Rows with a value that is missing. */
async function gapRowsOf(rows: RowSource, gaps: readonly Gap[]): Promise<GapRows> {
  const { columns } = rows
  const found: Float64Array[] = []
  const numbers: number[] = []
  let row = 0
  for await (const block of rows.blocks(blockRowsOf(columns))) {
    for (let at = 0; at < block.length; at += columns, row++) {
      if (!gaps.some((gap) => block[at + gap.told] >= MISSING_FROM)) continue
      found.push(Float64Array.from(block.subarray(at, at + columns)))
      numbers.push(row)
    }
  }
  const data = new Float64Array(found.length * columns)
  for (const [n, own] of found.entries()) data.set(own, n * columns)
  return { data, numbers }
}

/** Rows with some of them put in the place of those with their numbers, as they stand when they are asked for. */
function completed(rows: RowSource, { data, numbers }: GapRows): RowSource {
  const { columns } = rows
  async function* blocks(blockRows: number): AsyncGenerator<RowBlock> {
    let [first, n] = [0, 0]
    for await (const block of rows.blocks(blockRows)) {
      const own = Float64Array.from(block)
      const end = first + block.length / columns
      for (; n < numbers.length && numbers[n] < end; n++) {
        own.set(data.subarray(n * columns, (n + 1) * columns), (numbers[n] - first) * columns)
      }
      first = end
      yield own
    }
  }
  return { rows: rows.rows, columns, blocks }
}

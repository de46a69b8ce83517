import { fitPreprocessing } from '../data/fit-scaler.js'
import { ApartCheck } from '../data/merging.js'
import { columnTitle } from '../data/row-sample.js'
import { RowSet } from '../data/row-set.js'
import { chosenRows, type RowSource } from '../data/row-source.js'
import { fitStandardiser, isBent, logScale, type Scaler } from '../data/scaler.js'
import { dataSha256 } from '../data/sha256.js'
import { DataError } from '../errors.js'
import { Evaluator } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import type { KernelKind } from '../kernels/create.js'
import type { Heap, Offset } from '../kernels/heap.js'
import type { TrainingPlan } from '../step/plan.js'
import { weightsIn } from './given-rows.js'
import type { CheckedFitOptions } from './options.js'
import { type Split, splitRows } from './split.js'

async function scalerFor(
  flow: Flow,
  training: RowSource,
  options: CheckedFitOptions,
  weights: Float64Array | undefined,
): Promise<Scaler> {
  const { preprocess } = options
  if (flow.scaled || preprocess === 'none') return flow.scaler
  if (preprocess === 'standardise') return fitStandardiser(training, flow.data.columns, flow.dim, weights)
  return fitPreprocessing(training, preprocess, flow.data.columns, flow.dim, weights)
}

/** Rows that have been gone through once, and what they are. */
export interface ReadRows {
  readonly source: RowSource
  readonly weights: Float64Array | undefined
  readonly split: Split
  /** Rows that were to be held out, but lie beyond the bound. */
  readonly leftOut: RowSet
  /** Of both parts the rows that count: those of weight 0 are as if they were not there. */
  readonly used: Split
  readonly scaler: Scaler
  readonly evaluator: Evaluator
}

/**
 * Splits the rows, fits what they pass before the flow, and finds which of those held out count. Aborted meanwhile, it
 * leaves off where it was.
 * @throws DataError where none of the rows of a part is left.
 */
export async function readRows(
  flow: Flow,
  source: RowSource,
  weights: Float64Array | undefined,
  options: CheckedFitOptions,
  kernels: KernelKind,
): Promise<ReadRows> {
  const { preprocess, validation, splitSeed, signal } = options
  const whole = splitRows(source.rows, validation, splitSeed)
  const evaluator = new Evaluator(flow.structure, kernels)
  const read = (scaler: Scaler, leftOut = RowSet.of([], source.rows)): ReadRows => {
    const held = leftOut.size > 0 ? without(whole.validation, leftOut) : whole.validation
    const split = { training: whole.training, validation: held }
    const used = { training: counting(split.training, weights), validation: counting(held, weights) }
    return { source, weights, split, leftOut, used, scaler, evaluator }
  }
  const all = read(flow.scaler)
  checkPart('training', all.split.training, all.used.training)
  checkPart('held-out', all.split.validation, all.used.validation)
  try {
    const training = chosenRows(source, all.used.training)
    const scaler = await scalerFor(flow, training, options, weightsIn(weights, all.used.training))
    if (typeof preprocess !== 'object' || whole.validation.size === 0) return read(scaler)
    // What knows of long tails may meet a longer one yet.
    evaluator.setScaler(scaler)
    const beyond = read(scaler, await beyondBound(evaluator, source, whole.validation))
    if (beyond.used.validation.size > 0) return beyond
    throw new DataError(
      `All rows held out lie over 10⁶ standard deviations away behind preprocess(): hold out more of them, or look at the data for values that stand for others.`,
    )
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return all
    throw error
  }
}

function counting(rows: RowSet, weights: Float64Array | undefined): RowSet {
  if (!weights?.includes(0)) return rows
  return RowSet.of(
    [...rows].filter((row) => weights[row] > 0),
    rows.total,
  )
}

function without(rows: RowSet, others: RowSet): RowSet {
  return RowSet.of(
    [...rows].filter((row) => !others.has(row)),
    rows.total,
  )
}

function checkPart(name: string, all: RowSet, used: RowSet): void {
  if (all.size > 0 && used.size === 0) {
    throw new DataError(`All ${name} rows have weight 0; expected one above 0 at least.`)
  }
}

async function beyondBound(evaluator: Evaluator, source: RowSource, rows: RowSet): Promise<RowSet> {
  const numbers = [...rows]
  const beyond: number[] = []
  let first = 0
  for await (const block of chosenRows(source, rows).blocks(evaluator.chunkRows)) {
    for (const place of evaluator.loadRows(block)) beyond.push(numbers[first + place])
    first += block.length / source.columns
  }
  return RowSet.of(beyond, rows.total)
}

/** What is known of rows that have been loaded. */
interface Loaded {
  readonly scaler: Scaler
  /** The mean of −ln|det| of the scaler over the training rows. */
  readonly logScale: number
  /** And over those held out; NaN without any. */
  readonly validationLogScale: number
  readonly sha256: string | undefined
}

/**
 * Fills a fresh heap: parameters as they stand, moments 0, rows as the flow sees them, and their weights. Aborted
 * meanwhile, it leaves the rows as far as it came: no step will be taken.
 */
export async function load(
  heap: Heap,
  plan: TrainingPlan,
  flow: Flow,
  { source, weights, used: { training, validation }, scaler, evaluator }: ReadRows,
  { signal }: CheckedFitOptions,
): Promise<Loaded> {
  heap.real.set(flow.numbers, plan.params)
  heap.i32[plan.stopAfter] = -1
  heap.i32[plan.snapshotAt] = -1
  const ofTraining = weightsIn(weights, training)
  if (ofTraining) loadWeights(heap, plan.weights, ofTraining)
  const held = weightsIn(weights, validation)
  if (held) loadWeights(heap, plan.validationWeights, held)
  try {
    signal?.throwIfAborted()
    evaluator.setScaler(scaler)
    const apart = new ApartCheck(training.size, source.columns)
    const meanScale = await loadRows(evaluator, source, training, heap, plan.data, { apart, weights: ofTraining })
    apart.end((j) => columnTitle(j, flow.data.columns, flow.dim))
    const { validationData } = plan
    const heldScale =
      validation.size > 0
        ? await loadRows(evaluator, source, validation, heap, validationData, { weights: held })
        : Number.NaN
    const sha256 = await dataSha256(source)
    const constant = isBent(scaler) ? undefined : logScale(scaler, flow.dim)
    return { scaler, sha256, logScale: constant ?? -meanScale, validationLogScale: constant ?? -heldScale }
  } catch (error) {
    if (signal?.aborted && error === signal.reason) {
      return { scaler: flow.scaler, sha256: undefined, logScale: 0, validationLogScale: 0 }
    }
    throw error
  }
}

/** Standardised rows into the heap; returns the mean of ln|det| of the scaler over them, each by its weight. */
export async function loadRows(
  evaluator: Evaluator,
  source: RowSource,
  chosen: RowSet,
  heap: Heap,
  target: Offset,
  { apart, weights }: { apart?: ApartCheck; weights?: Float64Array } = {},
): Promise<number> {
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? chosen.size
  let loaded = 0
  let meanScale = 0
  for await (const block of chosenRows(source, chosen).blocks(evaluator.chunkRows)) {
    const [outside] = evaluator.loadRows(block)
    if (outside !== undefined) {
      const row = [...chosen][loaded / source.columns + outside]
      throw new DataError(
        `Row ${row} of the training data (counted from 0) lies over 10⁶ standard deviations away under the flow's scaler: remove it, or shorten long tails by preprocess() in a new flow.`,
      )
    }
    const z = evaluator.rows.subarray(0, block.length)
    heap.real.set(z, target + loaded)
    loaded += block.length
    apart?.add(block, z)
    const rows = block.length / source.columns
    const first = loaded / source.columns - rows
    meanScale += evaluator.meanScale(rows, weights?.subarray(first, first + rows)) * (rows / total)
  }
  return meanScale
}

/** Weights, above 0, of a mean of −1 each: what a loss is then is a weighted mean. */
function loadWeights({ real }: Heap, target: Offset, weights: Float64Array): void {
  const scale = -weights.length / weights.reduce((sum, weight) => sum + weight, 0)
  real.set(
    weights.map((weight) => weight * scale),
    target,
  )
}

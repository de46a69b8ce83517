import { fitPreprocessing } from '../data/fit-scaler.js'
import { ApartCheck } from '../data/merging.js'
import { columnTitle } from '../data/row-sample.js'
import type { RowSet } from '../data/row-set.js'
import { abortable, chosenRows, type RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { fitStandardiser, isBent, logScale, type Scaler } from '../data/scaler.js'
import { dataSha256 } from '../data/sha256.js'
import { DataError, TrainingError, UsageError } from '../errors.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import { createHeap, type KernelKind, resolveKernels } from '../kernels/create.js'
import type { Heap, Offset } from '../kernels/heap.js'
import { estimatedMilliseconds, resolveThreads } from '../parallel/threads.js'
import { createRecord, readRecord } from '../parallel/training-tasks.js'
import { batchPhases, rowsOf } from '../step/batches.js'
import { planTraining, type TrainingPlan, type TrainingTask } from '../step/plan.js'
import { ScheduledRate } from '../step/schedule.js'
import { batchTileRows, cutIntoShards } from '../step/shards.js'
import type { TrainingEnd } from '../step/training-rank.js'
import { frozenRanges } from './frozen.js'
import { type GivenRows, weightsIn, weightsOf, withContext } from './given-rows.js'
import { type CheckedFitOptions, checkFitOptions, type FitOptions } from './options.js'
import { checkBytes, commit, exclusively, runTraining } from './run-training.js'
import { settleLayers } from './settle.js'
import { type Split, splitRows, validationRowsOf } from './split.js'
import { supervise, watchedAt } from './supervise.js'

/** What a training run did. Losses are mean negative log-densities in nats and standardised units. */
export interface FitResult {
  /** Updates taken. */
  readonly steps: number
  /** The step before whose update the watched loss was best. */
  readonly bestStep: number
  readonly bestLoss: number
  /** losses[t] belongs to the parameters before update t. */
  readonly losses: Float64Array
  /** Validation losses of steps 0, validationEvery, 2·validationEvery, …; empty without a validation share. */
  readonly validationLosses: Float64Array
  readonly validationEvery: number
  readonly seconds: number
  readonly stopped: 'steps' | 'patience' | 'aborted'
  /** What the schedule multiplied the learning rate by at the last step; 1 where it goes by plateaus. */
  readonly finalRate: number
  readonly threads: number
  readonly kernels: KernelKind
  /** Which rows were trained on, and which held out. */
  readonly split: Split
  /**
   * The mean of −ln|det| of what the training rows pass before the flow, Σ ln sd where they are standardised: what to add to
   * a loss to have it in the data's own units.
   */
  readonly logScale: number
}

/**
 * Trains a flow by maximum likelihood on rows [rows, dim], given their context where it has one, and commits the result to
 * it once, at the end; reading the flow meanwhile sees the old weights. Resolves also when aborted or out of patience, with
 * what was reached.
 *
 * Rows that are not held in memory come from a source, which is gone through five times at most before the first step;
 * training itself holds one standardised copy of them, in the flow's precision. Rows must not change before the call has
 * settled.
 *
 * @throws UsageError, DataError before any work; TrainingError where a loss is not finite, with the best weights so
 *   far committed.
 */
export async function fit(
  flow: Flow,
  rows: Rows | RowSource | GivenRows,
  options: FitOptions = {},
): Promise<FitResult> {
  const source = withContext(flow, rows, 'Training data')
  const weights = weightsOf(rows, source.rows, 'Training data')
  const checked = checkFitOptions(options, source.rows)
  return exclusively(flow, () => train(flow, source, weights, checked))
}

async function train(
  flow: Flow,
  source: RowSource,
  weights: Float64Array | undefined,
  options: CheckedFitOptions,
): Promise<FitResult> {
  const { structure } = flow
  if (source.rows < 2) throw new DataError(`Training data has ${source.rows} rows; expected 2 or more.`)
  const validationRows = validationRowsOf(source.rows, options.validation)
  const task: TrainingTask = {
    ...taskOf(source.rows - validationRows, validationRows, options),
    weighted: weights !== undefined,
    frozen: frozenRanges(structure, options.frozen),
  }
  const phases = batchPhases(task.batch, task.rows, task.steps)
  const [{ batchRows }] = phases
  const kernels = resolveKernels(options.kernels, structure.description.precision)
  const size = resolveThreads(
    options.threads,
    cutIntoShards(batchRows, batchTileRows(batchRows, structure)).count,
    estimatedMilliseconds(structure.parameterCount, rowsOf(phases, task.steps), kernels),
  )
  const plan = planTraining(structure, task, Math.max(1, size))
  checkBytes(plan)
  const split = splitRows(source.rows, options.validation, options.splitSeed)
  const heap = createHeap(plan.arena, kernels, size > 0)
  if (weights) loadWeights(heap, plan, weights, split)
  const { scaler, sha256, logScale } = await load(
    heap,
    plan,
    flow,
    abortable(source, options.signal),
    split,
    options,
    weights,
  )
  if (!options.signal?.aborted) settleLayers(structure, plan, heap, kernels)
  if (task.average) heap.real.copyWithin(plan.average, plan.params, plan.params + structure.numberCount)
  const record = createRecord(task, size > 0)

  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const supervised = await supervise(plan, record, options, seconds, () =>
    runTraining(size, flow, { plan, heap, record }, options.signal),
  )
  const { steps, bestStep } = readRecord(record)
  let { end } = supervised
  const last = task.average ? plan.average : plan.params
  if (!options.stopping.restoreBestWeights && steps > 0) end = afterLastUpdate(end, flow, plan, last, heap, kernels)
  const restoreBest = options.stopping.restoreBestWeights || end.reason === 'diverged'
  if (steps > 0) {
    const from = restoreBest ? plan.best : last
    if (!restoreBest || bestStep >= 0) commit(flow, { plan, heap }, from)
    flow.scaler = scaler
    flow.scaled = true
    flow.data = { columns: flow.data.columns, sha256 }
    flow.training = undefined
  }
  if (end.reason === 'diverged') flow.training = 'diverged'
  if (supervised.failure !== undefined) throw supervised.failure
  if (end.reason === 'diverged') {
    const kept = bestStep >= 0 ? `the weights of step ${bestStep} are kept` : 'the initial weights are kept'
    throw new TrainingError(
      `The loss at step ${end.step} is ${end.loss}; ${kept}. Try a lower learning rate, or look at the data for outliers.`,
      end.step,
      { losses: record.losses.slice(0, steps) },
    )
  }
  const validated = task.validationRows > 0 ? Math.ceil(steps / task.validationEvery) : 0
  return {
    steps,
    bestStep,
    bestLoss: watchedAt(record, task, bestStep),
    losses: record.losses.slice(0, steps),
    validationLosses: record.validation.slice(0, validated),
    validationEvery: task.validationEvery,
    seconds: seconds(),
    stopped: end.reason,
    finalRate:
      task.optimizer.learningRate === 0
        ? 0
        : new ScheduledRate(task.schedule, task.steps).factor(Math.max(0, steps - 1)),
    threads: size,
    kernels,
    split,
    logScale,
  }
}

function taskOf(
  rows: number,
  validationRows: number,
  options: CheckedFitOptions,
): Omit<TrainingTask, 'weighted' | 'frozen'> {
  const batch = options.batch === 'all' ? rows : options.batch
  const [least, most] = typeof batch === 'number' ? [batch, batch] : [batch.from, batch.to]
  if (most > rows) {
    throw new UsageError(`batch is ${most}, but there are ${rows} training rows; use "all" or a smaller batch.`)
  }
  const { steps, optimizer, schedule, clip, average, noise, stopping, seed } = options
  return {
    rows,
    validationRows,
    batch,
    steps,
    validationEvery: options.validationEvery ?? Math.floor(rows / least),
    ...{ optimizer, schedule, clip, average, noise, stopping, seed },
  }
}

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

/** What is known of rows that have been gone through. */
interface Loaded {
  readonly scaler: Scaler
  /** The mean of −ln|det| of the scaler over the training rows. */
  readonly logScale: number
  readonly sha256: string | undefined
}

/**
 * Fills a fresh heap: parameters as they stand, moments 0, rows standardised by the scaler that is returned. Aborted
 * meanwhile, it leaves the rows as far as it came: no step will be taken.
 */
async function load(
  heap: Heap,
  plan: TrainingPlan,
  flow: Flow,
  source: RowSource,
  { training, validation }: Split,
  options: CheckedFitOptions,
  weights: Float64Array | undefined,
): Promise<Loaded> {
  heap.real.set(flow.numbers, plan.params)
  heap.i32[plan.stopAfter] = -1
  const evaluator = new Evaluator(flow.structure, heap.memory ? 'simd' : 'portable')
  const ofTraining = weightsIn(weights, training)
  try {
    const scaler = await scalerFor(flow, chosenRows(source, training), options, ofTraining)
    evaluator.setScaler(scaler)
    const apart = new ApartCheck(training.size, source.columns)
    const meanScale = await loadRows(evaluator, source, training, heap, plan.data, { apart, weights: ofTraining })
    apart.end((j) => columnTitle(j, flow.data.columns, flow.dim))
    if (validation.size > 0)
      await loadRows(evaluator, source, validation, heap, plan.validationData, {
        // What knows of long tails may meet a longer one yet.
        held: typeof options.preprocess === 'object',
      })
    const sha256 = await dataSha256(source)
    return { scaler, sha256, logScale: isBent(scaler) ? -meanScale : logScale(scaler, flow.dim) }
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) {
      return { scaler: flow.scaler, sha256: undefined, logScale: 0 }
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
  { apart, weights, held = false }: { apart?: ApartCheck; weights?: Float64Array; held?: boolean } = {},
): Promise<number> {
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? chosen.size
  let loaded = 0
  let meanScale = 0
  for await (const block of chosenRows(source, chosen).blocks(evaluator.chunkRows)) {
    const [outside] = evaluator.loadRows(block)
    // Rows held out beyond the bound are in the middle for the evaluator, so that one of them does not hide all others.
    if (outside !== undefined && !held) {
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

/** Weights times −1 in the mean over the training rows, those of the rows held out by the same measure. */
function loadWeights({ real }: Heap, plan: TrainingPlan, weights: Float64Array, { training, validation }: Split): void {
  let sum = 0
  for (const row of training) sum += weights[row]
  const scale = -training.size / sum
  if (!Number.isFinite(scale)) throw new DataError('All training rows have weight 0; expected one above 0 at least.')
  let at = plan.weights
  for (const row of training) real[at++] = weights[row] * scale
  at = plan.validationWeights
  for (const row of validation) real[at++] = weights[row] * scale
}

/** Rows that the weights after the last update are tried on: enough to see whether they still are a density. */
const TRIAL_ROWS = 4096

/** No step has judged the last update: where its log-densities are not finite, training has diverged in it. */
function afterLastUpdate(
  end: TrainingEnd,
  flow: Flow,
  plan: TrainingPlan,
  params: Offset,
  heap: Heap,
  kernels: KernelKind,
): TrainingEnd {
  if (end.reason === 'diverged') return end
  const { structure, task, data } = plan
  const evaluator = new Evaluator(flow.structure, kernels)
  evaluator.setNumbers(heap.real.subarray(params, params + structure.numberCount) as Reals)
  const count = Math.min(task.rows, evaluator.chunkRows, TRIAL_ROWS)
  evaluator.rows.set(heap.real.subarray(data, data + count * structure.width))
  evaluator.logProb(count)
  let sum = 0
  for (const value of evaluator.values.subarray(0, count)) sum += value
  const loss = -sum / count
  return Number.isFinite(loss) ? end : { reason: 'diverged', step: end.step, loss }
}

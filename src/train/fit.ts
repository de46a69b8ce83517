import type { RowSet } from '../data/row-set.js'
import { abortable, type RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { DataError, TrainingError } from '../errors.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import type { CheckpointRecord } from '../io/checkpoint-file.js'
import { createHeap, type KernelKind, resolveKernels } from '../kernels/create.js'
import type { Offset } from '../kernels/heap.js'
import { createRecord, readRecord } from '../parallel/training-tasks.js'
import { rowsOf } from '../step/batches.js'
import { ScheduledRate } from '../step/schedule.js'
import type { TrainingEnd } from '../step/training-rank.js'
import { checkpointOf, checkSameRows, type FitIdentity, identityOf, preparedSha256, restore } from './checkpoint.js'
import { CheckpointWriter } from './checkpoint-writer.js'
import { decidingOptions, planFit } from './fit-plan.js'
import { frozenRanges } from './frozen.js'
import { type GivenRows, weightsOf, withContext } from './given-rows.js'
import { load, readRows } from './load-rows.js'
import { type CheckedFitOptions, checkFitOptions, type FitOptions, isStill } from './options.js'
import { divergedText, type Recovery, trainToEnd } from './recoveries.js'
import { commit, exclusively, runTraining, type TrainingJob } from './run-training.js'
import { settleLayers } from './settle.js'
import { type Split, validationRowsOf } from './split.js'
import { supervise, watchedAt } from './supervise.js'

/** What a training run did. Losses are mean negative log-densities in nats and standardised units. */
export interface FitResult {
  /** Updates taken. */
  readonly steps: number
  /** Rows that went through them, all together. */
  readonly rowsSeen: number
  /** The step before whose update the watched loss was best. */
  readonly bestStep: number
  readonly bestLoss: number
  /** losses[t] belongs to the parameters before update t. */
  readonly losses: Float64Array
  /** Validation losses of steps 0, validationEvery, 2·validationEvery, …; empty without a validation share. */
  readonly validationLosses: Float64Array
  readonly validationEvery: number
  readonly seconds: number
  /** 'after' where `stopping.after` said so. */
  readonly stopped: 'steps' | 'after' | 'patience' | 'aborted'
  /** Where training went back from a loss that was not finite, and on with half the learning rate; losses are of what counts. */
  readonly recoveries: readonly Recovery[]
  /** What the schedule multiplied the learning rate by at the last step; 1 where it goes by plateaus. */
  readonly finalRate: number
  readonly threads: number
  readonly kernels: KernelKind
  /** Which rows were trained on, and which held out. */
  readonly split: Split
  /**
   * Rows that were to be held out, but lie beyond the bound of `logProb`: their density is 0, and a mean with them infinite.
   * Only behind `preprocess({ … })`; without it such rows are refused.
   */
  readonly leftOut: RowSet
  /**
   * The mean of −ln|det| of what the training rows pass before the flow, Σ ln sd where they are standardised: what to add to
   * a loss to have it in the data's own units.
   */
  readonly logScale: number
  /** The same of the rows held out, for their losses: another mean where columns pass more than lines. */
  readonly validationLogScale: number
  /** Whether it was one step at a rate of 0, which changes nothing: what was fitted is what columns pass before the flow. */
  readonly untrained: boolean
}

/**
 * Trains a flow by maximum likelihood on rows [rows, dim], given their context where it has one, and commits the result to
 * it once, at the end; reading the flow meanwhile sees the old weights. Resolves also when aborted or out of patience, with
 * what was reached.
 *
 * A flow that was fitted before is trained on: it keeps its scaler and what layers were set to by their first rows. The
 * weights that it begins with are judged as those of any step, so that with rows held out, and the best weights restored,
 * it ends no worse on these than it began.
 *
 * Rows that are not held in memory come from a source, which is gone through six times at most before the first step;
 * training itself holds one standardised copy of them, in the flow's precision. Rows must not change before the call has
 * settled.
 *
 * With a `checkpoint` another call can go on from where this one was, in another process and on other threads: `resume`.
 *
 * Where a loss is not finite, training goes back and on at half the learning rate, by `onDivergence`: to the same step and the
 * same bits for any number of threads, with and without checkpoints.
 *
 * @throws UsageError, DataError before any work, FormatError for a checkpoint that is none; TrainingError where a loss is not
 *   finite, and going back is no help or not wanted, with the best weights so far committed.
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
  const { weighted, frozen } = { weighted: weights !== undefined, frozen: frozenRanges(structure, options.frozen) }
  const kernels = resolveKernels(options.kernels, structure.description.precision)
  const known = identityOf(structure, decidingOptions(options, kernels))
  const resumed = options.resume && checkpointOf(options.resume, known)
  const prepare = (rows: number, validationRows: number) =>
    planFit(structure, { rows, validationRows, weighted, frozen }, options, kernels)
  // Whether a heap holds them is known before the rows are looked at.
  const whole = prepare(source.rows - validationRows, validationRows)
  const read = await readRows(flow, abortable(source, options.signal), weights, options, kernels)
  const { split, leftOut, used } = read
  const fewer = used.training.size + used.validation.size < source.rows
  const { plan, size } = fewer ? prepare(used.training.size, used.validation.size) : whole
  const { task } = plan
  const heap = createHeap(plan.arena, kernels, size > 0)
  const { scaler, sha256, logScale, validationLogScale } = await load(heap, plan, flow, read, options)
  if (!options.signal?.aborted) settleLayers(structure, plan, heap, kernels)
  if (task.average) heap.real.copyWithin(plan.average, plan.params, plan.params + structure.numberCount)
  const job: TrainingJob = { plan, heap, record: createRecord(task, size > 0), recoveries: [], oldestAnchor: 0 }
  const { record, recoveries } = job
  const identity = identified(job, known, sha256, options)
  if (resumed && identity) goOn(job, resumed, identity)

  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const { checkpoint, onDivergence } = options
  const { restoreBestWeights } = options.stopping
  const last = task.average ? plan.average : plan.params
  const { end, failure } = await supervise(
    plan,
    job,
    options,
    seconds,
    () =>
      trainToEnd(
        job,
        onDivergence,
        () => runTraining(size, flow, job, options.signal),
        (end) => (restoreBestWeights ? end : afterLastUpdate(end, flow, job, last, kernels)),
      ),
    checkpoint && identity && ((fail) => new CheckpointWriter(job, identity, checkpoint, fail)),
  )
  const { steps, bestStep } = readRecord(record)
  const restoreBest = restoreBestWeights || end.reason === 'diverged'
  if (steps > 0) {
    const from = restoreBest ? plan.best : last
    if (!restoreBest || bestStep >= 0) commit(flow, { plan, heap }, from)
    flow.scaler = scaler
    flow.scaled = true
    flow.data = { ...flow.data, sha256 }
    flow.training = undefined
  }
  if (end.reason === 'diverged') flow.training = 'diverged'
  if (failure !== undefined) throw failure
  if (end.reason === 'diverged') {
    throw new TrainingError(
      `${divergedText(end, bestStep, recoveries)} Try a lower learning rate, or look at the data for outliers.`,
      end.step,
      { losses: record.losses.slice(0, steps) },
    )
  }
  const validated = task.validationRows > 0 ? Math.ceil(steps / task.validationEvery) : 0
  return {
    steps,
    rowsSeen: rowsOf(plan.phases, steps),
    bestStep,
    bestLoss: watchedAt(record, task, bestStep),
    losses: record.losses.slice(0, steps),
    validationLosses: record.validation.slice(0, validated),
    validationEvery: task.validationEvery,
    seconds: seconds(),
    stopped: end.reason,
    recoveries,
    finalRate:
      task.optimizer.learningRate === 0
        ? 0
        : new ScheduledRate(task.schedule, task.steps).factor(Math.max(0, steps - 1)),
    threads: size,
    kernels,
    split,
    leftOut,
    logScale,
    validationLogScale,
    untrained: isStill(options),
  }
}

/** What a job is of, its rows included, where that is asked for; not where it was aborted before these were there. */
function identified(
  job: TrainingJob,
  known: Pick<FitIdentity, 'flow' | 'options'>,
  dataSha256: string | undefined,
  { checkpoint, resume }: CheckedFitOptions,
): FitIdentity | undefined {
  if (dataSha256 === undefined || !(checkpoint || resume)) return undefined
  return { ...known, dataSha256, preparedSha256: preparedSha256(job) }
}

/** @throws DataError, FormatError where a checkpoint is not of this job. */
function goOn(job: TrainingJob, checkpoint: CheckpointRecord, identity: FitIdentity): void {
  checkSameRows(checkpoint, identity)
  restore(job, checkpoint)
}

/** Rows that the weights after the last update are tried on: enough to see whether they still are a density. */
const TRIAL_ROWS = 4096

/** No step has judged the last update: where its log-densities are not finite, training has diverged in it. */
function afterLastUpdate(
  end: TrainingEnd,
  flow: Flow,
  { plan, heap, record }: TrainingJob,
  params: Offset,
  kernels: KernelKind,
): TrainingEnd {
  if (end.reason === 'diverged' || readRecord(record).steps === 0) return end
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

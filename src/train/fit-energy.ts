import { createHash } from 'node:crypto'
import { abortable, type RowSource } from '../data/row-source.js'
import { isBent } from '../data/scaler.js'
import { type Energy, type EnergyModule, loadEnergy, moduleOf } from '../energies/energy.js'
import { TrainingError, UsageError } from '../errors.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import type { FlowStructure } from '../flow/structure.js'
import { createHeap, type KernelKind, resolveKernels } from '../kernels/create.js'
import type { Offset } from '../kernels/heap.js'
import { estimatedMilliseconds, resolveThreads, type Threads } from '../parallel/threads.js'
import { createRecord, readRecord } from '../parallel/training-tasks.js'
import { batchPhases, rowsOf } from '../step/batches.js'
import { planTraining, type TrainingTask } from '../step/plan.js'
import { batchTileRows, cutIntoShards } from '../step/shards.js'
import type { TrainingEnd } from '../step/training-rank.js'
import { checkpointOf, checkSameRows, type FitIdentity, identityOf, preparedSha256, restore } from './checkpoint.js'
import { CheckpointWriter } from './checkpoint-writer.js'
import { type CheckedFitEnergyOptions, checkFitEnergyOptions, type FitEnergyOptions } from './energy-options.js'
import { frozenRanges } from './frozen.js'
import { withContext } from './given-rows.js'
import { loadRows } from './load-rows.js'
import { anchorSteps, divergedText, type Recovery, trainToEnd } from './recoveries.js'
import { checkBytes, commit, exclusively, runTraining, type TrainingJob } from './run-training.js'
import { settleLayers } from './settle.js'
import { splitRows } from './split.js'
import { supervise } from './supervise.js'

/** What a run on an energy did. */
export interface FitEnergyResult {
  /** Updates taken. */
  readonly steps: number
  /**
   * losses[t] is of the samples of step t: the mean of ln q(x) + U(x), nats, whose expectation is −ln Z at the least, and in
   * a mixture (1 − w) of that and w of the mean −ln q of the rows; in the data's units.
   */
  readonly losses: Float64Array
  readonly seconds: number
  readonly stopped: 'steps' | 'aborted'
  /** Where training went back from a loss that was not finite, and on with half the learning rate. */
  readonly recoveries: readonly Recovery[]
  readonly threads: number
  readonly kernels: KernelKind
}

/**
 * Trains a flow q on an energy U, without data, by reverse KL: samples of q are drawn anew for each step, and the mean of
 * ln q(x) + U(x), which is KL(q ‖ p) − ln Z, goes down. Commits the last weights, or their average, once at the end. x is in the
 * data's units: through the flow's scaler, which stays as it is, and of a new flow is none.
 *
 * With a `checkpoint` another call can go on from where this one was, bit for bit, and where a loss is not finite it goes back,
 * as `fit` does.
 *
 * Reverse KL forgives a flow that leaves modes out: `annealing` and the estimator 'varGrad', or a `mixture` with rows of each,
 * against that.
 *
 * @throws UsageError before any work, where the flow has a context, or a base that would be learnt by another estimator than
 *   'varGrad', or where an energy that is no module is to run on other threads; FormatError, DataError for a checkpoint that is
 *   none, or of something else; TrainingError where a loss is not finite, and going back is no help or not wanted, with the best
 *   weights so far committed.
 */
export async function fitEnergy(
  flow: Flow,
  energy: Energy | EnergyModule,
  options: FitEnergyOptions = {},
): Promise<FitEnergyResult> {
  const checked = checkFitEnergyOptions(options)
  const frozen = frozenRanges(flow.structure, checked.frozen)
  checkFlow(flow, checked)
  await loadEnergy(energy, flow.dim)
  const threads = threadsFor(energy, checked.threads)
  const rows = checked.mixture && withContext(flow, checked.mixture.rows, 'The mixture')
  const task = taskOf(flow, rows?.rows, checked, frozen)
  return exclusively(flow, () => train(flow, energy, { ...checked, threads }, task, rows))
}

/** @throws UsageError where there is no gradient by all that would be trained. */
function checkFlow({ contextDim, structure, scaler }: Flow, { frozen, estimator }: CheckedFitEnergyOptions): void {
  if (contextDim > 0) {
    throw new UsageError('This flow is conditioned on a context, of which an energy knows nothing: fit one without.')
  }
  if (isBent(scaler)) {
    throw new UsageError(
      'This flow was fitted to columns that preprocess() had bent or decorrelated, of which an energy knows nothing: take a new flow, or one fitted with preprocess: "standardise".',
    )
  }
  const learns = structure.base.parameters.length > 0 && !frozen.includes('base')
  if (learns && estimator !== 'varGrad') {
    throw new UsageError(
      `The base ${structure.base.spec.type} would be learnt, but its samples have no gradient by its numbers: give it learnable: false, set frozen to ["base"] or estimator to "varGrad", or let a last layer elementwise({ transformer: affine() }) learn location and scale.`,
    )
  }
}

/** @throws UsageError where threads are asked for that an energy cannot get to. */
function threadsFor(energy: Energy | EnergyModule, threads: Threads): Threads {
  if (moduleOf(energy) || threads === 0) return threads
  if (threads === 'auto') return 0
  throw new UsageError(
    `An energy that is a function cannot cross to ${threads} threads: set threads to 0, or export it from a module and give energyModule(new URL('./my-energy.mjs', import.meta.url), 'name').`,
  )
}

function taskOf(
  { scaler }: Flow,
  rows: number | undefined,
  options: CheckedFitEnergyOptions,
  frozen: TrainingTask['frozen'],
): TrainingTask {
  const { batch, steps, optimizer, schedule, clip, average, stopping, seed, estimator, annealing, mixture } = options
  const most = typeof batch === 'number' ? batch : batch.to
  if (rows !== undefined && most > rows) {
    throw new UsageError(`batch is ${most}, but the mixture has ${rows} rows; use a smaller batch, or more rows.`)
  }
  return {
    rows: rows ?? most,
    validationRows: 0,
    validationEvery: 1,
    noise: undefined,
    weighted: false,
    ...{ batch, steps, optimizer, schedule, clip, average, frozen, stopping, seed },
    energy: { estimator, annealing, forward: mixture?.weight ?? 0, mean: scaler.mean, sd: scaler.sd },
  }
}

/** Ways there and back of each sample; a mixture's rows take another one. */
const WAYS = { total: 1, path: 2, varGrad: 1.5 }

const waysOf = ({ estimator, mixture }: CheckedFitEnergyOptions): number => WAYS[estimator] + (mixture ? 1 : 0)

async function train(
  flow: Flow,
  energy: Energy | EnergyModule,
  options: CheckedFitEnergyOptions,
  task: TrainingTask,
  rows: RowSource | undefined,
): Promise<FitEnergyResult> {
  const { structure } = flow
  const phases = batchPhases(task.batch, task.rows, task.steps)
  const [{ batchRows }] = phases
  const kernels = resolveKernels(options.kernels, structure.description.precision)
  const size = resolveThreads(
    options.threads,
    cutIntoShards(batchRows, batchTileRows(batchRows, structure)).count,
    estimatedMilliseconds(structure.parameterCount, waysOf(options) * rowsOf(phases, task.steps), kernels),
  )
  const known = identityOf(structure, decidingOptions(energy, options, kernels))
  const resumed = options.resume && checkpointOf(options.resume, known)
  const plan = planTraining(structure, withAnchors(task, structure, options, kernels), Math.max(1, size))
  checkBytes(plan)
  const heap = createHeap(plan.arena, kernels, size > 0)
  const job: TrainingJob = { plan, heap, record: createRecord(task, size > 0), energy, recoveries: [], oldestAnchor: 0 }
  const loaded = await load(job, flow, kernels, rows, options.signal)
  const identity = loaded && (options.checkpoint || resumed) ? { ...known, ...hashesOf(job) } : undefined
  if (resumed && identity) {
    checkSameRows(resumed, identity)
    restore(job, resumed)
  }

  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const last = task.average ? plan.average : plan.params
  const { checkpoint, onDivergence } = options
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
        (end) => afterLastUpdate(end, flow, job, last, kernels),
      ),
    checkpoint && identity && ((fail) => new CheckpointWriter(job, identity, checkpoint, fail)),
  )
  const { steps, bestStep } = readRecord(job.record)
  if (end.reason !== 'diverged') {
    if (steps > 0) commit(flow, job, last)
  } else if (bestStep >= 0) commit(flow, job, plan.best)
  if (failure !== undefined) throw failure
  const losses = job.record.losses.slice(0, steps)
  if (end.reason === 'diverged') {
    throw new TrainingError(
      `${divergedText(end, bestStep, job.recoveries)} Try a lower learning rate, clip, or look whether the energy is finite wherever samples fall.`,
      end.step,
      { losses },
    )
  }
  const stopped = end.reason === 'aborted' ? 'aborted' : 'steps'
  return { steps, losses, seconds: seconds(), stopped, recoveries: job.recoveries, threads: size, kernels }
}

/** Room for anchors and their copies, where a run may go back to them or be gone on with. */
function withAnchors(
  task: TrainingTask,
  { parameterCount }: FlowStructure,
  { onDivergence, checkpoint }: CheckedFitEnergyOptions,
  kernels: KernelKind,
): TrainingTask {
  const rows = typeof task.batch === 'number' ? task.batch : task.batch.to
  const anchorEvery = checkpoint || onDivergence === 'halve' ? anchorSteps(parameterCount, rows, kernels) : 0
  return { ...task, anchorEvery, snapshots: checkpoint !== undefined }
}

/** The options that decide the numbers of a run. */
function decidingOptions(
  energy: Energy | EnergyModule,
  options: CheckedFitEnergyOptions,
  kernels: KernelKind,
): Readonly<Record<string, unknown>> {
  const { steps, batch, optimizer, schedule, clip, average, frozen, annealing, estimator, seed, onDivergence } = options
  return {
    ...{ steps, batch, optimizer, schedule, clip, average, frozen, annealing, estimator, seed, onDivergence, kernels },
    mixture: options.mixture?.weight,
    energy: moduleOf(energy)?.name ?? 'a function',
  }
}

/** SHA-256 of the rows of a mixture as steps see them, and of these and the scaler behind which samples are. */
function hashesOf(job: TrainingJob): Pick<FitIdentity, 'dataSha256' | 'preparedSha256'> {
  const { mean = [], sd = [] } = job.plan.task.energy ?? {}
  const dataSha256 = preparedSha256(job)
  const scaler = Float64Array.from([...mean, ...sd])
  return { dataSha256, preparedSha256: createHash('sha256').update(dataSha256).update(scaler).digest('hex') }
}

/** Fills a fresh heap: the flow's numbers, and the rows of a mixture; false where it was aborted before all were there. */
async function load(
  { plan, heap }: TrainingJob,
  flow: Flow,
  kernels: KernelKind,
  rows: RowSource | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  heap.real.set(flow.numbers, plan.params)
  heap.i32[plan.stopAfter] = -1
  heap.i32[plan.snapshotAt] = -1
  if (rows) {
    const evaluator = new Evaluator(flow.structure, kernels)
    evaluator.setScaler(flow.scaler)
    const { training } = splitRows(rows.rows, 0, plan.task.seed)
    try {
      await loadRows(evaluator, abortable(rows, signal), training, heap, plan.data)
    } catch (error) {
      // No step will be taken.
      if (!signal?.aborted || error !== signal.reason) throw error
    }
    if (!signal?.aborted) settleLayers(flow.structure, plan, heap, kernels)
  }
  if (plan.task.average) heap.real.copyWithin(plan.average, plan.params, plan.params + flow.numbers.length)
  return !signal?.aborted
}

/** Samples that the last weights are tried on. */
const TRIAL_ROWS = 4096

/** No step has judged the last update: where samples by it are not finite, training has diverged in it. */
function afterLastUpdate(
  end: TrainingEnd,
  { structure }: Flow,
  { plan, heap, record }: TrainingJob,
  params: Offset,
  kernels: KernelKind,
): TrainingEnd {
  if (end.reason === 'diverged' || readRecord(record).steps === 0) return end
  const evaluator = new Evaluator(structure, kernels)
  evaluator.setNumbers(heap.real.subarray(params, params + structure.numberCount) as Reals)
  const count = Math.min(evaluator.chunkRows, TRIAL_ROWS)
  evaluator.sample(count, plan.task.seed, 0, 1)
  const finite = (values: Reals) => values.every(Number.isFinite)
  const sound = finite(evaluator.rows.subarray(0, count * structure.dim)) && finite(evaluator.values.subarray(0, count))
  return sound ? end : { reason: 'diverged', step: end.step, loss: Number.NaN }
}

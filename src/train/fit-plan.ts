import { UsageError } from '../errors.js'
import type { FlowStructure } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'
import { estimatedMilliseconds, resolveThreads } from '../parallel/threads.js'
import { batchPhases, rowsOf } from '../step/batches.js'
import { planTraining, type TrainingPlan, type TrainingTask } from '../step/plan.js'
import { batchTileRows, cutIntoShards } from '../step/shards.js'
import type { CheckedFitOptions } from './options.js'
import { anchorSteps } from './recoveries.js'
import { checkBytes } from './run-training.js'

/** The options that decide the numbers of a fit. */
export function decidingOptions(options: CheckedFitOptions, kernels: KernelKind): Readonly<Record<string, unknown>> {
  const { steps, batch, optimizer, schedule, clip, average, noise, frozen, validation, validationEvery } = options
  const { patience, minDelta, restoreBestWeights } = options.stopping
  return {
    ...{ steps, batch, optimizer, schedule, clip, average, noise, frozen, validation, validationEvery },
    stopping: { patience, minDelta, restoreBestWeights },
    ...{ seed: options.seed, splitSeed: options.splitSeed, preprocess: options.preprocess, kernels },
    onDivergence: options.onDivergence,
  }
}

/** How many rows are trained on and held out, and what is known of them and of the flow. */
export type FitRows = Pick<TrainingTask, 'rows' | 'validationRows' | 'weighted' | 'frozen'>

/**
 * The plan of a fit to so many rows, and how many threads it is for.
 * @throws UsageError where a batch has more rows than there are, or no heap holds the plan.
 */
export function planFit(
  structure: FlowStructure,
  rows: FitRows,
  options: CheckedFitOptions,
  kernels: KernelKind,
): { plan: TrainingPlan; size: number } {
  const task = taskOf(rows, options, structure.parameterCount, kernels)
  const phases = batchPhases(task.batch, task.rows, task.steps)
  const [{ batchRows }] = phases
  const size = resolveThreads(
    options.threads,
    cutIntoShards(batchRows, batchTileRows(batchRows, structure)).count,
    estimatedMilliseconds(structure.parameterCount, rowsOf(phases, task.steps), kernels),
  )
  const plan = planTraining(structure, task, Math.max(1, size))
  checkBytes(plan)
  return { plan, size }
}

function taskOf(given: FitRows, options: CheckedFitOptions, parameters: number, kernels: KernelKind): TrainingTask {
  const { rows } = given
  const batch = options.batch === 'all' ? rows : options.batch
  const [least, most] = typeof batch === 'number' ? [batch, batch] : [batch.from, batch.to]
  if (most > rows) {
    throw new UsageError(`batch is ${most}, but there are ${rows} training rows; use "all" or a smaller batch.`)
  }
  const { steps, optimizer, schedule, clip, average, noise, stopping, seed, checkpoint, onDivergence } = options
  return {
    ...given,
    batch,
    steps,
    validationEvery: options.validationEvery ?? Math.floor(rows / least),
    ...{ optimizer, schedule, clip, average, noise, stopping, seed },
    anchorEvery: checkpoint || onDivergence === 'halve' ? anchorSteps(parameters, most, kernels) : 0,
    snapshots: checkpoint !== undefined,
  }
}

import { type RecordBlock, readRecord, requestStop } from '../parallel/training-tasks.js'
import { rowsOf } from '../step/batches.js'
import type { TrainingPlan, TrainingTask } from '../step/plan.js'
import type { TrainingEnd } from '../step/training-rank.js'
import type { CheckpointWriter } from './checkpoint-writer.js'
import type { CheckedFitOptions, Progress } from './options.js'
import type { TrainingJob } from './run-training.js'

const PROGRESS_MILLISECONDS = 100

/**
 * Reports progress, takes checkpoints, by what is made of how to tell of a failure, and passes an abort on while `work` runs.
 * What `onProgress` or the writing of a checkpoint throws ends the work and is handed back beside its end, so that the weights
 * can be committed first.
 */
export async function supervise(
  plan: TrainingPlan,
  { record, recoveries }: Pick<TrainingJob, 'record' | 'recoveries'>,
  { signal, onProgress, stopping }: Pick<CheckedFitOptions, 'signal' | 'onProgress' | 'stopping'>,
  seconds: () => number,
  work: () => Promise<TrainingEnd>,
  checkpointWriter?: (fail: (error: unknown) => void) => CheckpointWriter,
): Promise<{ end: TrainingEnd; failure: unknown }> {
  const { task } = plan
  const before = rowsOf(plan.phases, readRecord(record).steps)
  function report(): void {
    const { steps, bestStep } = readRecord(record)
    if (steps === 0 || !onProgress) return
    const progress: Progress = {
      step: steps,
      steps: task.steps,
      loss: record.losses[steps - 1],
      best: watchedAt(record, task, bestStep),
      bestStep,
      patience: Math.max(0, stopping.patience - (steps - 1 - Math.max(0, bestStep))),
      rowsPerSecond: Math.max(0, rowsOf(plan.phases, steps) - before) / seconds(),
      recoveries: [...recoveries],
    }
    onProgress(progress)
  }
  const stop = () => requestStop(record)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  let failure: unknown
  function fail(error: unknown): void {
    failure ??= error ?? new Error('onProgress, or the writing of a checkpoint, threw nothing.')
    stop()
  }
  function reportSafely(): void {
    try {
      if (failure === undefined) report()
    } catch (error) {
      fail(error)
    }
  }
  const checkpoints = checkpointWriter?.(fail)
  const timer = setInterval(() => {
    reportSafely()
    checkpoints?.poll()
  }, PROGRESS_MILLISECONDS)
  try {
    const end = await work()
    reportSafely()
    // After a loss that is not finite there is nothing to go on from.
    if (end.reason !== 'diverged') await checkpoints?.end()
    return { end, failure }
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** The watched loss at a step: the validation loss where there is one. */
export function watchedAt(record: RecordBlock, task: TrainingTask, step: number): number {
  if (step < 0) return Number.NaN
  return task.validationRows > 0 ? record.validation[step / task.validationEvery] : record.losses[step]
}

import { type RecordBlock, readRecord, requestStop } from '../parallel/training-tasks.js'
import { rowsOf } from '../step/batches.js'
import type { TrainingPlan, TrainingTask } from '../step/plan.js'
import type { TrainingEnd } from '../step/training-rank.js'
import type { CheckedFitOptions, Progress } from './options.js'

const PROGRESS_MILLISECONDS = 100

/**
 * Reports progress and passes an abort on while `work` runs. What `onProgress` throws ends the work and is handed back
 * beside its end, so that the weights can be committed first.
 */
export async function supervise(
  plan: TrainingPlan,
  record: RecordBlock,
  { signal, onProgress, stopping }: Pick<CheckedFitOptions, 'signal' | 'onProgress' | 'stopping'>,
  seconds: () => number,
  work: () => Promise<TrainingEnd>,
): Promise<{ end: TrainingEnd; failure: unknown }> {
  const { task } = plan
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
      rowsPerSecond: rowsOf(plan.phases, steps) / seconds(),
    }
    onProgress(progress)
  }
  const stop = () => requestStop(record)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  let failure: unknown
  function reportSafely(): void {
    try {
      if (failure === undefined) report()
    } catch (error) {
      failure = error ?? new Error('onProgress threw nothing.')
      stop()
    }
  }
  const timer = setInterval(reportSafely, PROGRESS_MILLISECONDS)
  try {
    const end = await work()
    reportSafely()
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

import type { TrainingTask } from './plan.js'

/** Steps that a run has taken, maybe in other processes, and what they came to. */
export interface Past {
  readonly steps: number
  /** The loss of every step; what is behind `steps` does not count. */
  readonly losses: Float64Array
  /** The validation loss of every validated step, likewise. */
  readonly validation: Float64Array
  /** How often it has gone back with half the learning rate. */
  readonly halvings: number
}

/** Of a run that begins. */
export const NO_PAST: Past = { steps: 0, losses: new Float64Array(), validation: new Float64Array(), halvings: 0 }

/** How many steps from 0 to below `steps` are validated. */
export function validatedSteps({ validationRows, validationEvery }: TrainingTask, steps: number): number {
  return validationRows > 0 ? Math.ceil(steps / validationEvery) : 0
}

/** Whether a loss is watched at this step: of the rows held out where there are any, or else that of the step. */
export function isWatched({ validationRows, validationEvery }: TrainingTask, step: number): boolean {
  return validationRows === 0 || step % validationEvery === 0
}

/** What was watched, in the order of the steps: all that stopping and plateaus go by. */
export function* watchedLosses(
  task: TrainingTask,
  { steps, losses, validation }: Past,
): Iterable<{ readonly step: number; readonly loss: number }> {
  if (task.validationRows === 0) for (let step = 0; step < steps; step++) yield { step, loss: losses[step] }
  for (let v = 0; v < validatedSteps(task, steps); v++) yield { step: v * task.validationEvery, loss: validation[v] }
}

import type { KernelKind } from '../kernels/create.js'
import { estimatedMilliseconds } from '../parallel/threads.js'
import { pastOf, recordPast } from '../parallel/training-tasks.js'
import { watchedLosses } from '../step/past.js'
import type { Moving } from '../step/plan.js'
import { BestSoFar } from '../step/stopping.js'
import type { TrainingEnd } from '../step/training-rank.js'
import { MOVING, type TrainingJob } from './run-training.js'

/** What becomes of a run in which a step's loss is not finite. */
export type OnDivergence = 'stop' | 'halve'

/** Training that has gone back, and on from there with half the learning rate. */
export interface Recovery {
  /** The step (counted from 0) whose loss was not finite. */
  readonly step: number
  /** The step that it went back to. */
  readonly from: number
  /** The learning rate from there on, before the schedule. */
  readonly learningRate: number
}

/** So often a run goes back, at most. */
export const MOST_HALVINGS = 3

/**
 * What a thread would take between two anchors, and the fewest and most steps that this may be: losses that are going to be
 * infinite grow for a few steps before. By a rule of thumb alone, so that anchors do not depend on the machine.
 */
const ANCHOR_MILLISECONDS = 1000
const ANCHOR_STEPS = { least: 10, most: 1000 }

/** Steps between two anchors of a run whose steps take so many rows. */
export function anchorSteps(parameters: number, rowsOfStep: number, kernels: KernelKind): number {
  const { least, most } = ANCHOR_STEPS
  const steps = Math.floor(ANCHOR_MILLISECONDS / estimatedMilliseconds(parameters, rowsOfStep, kernels))
  return Math.min(most, Math.max(least, steps))
}

/**
 * Runs a job to its end. Where a loss is not finite, it goes back to the last anchor but one, which finite losses have followed,
 * and on with half the learning rate, three times at most. `judge` may find an end to have diverged that no loss has told of.
 */
export async function trainToEnd(
  job: TrainingJob,
  onDivergence: OnDivergence,
  run: () => Promise<TrainingEnd>,
  judge: (end: TrainingEnd) => TrainingEnd,
): Promise<TrainingEnd> {
  for (;;) {
    const reached = await run()
    const end = judge(reached)
    // What an abort has left is no end of a run: one that goes on decides by the loss of its next step.
    const broken = reached.reason === 'aborted' || reached.reason === 'after'
    if (end.reason !== 'diverged' || broken || onDivergence === 'stop' || !goBack(job, end.step)) return end
  }
}

/** False where there is nowhere to go back to, or no more than three times. */
function goBack(job: TrainingJob, step: number): boolean {
  const { plan, heap, record, recoveries } = job
  const { task, structure } = plan
  const from = anchorBefore(job, step)
  if (from === undefined || recoveries.length === MOST_HALVINGS) return false
  const anchor = anchorAt(job, from)
  for (const name of MOVING) {
    if (name === 'average' && !task.average) continue
    heap.real.copyWithin(plan[name], anchor[name], anchor[name] + structure.parameterCount)
  }
  heap.i32[plan.snapshotAt] = -1
  const halvings = recoveries.length + 1
  comeTo(job, { ...pastOf(record), steps: from, halvings })
  job.oldestAnchor = from
  recoveries.push({ step, from, learningRate: task.optimizer.learningRate / (1 << halvings) })
  return true
}

/** The step of the anchor to go back to from a loss that is not finite at `step`. */
function anchorBefore({ plan: { task }, oldestAnchor }: TrainingJob, step: number): number | undefined {
  const every = task.anchorEvery ?? 0
  if (every === 0 || step <= oldestAnchor) return undefined
  return Math.max(oldestAnchor, (Math.floor(step / every) - 1) * every)
}

/** The anchors that a job of so many steps may yet go back to, by their steps. */
export function liveAnchors(job: TrainingJob, steps: number): number[] {
  const older = anchorBefore(job, steps)
  if (older === undefined) return []
  const newer = older + (job.plan.task.anchorEvery ?? 0)
  return newer < steps ? [older, newer] : [older]
}

/** Where an anchor lies. */
export function anchorAt({ plan }: TrainingJob, step: number): Moving {
  return plan.anchors[(step / (plan.task.anchorEvery ?? 1)) % 2]
}

/** Puts a past into the record, with the best that there was in it. */
export function comeTo({ plan: { task }, record }: TrainingJob, past: ReturnType<typeof pastOf>): void {
  const best = new BestSoFar(task.stopping)
  for (const { step, loss } of watchedLosses(task, past)) best.improves(step, loss)
  recordPast(record, past, best.bestStep)
}

/** The loss that ended a run, what was tried against it, and which weights are kept. */
export function divergedText(
  { step, loss }: { readonly step: number; readonly loss: number },
  bestStep: number,
  recoveries: readonly Recovery[],
): string {
  const kept = bestStep >= 0 ? `the weights of step ${bestStep} are kept` : 'the initial weights are kept'
  const times = recoveries.length === 1 ? 'once' : `${recoveries.length} times`
  const tried = recoveries.length > 0 ? `, after going back ${times} with half the learning rate each time` : ''
  return `The loss at step ${step} is ${loss}${tried}; ${kept}.`
}

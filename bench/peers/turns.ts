import { median } from '../machine.js'
import { TURN_SECONDS } from './contestants.js'

/** How much longer than the last one a trial on the way to a full turn may be. */
const LONGER = 8
/** A contestant whose step takes longer than its turn still takes as many. */
const LEAST_STEPS = 2
const ROUNDS = 7

export interface Trainer {
  readonly title: string
  train(steps: number): Promise<{ seconds: number }>
  /** Compiles what a training of so many steps needs. */
  warm(steps: number): Promise<unknown>
}

export interface Turn {
  readonly trainer: Trainer
  readonly steps: number
}

/** Steps that fill a turn: approached from below, since short trainings spend most of their time on starting. */
export async function stepsOfTurn(trainer: Trainer, checkSteps: number, secondsOfCheck: number): Promise<number> {
  let [steps, seconds] = [checkSteps, secondsOfCheck]
  // The first training also started whatever had to be started.
  for (let first = seconds < 2 * TURN_SECONDS; first || seconds < TURN_SECONDS / 2; first = false) {
    if (!first) steps = Math.round(steps * Math.min(LONGER, TURN_SECONDS / seconds))
    await trainer.warm(steps)
    seconds = (await trainer.train(steps)).seconds
  }
  steps = Math.max(LEAST_STEPS, Math.round((TURN_SECONDS * steps) / seconds))
  await trainer.warm(steps)
  return steps
}

/** Milliseconds a training step by title: medians of alternating rounds. */
export async function millisecondsOfStep(turns: readonly Turn[]): Promise<Map<string, number>> {
  const times = turns.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { trainer, steps }] of turns.entries()) times[i].push((await trainer.train(steps)).seconds / steps)
  }
  return new Map(turns.map(({ trainer }, i) => [trainer.title, 1000 * median(times[i])]))
}

import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkOptions, echo, number } from '../options.js'
import { exp, ln } from '../random/elementary.js'

/** An energy that is hot at first, as a value. */
export interface Annealing {
  readonly type: 'annealing'
  /** At the first step. */
  readonly temperature: number
  /** Share of the run after which it is 1. */
  readonly share: number
}

const schema = v.strictObject({
  temperature: v.optional(
    number('a temperature ≥ 1', (value) => value >= 1),
    10,
  ),
  share: v.optional(
    number('a share of the run in (0, 1]', (value) => value > 0 && value <= 1),
    0.5,
  ),
})

/**
 * Fits to e^(−βU) with β from 1/temperature (of 10) to 1, by equal factors over a share of the run (a half): hot, modes are
 * not yet apart, so that the flow finds all of them before they are. After Rezende & Mohamed, arXiv:1505.05770, equation 20,
 * whose β grows by equal steps: most of the cooling then falls into the first few.
 * @throws UsageError where an option is unknown or outside its range.
 */
export function annealing(options: { temperature?: number; share?: number } = {}): Annealing {
  return { type: 'annealing', ...checkOptions('annealing', schema, options) }
}

/** @throws UsageError where a value is no annealing. */
export function annealingOf(value: unknown): Annealing {
  const { type, ...options } = { ...(value as Annealing) }
  if (type !== 'annealing') {
    throw new UsageError(`annealing is ${echo(value)}; expected the value of annealing({ temperature: 10 }).`)
  }
  return annealing(options)
}

/** β of a step. */
export function inverseTemperature({ temperature, share }: Annealing, step: number, steps: number): number {
  const done = step / (share * steps)
  return done < 1 ? exp((done - 1) * ln(temperature)) : 1
}

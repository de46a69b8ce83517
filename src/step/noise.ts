import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkOptions, echo, number } from '../options.js'

/** Normal noise added to the standardised columns of a step's rows, as a value. */
export interface Noise {
  readonly type: 'noise'
  /** Standard deviation at the first step and behind the last, in standardised units. */
  readonly sd: number
  readonly final: number
}

const deviation = number('a number ≥ 0', (value) => value >= 0)
const schema = v.strictObject({ sd: v.optional(deviation, 0.05), final: v.optional(deviation, 0) })

/**
 * x ← x + σ_t·ε, ε ~ N(0, 1) drawn anew for every row of every step, in training alone: the flow is fitted to the rows'
 * density smoothed by a kernel of width σ_t, which goes evenly from `sd` (0.05) to `final` (0), in standardised units.
 * What the columns are conditioned on stays as it is. Source: Bishop, Neural Computation 7 (1995); Rothfuss et al.,
 * arXiv:1907.08982, for densities.
 * @throws UsageError where an option is unknown or negative.
 */
export function noise(options: { sd?: number; final?: number } = {}): Noise {
  return { type: 'noise', ...checkOptions('noise', schema, options) }
}

/** @throws UsageError where a value is no noise. */
export function noiseOf(value: unknown): Noise {
  const { type, ...options } = { ...(value as Noise) }
  if (type !== 'noise') throw new UsageError(`noise is ${echo(value)}; expected the value of noise({ sd: 0.05 }).`)
  return noise(options)
}

/** σ of a step. */
export const noiseAt = ({ sd, final }: Noise, step: number, steps: number): number => sd + (final - sd) * (step / steps)

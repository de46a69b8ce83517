import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { echo, number } from '../options.js'

/** An exponential moving average of the parameters, as a value. */
export interface Averaging {
  readonly type: 'ema'
  readonly decay: number
}

const decays = number('a number in [0, 1)', (value) => value >= 0 && value < 1)

/**
 * θ̄ ← d·θ̄ + (1 − d)·θ after every step t = 0, 1, …, with d = min(decay, (1 + t)/(10 + t)), so that a short run is not
 * an average with its start. Source: Polyak & Juditsky, SIAM J. Control Optim. 30 (1992); the ramp is TensorFlow's.
 * @throws UsageError where the decay is not in [0, 1).
 */
export function ema(decay = 0.999): Averaging {
  if (!v.is(decays, decay)) throw new UsageError(`ema's decay is ${echo(decay)}; expected a number in [0, 1).`)
  return { type: 'ema', decay }
}

/** @throws UsageError where a value is no average. */
export function averaging(value: unknown): Averaging {
  const { type, decay, ...unknown } = { ...(value as Averaging) }
  if (type !== 'ema' || Object.keys(unknown).length > 0) {
    throw new UsageError(`average is ${echo(value)}; expected the value of ema(0.999).`)
  }
  return ema(decay)
}

/** 1 − d of a step. */
export const averagingRate = ({ decay }: Averaging, step: number): number =>
  1 - Math.min(decay, (1 + step) / (10 + step))

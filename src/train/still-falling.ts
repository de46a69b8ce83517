import type { FitResult } from './fit.js'

/** The share of a run that is looked at, its last, and the least number of losses there. */
const SHARE = 0.2
const LEAST_LOSSES = 10
/** Steps of a run that is too short to tell. */
const SHORT = 30
/** Nats by which the line must fall over that share to matter, and how many of its standard errors. */
const LEAST_FALL = 0.005
const CERTAIN = 3
/** A learning rate below this share of its greatest has ended a run, not cut it off. */
const ENDED = 0.1

/**
 * Whether more steps would have made the loss lower yet: a line through the last fifth of the losses, of the rows held out
 * where those are ten at least, falls by more than 0.005 nats and by more than three standard errors, and neither patience
 * nor a schedule that went down had ended the run by then. null where a run of fewer than 30 steps cannot tell.
 */
export function stillFalling({
  losses,
  validationLosses,
  stopped,
  finalRate,
}: Pick<FitResult, 'losses' | 'validationLosses' | 'stopped' | 'finalRate'>): boolean | null {
  if (stopped === 'patience' || finalRate < ENDED) return false
  if (losses.length < SHORT) return null
  const watched = validationLosses.length >= LEAST_LOSSES ? validationLosses : losses
  const count = Math.max(LEAST_LOSSES, Math.round(SHARE * watched.length))
  const { fall, error } = fallOf(watched.subarray(watched.length - count))
  return fall > Math.max(LEAST_FALL, CERTAIN * error)
}

/** How far the line of least squares falls from the first value to the last, and the standard error of that. */
function fallOf(values: Float64Array): { fall: number; error: number } {
  const n = values.length
  const middle = (n - 1) / 2
  let mean = 0
  for (const value of values) mean += value / n
  let [products, squares] = [0, 0]
  for (let i = 0; i < n; i++) {
    products += (i - middle) * (values[i] - mean)
    squares += (i - middle) ** 2
  }
  const slope = products / squares
  let residual = 0
  for (let i = 0; i < n; i++) residual += (values[i] - mean - slope * (i - middle)) ** 2
  return { fall: -slope * (n - 1), error: Math.sqrt(residual / (n - 2) / squares) * (n - 1) }
}

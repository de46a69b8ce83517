import type { FitResult } from './fit.js'

/** The share of a run that is looked at, its last, and the least number of losses there. */
const SHARE = 0.2
const LEAST_LOSSES = 10
/** Of a run whose rate went down: that levels its end off, but where its second half fell, twice the steps would fall on. */
const ENDED_SHARE = 0.5
/** Steps of a run that is too short to tell. */
const SHORT = 30
/** Nats by which the line must fall over that share to matter, and how many of its standard errors. */
const LEAST_FALL = 0.005
/** And of a run whose rate went down, which calms what it had stirred up: so many below its first loss, too. */
const ENDED_FALL = 0.02
const CERTAIN = 3
/** A learning rate below this share of its greatest has ended a run, not cut it off. */
const ENDED = 0.1

/**
 * Whether more steps would have made the loss lower yet: a line through the last fifth of the losses, of the rows held out
 * where those are ten at least, falls by more than 0.005 nats and by more than three standard errors. Where a schedule went
 * down, the line is through the second half, falls by more than 0.02 and ends as far below the first loss. Never where patience
 * or `stopping.after` ended the run. null where one of fewer than 30 steps, or that has not seen all of its rows, cannot tell.
 */
export function stillFalling({
  losses,
  validationLosses,
  stopped,
  finalRate,
  rowsSeen,
  split,
}: Pick<FitResult, 'losses' | 'validationLosses' | 'stopped' | 'finalRate' | 'rowsSeen' | 'split'>): boolean | null {
  if (stopped === 'patience' || stopped === 'after') return false
  if (losses.length < SHORT || rowsSeen < split.training.size) return null
  const watched = validationLosses.length >= LEAST_LOSSES ? validationLosses : losses
  const hasEnded = finalRate < ENDED
  const count = Math.max(LEAST_LOSSES, Math.round((hasEnded ? ENDED_SHARE : SHARE) * watched.length))
  const { end, fall, error } = fallOf(watched.subarray(watched.length - count))
  if (hasEnded && !(watched[0] - end > ENDED_FALL)) return false
  return fall > Math.max(hasEnded ? ENDED_FALL : LEAST_FALL, CERTAIN * error)
}

/** Where the line of least squares ends, how far it falls from the first value to the last, and the standard error of that. */
function fallOf(values: Float64Array): { end: number; fall: number; error: number } {
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
  return {
    end: mean + slope * middle,
    fall: -slope * (n - 1),
    error: Math.sqrt(residual / (n - 2) / squares) * (n - 1),
  }
}

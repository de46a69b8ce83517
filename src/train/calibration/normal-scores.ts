import { scaledTail } from '../../kernels/portable/functions.js'
import { exp } from '../../random/elementary.js'
import { normalQuantile } from '../../random/normal-quantile.js'
import type { Tails } from './regularised-gamma.js'

/** Further out than this, Φ(−score) is no normal double. */
export const FARTHEST_SCORE = 37

/** Φ(score) and Φ(−score), the same bits on every engine; of a score beyond ±37, those of ±37. */
export function tailsOf(score: number): Tails {
  const a = Math.min(Math.abs(score), FARTHEST_SCORE)
  const tail = exp(-0.5 * a * a) * scaledTail(a)
  return score < 0 ? { below: tail, above: 1 - tail } : { below: 1 - tail, above: tail }
}

/** Φ⁻¹ of a probability: its normal score, within ±37. */
export function scoreOf({ below, above }: Tails): number {
  const score = below < above ? normalQuantile(below) : -normalQuantile(above)
  return Math.max(-FARTHEST_SCORE, Math.min(FARTHEST_SCORE, score))
}

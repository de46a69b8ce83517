import { exp, ln } from '../random/elementary.js'
import type { Reals } from './evaluator.js'

/**
 * ln((1/k) Σₘ exp lₘ) of every row over k arrays of logarithms that come one after the other, in float64 and rounded once.
 * With a the greatest so far and S = Σ exp(lₘ − a) it is a + ln(S/k): k times the same number gives just that number.
 */
export class LogMeanExp {
  readonly #greatest: Float64Array
  readonly #sums: Float64Array
  #arrays = 0

  constructor(rows: number) {
    this.#greatest = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY)
    this.#sums = new Float64Array(rows)
  }

  add(logarithms: Reals): void {
    const [greatest, sums] = [this.#greatest, this.#sums]
    for (let i = 0; i < greatest.length; i++) {
      const value = logarithms[i]
      // −∞ adds nothing, and −∞ − −∞ is no number.
      if (value === Number.NEGATIVE_INFINITY) continue
      if (value <= greatest[i]) {
        sums[i] += exp(value - greatest[i])
      } else {
        sums[i] = sums[i] > 0 ? sums[i] * exp(greatest[i] - value) + 1 : 1
        greatest[i] = value
      }
    }
    this.#arrays++
  }

  /** → out; −∞ where all are. */
  into(out: Reals): void {
    for (let i = 0; i < out.length; i++) out[i] = this.#greatest[i] + ln(this.#sums[i] / this.#arrays)
  }
}

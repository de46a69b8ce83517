import { exp, ln } from '../../random/elementary.js'

/** A probability and what it lacks of 1, each to relative accuracy: where one is next to 1, the other still has its digits. */
export interface Tails {
  readonly below: number
  readonly above: number
}

const EPSILON = 2 ** -53
/** In place of 0 in a continued fraction. */
const TINY = 1e-300

/**
 * P(a, x) = γ(a, x)/Γ(a) and Q = 1 − P for a = halves/2 > 0 and x ≥ 0: the distribution function of χ² with `halves` degrees
 * of freedom at 2x. Of the two the smaller one is computed, to some 10⁻¹⁴ relative where a is below 1000; the same bits on
 * every engine.
 *
 *   x < a + 1:  γ(a, x) = x^a e^−x Σₖ x^k / (a (a + 1) … (a + k))
 *   else:       Γ(a, x) = x^a e^−x · 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − 2(2 − a)/(x + 5 − a − …)))
 *
 * Sources: DLMF 8.11.4 and 8.9.2; the fraction by Lentz's method (Press et al., Numerical Recipes, 6.2).
 */
export function regularisedGamma(halves: number, x: number): Tails {
  const a = halves / 2
  if (x <= 0) return { below: 0, above: 1 }
  if (x === Number.POSITIVE_INFINITY) return { below: 1, above: 0 }
  const scale = exp(a * ln(x) - x - logGammaOfHalf(halves))
  if (x < a + 1) {
    const below = Math.min(1, scale * series(a, x))
    return { below, above: 1 - below }
  }
  const above = Math.min(1, scale * fraction(a, x))
  return { below: 1 - above, above }
}

function series(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let k = 1; term > sum * EPSILON; k++) {
    term *= x / (a + k)
    sum += term
  }
  return sum
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let value = d
  for (let k = 1, change = 0; Math.abs(change - 1) > EPSILON; k++) {
    const numerator = -k * (k - a)
    b += 2
    d = 1 / nonzero(numerator * d + b)
    c = nonzero(b + numerator / c)
    change = c * d
    value *= change
  }
  return value
}

const nonzero = (value: number): number => (Math.abs(value) < TINY ? TINY : value)

const LN_SQRT_PI = 0.5723649429247001

/** ln Γ(n/2), from Γ(½) = √π or Γ(1) = 1 and Γ(a + 1) = aΓ(a). */
function logGammaOfHalf(n: number): number {
  let sum = n % 2 === 0 ? 0 : LN_SQRT_PI
  for (let k = n - 2; k > 0; k -= 2) sum += ln(k / 2)
  return sum
}

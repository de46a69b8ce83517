import { ln } from '../random/elementary.js'
import { quantileKnots } from '../random/quantile-knots.js'
import { BENDS, identitySpline, type Mapped, type MarginalSpline, mapMarginal } from './marginal-spline.js'

/**
 * The lengths a that a logarithmic tail may have, in units of z. A normal column's tail is a line, that of a density
 * falling as |v|^−(α + 1) has a ≈ α/z at z, 0.1 … 1 for what is met.
 */
const LENGTHS = [20, 10, 7, 5, 3.5, 2.5, 1.8, 1.3, 1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.13, 0.1, 0.07, 0.05]
/**
 * Nats that a logarithmic tail must gain over a line. Of one parameter more, twice the gain by chance is χ²₁: 3 nats are
 * exceeded once in 70 tails.
 */
const TAIL_GAIN = 3
/** Of two knots, in units of the column's middle: no slope is beyond 2²³. */
const LEAST_GAP = 2 ** -20
/** A knot is two numbers. */
const NUMBERS_PER_KNOT = 2

/**
 * The spline that makes a sorted column about normal: through `most` quantile knots at most, with the tails of greatest
 * likelihood. It is the identity for a column that has no knots, and where it does not pay: where the likelihood of all
 * rows gains no more over the normal distribution of the column's own mean and sd than its numbers cost by the Bayesian
 * information criterion, ½ ln n each, so that a normal column stays as it is. Source: Schwarz, Ann. Stat. 6 (1978).
 *
 * `unit` is what the column varies by in its middle; knots are not nearer to each other than a millionth of it.
 */
export function fitMarginal(sorted: Float64Array, most: number, unit = 1): MarginalSpline {
  const { x, z, slopes } = quantileKnots(sorted, most, LEAST_GAP * unit)
  if (x.length < 2) return identitySpline()
  const knots = { v: Float64Array.from(x), z: Float64Array.from(z), slopes: Float64Array.from(slopes) }
  const bends = Float64Array.of(bendOf(knots, sorted, -1), bendOf(knots, sorted, 1))
  const spline = { ...knots, bends }
  const cost = 0.5 * ln(sorted.length) * NUMBERS_PER_KNOT * x.length
  return likelihood(spline, sorted) - normalLikelihood(sorted) > cost ? spline : identitySpline()
}

/** The bend of the tail on one side by which the rows beyond its knot are likeliest. */
function bendOf(knots: Omit<MarginalSpline, 'bends'>, sorted: Float64Array, sign: number): number {
  const { v } = knots
  const beyond = sign < 0 ? sorted.filter((value) => value < v[0]) : sorted.filter((value) => value > v[v.length - 1])
  const of = (bend: number) => likelihood({ ...knots, bends: Float64Array.of(bend, bend) }, beyond)
  let [best, bestBend] = [of(0) + TAIL_GAIN, 0]
  for (const length of LENGTHS) {
    const bend = Math.min(1 / length, BENDS.most)
    const value = of(bend)
    if (value > best) [best, bestBend] = [value, bend]
  }
  return bestBend
}

/** Σ ln g′ − ½z², but for a constant the log-likelihood of values whose image is standard normal. */
function likelihood(spline: MarginalSpline, values: Float64Array): number {
  const to: Mapped = { z: 0, slope: 1, bend: 0 }
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    mapMarginal(spline, values[i], to)
    sum += ln(to.slope) - 0.5 * to.z * to.z
  }
  return sum
}

/** The same of the line with mean 0 and variance 1 over the values: −½n(1 + ln variance). */
function normalLikelihood(values: Float64Array): number {
  const n = values.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += values[i] / n
  let variance = 0
  for (let i = 0; i < n; i++) variance += ((values[i] - mean) * (values[i] - mean)) / n
  return -0.5 * n * (1 + ln(variance))
}

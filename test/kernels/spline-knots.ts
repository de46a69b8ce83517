// Knots for the tests of splines that all rows share: random ones whose slopes are at most three times those of the bins
// beside them, as harmonic means are.
import { randomStream } from '#random/stream.js'

export interface Knots {
  readonly xs: Float32Array
  readonly zs: Float32Array
  readonly logSlopes: Float32Array
}

/** A purpose of these tests' own. */
const PURPOSE = 96
/** The least share of a bin in the outermost knot: float32 tells 2⁷ numbers in it. */
const LEAST = 2 ** -16

/** Sides of bins are e^(spread·normal); the last `repeated` knots are one. */
export function drawKnots(count: number, spread: number, repeated = 1, seed = 1): Knots {
  const stream = randomStream(seed, PURPOSE, count)
  const own = count - repeated + 1
  const rise = () => {
    const steps = Array.from({ length: own }, () => Math.exp(spread * stream.normal()))
    const total = steps.reduce((sum, step) => sum + step, 0)
    let at = -total / 2
    return Float32Array.from(steps, (step) => {
      at += step + LEAST * total
      return at
    })
  }
  const [x, z] = [rise(), rise()]
  const steep = Array.from(x.subarray(1), (right, k) => (z[k + 1] - z[k]) / (right - x[k]))
  const logSlope = Float32Array.from(x, (_, k) => {
    const [r, s] = [steep[Math.max(k - 1, 0)] ?? 1, steep[Math.min(k, own - 2)] ?? 1]
    const weight = (1 + stream.uniform()) / 3
    return Math.log((0.98 * (r * s)) / (weight * s + (1 - weight) * r))
  })
  const whole = (values: Float32Array) => Float32Array.from({ length: count }, (_, k) => values[Math.min(k, own - 1)])
  return { xs: whole(x), zs: whole(z), logSlopes: whole(logSlope) }
}

/** Numbers about and beyond knots: every third is one of them, every seventh lies far out. */
export function amongKnots(rows: number, knots: Float32Array, seed: number): Float32Array {
  const stream = randomStream(seed, PURPOSE, rows)
  const [first, last] = [knots[0], knots[knots.length - 1]]
  return Float32Array.from({ length: rows }, (_, t) => {
    const place = first + (last - first) * (1.4 * stream.uniform() - 0.2)
    if (t % 3 === 1) return knots[(5 * t) % knots.length]
    return t % 7 === 4 ? 1e6 * stream.normal() : place
  })
}

/** f and its first two derivatives at x, in float64 by the formulas of Gregory & Delbourgo as they are published. */
export function published({ xs, zs, logSlopes }: Knots, x: number) {
  let k = 0
  while (k < xs.length - 2 && x >= xs[k + 1]) k++
  const [w, h] = [xs[k + 1] - xs[k], zs[k + 1] - zs[k]]
  const [s, d0, d1] = [h / w, Math.exp(logSlopes[k]), Math.exp(logSlopes[k + 1])]
  const t = (x - xs[k]) / w
  const denominator = s + (d1 + d0 - 2 * s) * t * (1 - t)
  const z = zs[k] + (h * (s * t ** 2 + d0 * t * (1 - t))) / denominator
  const slope = (s ** 2 * (d1 * t ** 2 + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2)) / denominator ** 2
  return { z, slope }
}

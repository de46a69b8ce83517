import { exp, ln } from '../random/elementary.js'

/**
 * A fixed monotone map z = g(v) of one column, C¹: a rational-quadratic spline through knots, and beyond them a line or a
 * logarithm. One knot with two lines of slope 1 through 0 is the identity.
 */
export interface MarginalSpline {
  /** [knots], one at least; strictly increasing, as `z`. */
  readonly v: Float64Array
  /** g(v), [knots]. */
  readonly z: Float64Array
  /** g′(v), positive, [knots]. */
  readonly slopes: Float64Array
  /** The bend 1/a of the tail below the first knot and of that above the last, [2]; 0 is a line. */
  readonly bends: Float64Array
}

/** What a tail may bend by where it does: within it neither its logarithm nor its inverse loses more than 6 digits. */
export const BENDS = { least: 1e-3, most: 1e3 }

/** Of the exponent in an inverse tail: e^690 = 10^300 is a double, and what lies further out in z comes back as it. */
const MOST_EXPONENT = 690

/** g, g′ and (ln g′)′ at one value; written over by the next. */
export interface Mapped {
  z: number
  slope: number
  bend: number
}

/** The spline that changes nothing, exactly. */
export function identitySpline(): MarginalSpline {
  const zero = new Float64Array(1)
  return { v: zero, z: zero, slopes: Float64Array.of(1), bends: new Float64Array(2) }
}

/** Whether it is that one. */
export function isIdentity({ v, z, slopes, bends }: MarginalSpline): boolean {
  return v.length === 1 && v[0] === 0 && z[0] === 0 && slopes[0] === 1 && bends[0] === 0 && bends[1] === 0
}

/**
 * g(v), g′ and (ln g′)′ → `to`.
 *
 * Between knots, with w and h a bin's sides, s = h/w, δ = slope/s, ξ = (v − v_k)/w, η = 1 − ξ, N = δ₁ξ² + 2ξη + δ₀η² and
 * D = 1 + (δ₀ + δ₁ − 2)ξη: z = z_k + h(ξ² + δ₀ξη)/D, g′ = sN/D², (ln g′)′ = (N′/N − 2D′/D)/w with ′ by ξ inside. Through
 * ratios alone, so that bins 10³⁰⁰ wide are as good as others. Source: Gregory & Delbourgo, IMA J. Numer. Anal. 2 (1982).
 */
export function mapMarginal(spline: MarginalSpline, v: number, to: Mapped): void {
  const { v: knots } = spline
  const last = knots.length - 1
  if (v <= knots[0]) mapTail(spline, 0, -1, v, to)
  else if (v >= knots[last]) mapTail(spline, last, 1, v, to)
  else mapWithin(spline, binOf(knots, v), v, to)
}

function mapWithin({ v: knots, z, slopes }: MarginalSpline, k: number, v: number, to: Mapped): void {
  const w = knots[k + 1] - knots[k]
  const h = z[k + 1] - z[k]
  const s = h / w
  const [d0, d1] = [slopes[k] / s, slopes[k + 1] / s]
  const xi = (v - knots[k]) / w
  const eta = 1 - xi
  const curl = d0 + d1 - 2
  const d = 1 + curl * xi * eta
  const n = d1 * xi * xi + 2 * xi * eta + d0 * eta * eta
  to.z = z[k] + (h * (xi * xi + d0 * xi * eta)) / d
  to.slope = (s * n) / (d * d)
  const dn = 2 * (d1 * xi + eta - xi - d0 * eta)
  to.bend = (dn / n - (2 * curl * (eta - xi)) / d) / w
}

/**
 * Beyond the outer knot k with slope d, on the side of `sign`, t = d|v − v_k| and c = 1/a:
 * z = z_k ± ln(1 + ct)/c, or z_k ± t where c = 0; g′ = d/(1 + ct), (ln g′)′ = ∓cg′.
 */
function mapTail({ v: knots, z, slopes, bends }: MarginalSpline, k: number, sign: number, v: number, to: Mapped): void {
  const d = slopes[k]
  const c = bends[sign < 0 ? 0 : 1]
  const t = d * (sign * (v - knots[k]))
  to.z = z[k] + sign * (c === 0 ? t : ln(1 + c * t) / c)
  to.slope = c === 0 ? d : d / (1 + c * t)
  to.bend = -sign * c * to.slope
}

/**
 * v = g⁻¹(z). In a bin, with y = (z − z_k)/h, the root in [0, 1] of aξ² + bξ − y = 0, a = 1 − δ₀ + y(δ₀ + δ₁ − 2),
 * b = δ₀ − y(δ₀ + δ₁ − 2), in the form 2y/(b + √(b² + 4ay)) that does not cancel; in a tail v_k ± (e^(c|z − z_k|) − 1)/(cd), the
 * exponent no more than 690. Source of the root: Durkan et al., Neural Spline
 * Flows (2019), appendix A.2.
 */
export function unmapMarginal({ v: knots, z: values, slopes, bends }: MarginalSpline, z: number): number {
  const last = values.length - 1
  if (!(z > values[0]) || z >= values[last]) {
    const sign = z > values[0] ? 1 : -1
    const k = sign < 0 ? 0 : last
    const c = bends[sign < 0 ? 0 : 1]
    const far = sign * (z - values[k])
    const t = c === 0 ? far : (exp(Math.min(c * far, MOST_EXPONENT)) - 1) / c
    return knots[k] + (sign * t) / slopes[k]
  }
  const k = binOf(values, z)
  const w = knots[k + 1] - knots[k]
  const h = values[k + 1] - values[k]
  const s = h / w
  const [d0, d1] = [slopes[k] / s, slopes[k + 1] / s]
  const y = (z - values[k]) / h
  const curl = y * (d0 + d1 - 2)
  const [a, b] = [1 - d0 + curl, d0 - curl]
  const xi = (2 * y) / (b + Math.sqrt(Math.max(0, b * b + 4 * a * y)))
  return knots[k] + w * xi
}

/** The bin [knots[k], knots[k + 1]) of a value between the outer knots. */
function binOf(knots: Float64Array, value: number): number {
  let [low, high] = [0, knots.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (value < knots[middle]) high = middle
    else low = middle
  }
  return low
}

import { cos, exp, ln, sin } from '../../random/elementary.js'
import { type Curve, curveNodes } from './curve.js'
import { gaussLegendre } from './gauss-legendre.js'
import { generator, type Point } from './generator.js'

const SCALE = 1 / 3
/** Of the angle n = 3π √u, whose density is 2n/(3π)². */
const LONGEST = 3 * Math.PI
/** What is added to each coordinate is uniform on [0, BOX], and noise. */
const BOX = SCALE / 2
const SD = 0.1
/** By quadrature over the plane. */
const ENTROPY = 2.6454502837

const LN_2PI = ln(2 * Math.PI)
/** −ln of what a term must be beside the greatest one to count: what is left out is less than the rules' error. */
const NEGLIGIBLE = 25
/** −ln of the smallest number above 0. */
const UNDERFLOW = 745

const at = (n: number): Point => [-SCALE * n * cos(n), SCALE * n * sin(n)]

/** The middles of the boxes of the arm that begins with x1 < 0. */
const ARM: Curve = {
  from: 0,
  to: LONGEST,
  at: (n) => [at(n)[0] + BOX / 2, at(n)[1] + BOX / 2],
  density: (n) => (2 * n) / (LONGEST * LONGEST),
  speed: (n) => SCALE * Math.sqrt(1 + n * n),
}
let arm: Float64Array | undefined

/** Over the box, 1.7 standard deviations long: the relative error is below 1e-7. */
const RULE = gaussLegendre(5)
const RULE_MIDDLE = 2
const PRECISION = 1 / (2 * SD * SD)
const HALF = BOX / 2
/** The rule's places to the right of the middle. */
const PLACES = [HALF * RULE.nodes[RULE_MIDDLE + 1], HALF * RULE.nodes[RULE_MIDDLE + 2]]
/** Half the rule's weights at the middle and at those places, times exp(−place²/2sd²). */
const SHARES = [0, ...PLACES].map((place, i) => (RULE.weights[RULE_MIDDLE + i] / 2) * exp(-PRECISION * place * place))

/** Squared distance from the box in one coordinate, e from its middle. */
function squareBeyond(e: number): number {
  const beyond = Math.abs(e) - HALF
  return beyond > 0 ? beyond * beyond : 0
}

/** The mean of exp(−(e − v)²/2sd²) over the box |v| ≤ HALF, times exp(e²/2sd²); the nodes ±v share an exponential. */
function spread(e: number): number {
  const near = exp(2 * PRECISION * e * PLACES[0])
  const far = exp(2 * PRECISION * e * PLACES[1])
  return SHARES[0] + SHARES[1] * (near + 1 / near) + SHARES[2] * (far + 1 / far)
}

/**
 * p(x) = ½ q(x) + ½ q(−x), q that of the first arm: ∫ of its density of n times that of a coordinate's box and noise,
 * for both coordinates. Terms are relative to that of the nearest box; −∞ where p underflows.
 */
function logProb(x1: number, x2: number): number {
  arm ??= curveNodes([ARM], SD)
  let nearest = Infinity
  for (let sign = -1; sign <= 1; sign += 2) {
    for (let k = 0; k < arm.length; k += 3) {
      const square = squareBeyond(sign * x1 - arm[k]) + squareBeyond(sign * x2 - arm[k + 1])
      if (square < nearest) nearest = square
    }
  }
  if (nearest * PRECISION > UNDERFLOW) return -Infinity
  let sum = 0
  for (let sign = -1; sign <= 1; sign += 2) {
    for (let k = 0; k < arm.length; k += 3) {
      const e1 = sign * x1 - arm[k]
      const e2 = sign * x2 - arm[k + 1]
      if ((squareBeyond(e1) + squareBeyond(e2) - nearest) * PRECISION > NEGLIGIBLE) continue
      sum += arm[k + 2] * exp((nearest - e1 * e1 - e2 * e2) * PRECISION) * spread(e1) * spread(e2)
    }
  }
  return ln(sum / 2) - nearest * PRECISION - LN_2PI - 2 * ln(SD)
}

/** Two spirals, one the other turned half around, as in Grathwohl et al., FFJORD (2019). */
export const spirals = generator(
  '2spirals',
  ENTROPY,
  (stream) => {
    const sign = 1 - 2 * stream.integer(2)
    const [c1, c2] = at(LONGEST * Math.sqrt(stream.uniform()))
    const x1 = sign * (c1 + BOX * stream.uniform())
    const x2 = sign * (c2 + BOX * stream.uniform())
    return [x1 + SD * stream.normal(), x2 + SD * stream.normal()]
  },
  logProb,
)

/**
 * n points [n, 2] of ±(−n cos n + u′/2, n sin n + u″/2)/3 + N(0, 0.1² I) with n = 3π √u, each sign as often, u, u′ and
 * u″ uniform on [0, 1]; see Generator.generate.
 */
export const twoSpirals = spirals.generate

import { cos, cosTurn, exp, ln, sin, sinTurn } from '../../random/elementary.js'
import { generator, type Point } from './generator.js'
import { zeroBetween } from './zero.js'

const ARMS = 5
const SCALE = 2
/** Along an arm, r ~ N(1, 0.3²), and across it, s ~ N(0, 0.1²). */
const [RADIUS, RADIAL_SD, TANGENTIAL_SD] = [1, 0.3, 0.1]
/** Radians by which an arm is turned at r: RATE eʳ. */
const RATE = 0.25
/** By quadrature over r and s. */
const ENTROPY = 2.3177880359

/** (cos 2πk/5, sin 2πk/5). */
const ARM_TURNS = Array.from({ length: ARMS }, (_, k): Point => [cosTurn(k / ARMS), sinTurn(k / ARMS)])

/** Standard deviations of r that are searched for what may have become x. */
const REACH = 12
const CELLS = 144
const CELL = (2 * REACH * RADIAL_SD) / CELLS
/** At the ends of the cells r, the turn's speed RATE eʳ, and its cosine and sine. */
const ENDS = Array.from({ length: CELLS + 1 }, (_, i) => {
  const r = RADIUS - REACH * RADIAL_SD + CELL * i
  const turn = RATE * exp(r)
  return { r, turn, cosine: cos(turn), sine: sin(turn) }
})

const LN_SCALE = ln(ARMS * SCALE * SCALE * 2 * Math.PI * RADIAL_SD * TANGENTIAL_SD)

/**
 * ln Σ p(r) p(s)/(5·4·|∂(x/2)/∂(r, s)|) over the arms and (r, s) that give x, with r less than 12 standard deviations
 * off; −∞ where there are none.
 *
 * With x/2 turned counterclockwise by 2πk/5 + RATE eʳ, to (a(r), b(r)), these are the zeros of a(r) − r, and s = b(r).
 * As a′ = −b·RATE eʳ, the Jacobian is |1 + s·RATE eʳ|, the slope of a(r) − r but for its sign.
 */
function logProb(x1: number, x2: number): number {
  let greatest = -Infinity
  let sum = 0
  const add = (r: number, s: number, slope: number): void => {
    const [u, v] = [(r - RADIUS) / RADIAL_SD, s / TANGENTIAL_SD]
    const term = -0.5 * (u * u + v * v) - ln(Math.abs(slope))
    if (term > greatest) {
      sum = sum * exp(greatest - term) + 1
      greatest = term
    } else sum += exp(term - greatest)
  }
  for (const [cosine, sine] of ARM_TURNS) {
    const [z1, z2] = [x1 / SCALE, x2 / SCALE]
    visitOrigins(z1 * cosine - z2 * sine, z1 * sine + z2 * cosine, add)
  }
  return greatest + ln(sum) - LN_SCALE
}

/** Calls `visit` for every r and s that arm 0 takes to (z1, z2), with the slope of a(r) − r there. */
function visitOrigins(z1: number, z2: number, visit: (r: number, s: number, slope: number) => void): void {
  const offset = (r: number): number => {
    const turn = RATE * exp(r)
    return z1 * cos(turn) - z2 * sin(turn) - r
  }
  const across = (turn: number): number => z1 * sin(turn) + z2 * cos(turn)
  const slope = (r: number): number => -across(RATE * exp(r)) * RATE * exp(r) - 1
  const search = (from: number, to: number): void => {
    const r = zeroBetween(offset, from, to)
    visit(r, across(RATE * exp(r)), slope(r))
  }
  const length = Math.sqrt(z1 * z1 + z2 * z2)
  let [from, before, slopeBefore] = [NaN, NaN, NaN]
  for (const { r, turn, cosine, sine } of ENDS) {
    // Turning leaves (r, s) as long as it was.
    if (r < -length - CELL) continue
    const value = z1 * cosine - z2 * sine - r
    const slopeHere = -(z1 * sine + z2 * cosine) * turn - 1
    if (before > 0 !== value > 0 && from < r) search(from, r)
    else if (slopeBefore > 0 !== slopeHere > 0 && from < r) {
      // Where it turns around inside the cell it may have two zeros there.
      const summit = zeroBetween(slope, from, r)
      if (offset(summit) > 0 !== value > 0) {
        search(from, summit)
        search(summit, r)
      }
    }
    if (r > length) break
    from = r
    before = value
    slopeBefore = slopeHere
  }
}

/** Five arms that wind outward, after M. Johnson et al., "Composing graphical models with neural networks" (2016). */
export const wheel = generator(
  'pinwheel',
  ENTROPY,
  (stream) => {
    const [cosine, sine] = ARM_TURNS[stream.integer(ARMS)]
    const r = RADIUS + RADIAL_SD * stream.normal()
    const s = TANGENTIAL_SD * stream.normal()
    const turn = RATE * exp(r)
    const [z1, z2] = [r * cos(turn) + s * sin(turn), s * cos(turn) - r * sin(turn)]
    return [SCALE * (z1 * cosine + z2 * sine), SCALE * (z2 * cosine - z1 * sine)]
  },
  logProb,
)

/**
 * n points [n, 2] of a pinwheel: (r, s) with r ~ N(1, sd 0.3) and s ~ N(0, sd 0.1), turned clockwise by 2πk/5 + ¼eʳ
 * with k of {0, …, 4}, doubled; see Generator.generate.
 */
export const pinwheel = wheel.generate

// exp, log, tanh, sin and cos of four floats. Coefficients are relative minimax fits (Lawson iteration) of our own;
// the errors given are of the fit, the tests hold the float32 evaluation to its total.
import { splat } from './vector'

const LOG2E: f32 = 1.44269504
/** ln 2 in two parts: n · LN2_HIGH is exact for |n| < 2¹⁵. */
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440e-4
/** 1.5 · 2²³: adding it leaves round-to-nearest(x) in the low mantissa bits. */
const ROUND: f32 = 12582912

/** e^r for |r| ≤ ln 2 / 2, within 0.05 · 2⁻²⁴ before rounding. */
@inline
function expReduced(r: v128): v128 {
  let p = splat(0.00138145340739)
  p = f32x4.add(f32x4.mul(p, r), splat(0.00836872265473))
  p = f32x4.add(f32x4.mul(p, r), splat(0.041668389379))
  p = f32x4.add(f32x4.mul(p, r), splat(0.166665205696))
  p = f32x4.add(f32x4.mul(p, r), splat(0.499999934412))
  p = f32x4.mul(f32x4.mul(p, r), r)
  return f32x4.add(f32x4.add(p, r), splat(1))
}

/** x − n ln 2 */
@inline
function reduce(x: v128, n: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(n, splat(LN2_HIGH))), f32x4.mul(n, splat(LN2_LOW)))
}

/** e^x with x clamped to [−87.3, 88.3], where the result is a normal number: what the layers' log-scales need. */
@inline
export function expNormal(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(88.3)), splat(-87.3))
  const shifted = f32x4.add(f32x4.mul(x, splat(LOG2E)), splat(ROUND))
  const n = f32x4.sub(shifted, splat(ROUND))
  // The shift leaves n in the exponent's place and pushes the rest of `shifted` out.
  return i32x4.add(expReduced(reduce(x, n)), i32x4.shl(shifted, 23))
}

/** e^x over all floats: +∞ above 88.7229, subnormals down to −103.97, 0 below. */
@inline
export function exp(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-104.1))
  const shifted = f32x4.add(f32x4.mul(x, splat(LOG2E)), splat(ROUND))
  const n = f32x4.sub(shifted, splat(ROUND))
  const exponent = i32x4.sub(shifted, splat(ROUND))
  // 2ⁿ in two factors, since n runs from −150 to 128: the first is exact, the second rounds once.
  const half = i32x4.shr_s(exponent, 1)
  const first = i32x4.add(expReduced(reduce(x, n)), i32x4.shl(half, 23))
  const second = i32x4.shl(i32x4.add(i32x4.sub(exponent, half), i32x4.splat(127)), 23)
  // NaN has gone through the integer arithmetic above: put it back.
  return v128.bitselect(f32x4.mul(first, second), x, f32x4.eq(x, x))
}

/** ln x: x = 2ᵉ(1 + f) with 1 + f in [√½, √2); ln(1 + f) = f − f²/2 + f³p(f), p within 0.5 · 2⁻²⁴ of the whole. */
@inline
export function log(x: v128): v128 {
  const subnormal = f32x4.lt(x, splat(1.17549435e-38))
  const scaled = v128.bitselect(f32x4.mul(x, splat(8388608)), x, subnormal)
  // Taking the bits of √½ away first makes the exponent field count from there.
  const bits = i32x4.sub(scaled, i32x4.splat(0x3f3504f3))
  const exponent = i32x4.sub(i32x4.shr_s(bits, 23), v128.and(subnormal, i32x4.splat(23)))
  const mantissa = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3))
  const f = f32x4.sub(mantissa, splat(1))
  const e = f32x4.convert_i32x4_s(exponent)
  let p = splat(0.0870037847657)
  p = f32x4.add(f32x4.mul(p, f), splat(-0.14267475506))
  p = f32x4.add(f32x4.mul(p, f), splat(0.149147863854))
  p = f32x4.add(f32x4.mul(p, f), splat(-0.165775874913))
  p = f32x4.add(f32x4.mul(p, f), splat(0.199630621155))
  p = f32x4.add(f32x4.mul(p, f), splat(-0.250013368715))
  p = f32x4.add(f32x4.mul(p, f), splat(0.33333910768))
  const square = f32x4.mul(f, f)
  p = f32x4.mul(f32x4.mul(p, f), square)
  p = f32x4.add(p, f32x4.mul(e, splat(LN2_LOW)))
  p = f32x4.sub(p, f32x4.mul(square, splat(0.5)))
  const result = f32x4.add(f32x4.add(f, p), f32x4.mul(e, splat(LN2_HIGH)))
  return logEdges(x, result)
}

/** −∞ at ±0, +∞ at +∞, NaN for negative numbers and NaN. */
@inline
function logEdges(x: v128, result: v128): v128 {
  const infinity = splat(<f32>Infinity)
  result = v128.bitselect(infinity, result, f32x4.eq(x, infinity))
  result = v128.bitselect(splat(<f32>-Infinity), result, f32x4.eq(x, splat(0)))
  return v128.bitselect(result, splat(<f32>NaN), f32x4.ge(x, splat(0)))
}

/** Beyond this tanh rounds to ±1, and so does the quotient below. */
const TANH_SATURATES: f32 = 9.02

/** tanh x = x P(x²)/Q(x²), P(0) = Q(0) = 1, within 0.37 · 2⁻²⁴ before rounding; tiny x come back exactly. */
@inline
export function tanh(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(TANH_SATURATES)), splat(-TANH_SATURATES))
  const y = f32x4.mul(x, x)
  let p = splat(1.33826919161e-8)
  p = f32x4.add(f32x4.mul(p, y), splat(2.06349930475e-5))
  p = f32x4.add(f32x4.mul(p, y), splat(0.00349742333419))
  p = f32x4.add(f32x4.mul(p, y), splat(0.133826641508))
  p = f32x4.add(f32x4.mul(p, y), splat(1))
  let q = splat(7.78968715423e-7)
  q = f32x4.add(f32x4.mul(q, y), splat(0.000328844951573))
  q = f32x4.add(f32x4.mul(q, y), splat(0.0258842481661))
  q = f32x4.add(f32x4.mul(q, y), splat(0.467159855818))
  q = f32x4.add(f32x4.mul(q, y), splat(1))
  return f32x4.div(f32x4.mul(x, p), q)
}

const TWO_OVER_PI: f32 = 0.636619772
/** π/2 in three parts, so that the reduction by up to four quarter turns loses nothing. */
const QUARTER_HIGH: f32 = 1.5703125
const QUARTER_MIDDLE: f32 = 4.83826792333275e-4
const QUARTER_LOW: f32 = 2.56334415e-12

/** x − k π/2 for the quarter turn k nearest; k in the low bits of `turns`. */
@inline
function quarterTurns(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, splat(TWO_OVER_PI)), splat(ROUND))
}

@inline
function reduceTurn(x: v128, turns: v128): v128 {
  const k = f32x4.sub(turns, splat(ROUND))
  x = f32x4.sub(x, f32x4.mul(k, splat(QUARTER_HIGH)))
  x = f32x4.sub(x, f32x4.mul(k, splat(QUARTER_MIDDLE)))
  return f32x4.sub(x, f32x4.mul(k, splat(QUARTER_LOW)))
}

@inline
function sinReduced(r: v128, y: v128): v128 {
  let p = splat(-0.000195152838457)
  p = f32x4.add(f32x4.mul(p, y), splat(0.00833216076761))
  p = f32x4.add(f32x4.mul(p, y), splat(-0.166666546097))
  return f32x4.add(f32x4.mul(f32x4.mul(p, y), r), r)
}

@inline
function cosReduced(y: v128): v128 {
  let p = splat(2.44384508191e-5)
  p = f32x4.add(f32x4.mul(p, y), splat(-0.00138873675078))
  p = f32x4.add(f32x4.mul(p, y), splat(0.0416666468662))
  return f32x4.add(f32x4.mul(f32x4.mul(p, y), y), f32x4.sub(splat(1), f32x4.mul(y, splat(0.5))))
}

/** sin(x + quarters · π/2) for x in [0, 2π]: odd quarters are cosines, two quarters turn the sign. */
@inline
function turned(x: v128, quarters: i32): v128 {
  const turns = quarterTurns(x)
  const r = reduceTurn(x, turns)
  const y = f32x4.mul(r, r)
  const k = i32x4.add(turns, i32x4.splat(quarters))
  const odd = i32x4.eq(v128.and(k, i32x4.splat(1)), i32x4.splat(1))
  const sign = i32x4.shl(v128.and(k, i32x4.splat(2)), 30)
  return v128.xor(v128.bitselect(cosReduced(y), sinReduced(r, y), odd), sign)
}

@inline
export function sin(x: v128): v128 {
  return turned(x, 0)
}

@inline
export function cos(x: v128): v128 {
  return turned(x, 1)
}

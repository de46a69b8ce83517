// What the ways there and back of the rational-quadratic spline share: softmax, widths, slopes, and the parts of f.
//
// Loops ask at their ends whether to go on: what does not change in a loop that may not run at all, such as a quotient
// that only it needs, V8 computes in the loop, again and again.
import { load, store, wholeBytes } from './lanes'
import { expNear, log1pUnit } from './math'

/** e to this is nothing beside 1, and no denormal when divided. */
const EXP_LEAST: f32 = -80

@inline
function expBelow(logits: v128, top: v128): v128 {
  return expNear(f32x4.pmax(f32x4.sub(logits, top), f32x4.splat(EXP_LEAST)))
}

/**
 * Logits of a vector of rows become probabilities, in place; those of two arrays, so that the one's maxima and sums do
 * not wait for themselves alone. Addresses and strides in bytes.
 */
@inline
function softmax4(bins: i32, a: usize, aStride: usize, b: usize, bStride: usize, lanes: i32): void {
  let aTop = load(a, lanes)
  let bTop = load(b, lanes)
  let aAt = a
  let bAt = b
  for (let k = 1; k < bins; k++) {
    aAt += aStride
    bAt += bStride
    aTop = f32x4.pmax(aTop, load(aAt, lanes))
    bTop = f32x4.pmax(bTop, load(bAt, lanes))
  }
  let aSum = f32x4.splat(0)
  let bSum = f32x4.splat(0)
  aAt = a
  bAt = b
  let k = 0
  do {
    const aExp = expBelow(load(aAt, lanes), aTop)
    const bExp = expBelow(load(bAt, lanes), bTop)
    store(aAt, aExp, lanes)
    store(bAt, bExp, lanes)
    aSum = f32x4.add(aSum, aExp)
    bSum = f32x4.add(bSum, bExp)
    aAt += aStride
    bAt += bStride
  } while (++k < bins)
  const aScale = f32x4.div(f32x4.splat(1), aSum)
  const bScale = f32x4.div(f32x4.splat(1), bSum)
  k = 0
  do {
    store(a, f32x4.mul(load(a, lanes), aScale), lanes)
    store(b, f32x4.mul(load(b, lanes), bScale), lanes)
    a += aStride
    b += bStride
  } while (++k < bins)
}

export function softmax(bins: i32, rows: i32, a: usize, aStride: usize, b: usize, bStride: usize): void {
  const whole = wholeBytes(rows)
  if (whole) {
    let i: usize = 0
    do softmax4(bins, a + i, aStride, b + i, bStride, 4)
    while ((i += 16) < whole)
  }
  if (rows & 3) softmax4(bins, a + whole, aStride, b + whole, bStride, rows & 3)
}

/** From a probability to a width or height: what is multiplied by it, and what is added. */
@inline
export function widthScale(bins: i32, box: f32, minBinSize: f64): v128 {
  return f32x4.splat(<f32>(2 * <f64>box * (1 - <f64>bins * minBinSize)))
}

@inline
export function leastWidth(box: f32, minBinSize: f64): v128 {
  return f32x4.splat(<f32>(2 * <f64>box * minBinSize))
}

@inline
export function widthOf(probability: v128, scale: v128, least: v128): v128 {
  return f32x4.add(f32x4.mul(probability, scale), least)
}

@inline
export function within(x: v128, box: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(box)), f32x4.splat(-box))
}

/** Of each row, one of its numbers; addresses and strides in bytes. */
@inline
export function pick(numbers: usize, stride: usize, index: v128, lanes: i32): v128 {
  const offset = i32x4.mul(index, i32x4.splat(<i32>stride))
  let picked = v128.load32_zero(numbers + i32x4.extract_lane(offset, 0))
  if (lanes > 1) picked = v128.load32_lane(numbers + i32x4.extract_lane(offset, 1), picked, 1, 4)
  if (lanes > 2) picked = v128.load32_lane(numbers + i32x4.extract_lane(offset, 2), picked, 2, 8)
  if (lanes > 3) picked = v128.load32_lane(numbers + i32x4.extract_lane(offset, 3), picked, 3, 12)
  return picked
}

/** With identity tails the first raw slope is that of the second knot, with none at ±B; there it is anyone's. */
@inline
export function leftSlope(circular: bool, bin: v128): v128 {
  return i32x4.max_s(i32x4.sub(bin, i32x4.splat(circular ? 0 : 1)), i32x4.splat(0))
}

@inline
export function rightSlope(circular: bool, bins: i32, bin: v128): v128 {
  const next = i32x4.add(bin, i32x4.splat(circular ? 1 : 0))
  return v128.and(next, i32x4.ne(next, i32x4.splat(circular ? bins : bins - 1)))
}

/** Set where a slope is 1: at bin `end` of identity tails. */
@inline
export function fixed(circular: bool, bin: v128, end: i32): v128 {
  return i32x4.eq(bin, i32x4.splat(circular ? -1 : end))
}

/** e^−|v| */
@inline
export function expOf(v: v128): v128 {
  return expNear(f32x4.pmax(f32x4.neg(f32x4.abs(v)), f32x4.splat(EXP_LEAST)))
}

/** softplus(v) + least, softplus(v) = max(v, 0) + ln(1 + e^−|v|) and v = raw + shift; 1 where the mask is set. */
@inline
export function slopeOf(raw: v128, shift: v128, least: v128, one: v128): v128 {
  const v = f32x4.add(raw, shift)
  const softplus = f32x4.add(f32x4.pmax(v, f32x4.splat(0)), log1pUnit(expOf(v)))
  return v128.bitselect(f32x4.splat(1), f32x4.add(softplus, least), one)
}

/** A + C of rational-quadratic.ts */
@inline
export function denominator(xi: v128, eta: v128, s: v128, d0: v128, d1: v128): v128 {
  return f32x4.add(risen(xi, eta, s, d0), risen(eta, xi, s, d1))
}

/** A = ξ(sξ + d₀η), and C with the ends exchanged */
@inline
export function risen(xi: v128, eta: v128, s: v128, d0: v128): v128 {
  return f32x4.mul(xi, f32x4.add(f32x4.mul(s, xi), f32x4.mul(d0, eta)))
}

/** d₁ξ² + 2sξη + d₀η² */
@inline
export function numerator(xi: v128, eta: v128, s: v128, d0: v128, d1: v128): v128 {
  const right = f32x4.mul(xi, f32x4.add(f32x4.mul(d1, xi), f32x4.mul(s, eta)))
  return f32x4.add(right, f32x4.mul(eta, f32x4.add(f32x4.mul(d0, eta), f32x4.mul(s, xi))))
}

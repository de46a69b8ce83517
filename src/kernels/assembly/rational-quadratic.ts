// Rational-quadratic spline of one coordinate; the backward maps are in rational-quadratic-backward.ts.
//
// With ξ from the bin's left end and η from its right one, both as shares of it, A = ξ(sξ + d₀η) and C = η(sη + d₁ξ), the
// map is f = A/(A + C): the usual denominator s + (d₀ + d₁ − 2s)ξη is A + C, as 1 = (ξ + η)². No difference is left in it,
// so that float32 does for any slopes. Every step of `share` and of `inverseRatio` is monotone in what the row gives it,
// rounding is, and results stay between their bin's ends: of two rows under one spline the greater never comes out
// smaller.
import { bytes, load, store, wholeBytes } from './lanes'
import { logNormal } from './math'
import {
  denominator, fixed, leastWidth, leftSlope, numerator, pick, rightSlope, slopeOf, softmax, widthOf, widthScale, within,
} from './rational-quadratic-bin'

/** ln(s²·numerator/denominator²) */
@inline
function logSlope(xi: v128, eta: v128, s: v128, d0: v128, d1: v128): v128 {
  const ratio = f32x4.div(s, denominator(xi, eta, s, d0, d1))
  const slope = f32x4.mul(numerator(xi, eta, s, d0, d1), f32x4.mul(ratio, ratio))
  return logNormal(slope, i32x4.splat(0))
}

/**
 * A/(A + C) = 1/(1 + (s·b/a + d₁)/(s·a/b + d₀)), for the distances a and b from the bin's ends, of which one may be 0. As a
 * grows and b falls, no step goes back.
 */
@inline
function share(a: v128, b: v128, s: v128, d0: v128, d1: v128): v128 {
  const rest = f32x4.add(f32x4.div(f32x4.mul(s, b), a), d1)
  const q = f32x4.div(rest, f32x4.add(f32x4.div(f32x4.mul(s, a), b), d0))
  return f32x4.div(f32x4.splat(1), f32x4.add(q, f32x4.splat(1)))
}

/**
 * η/ξ of what `share` maps to c/(c + e). With ρ = e/c, d₀ρ − d₁ = v ≥ 0: η/ξ = (v + √(v² + 4s²ρ))/2s; where v < 0 the same
 * from the other end, with ρ = c/e and slopes exchanged, gives ξ/η. Both are √(d₁/d₀) where they meet, which is also held
 * to where rounding would let them cross. Too large for float32 is ∞, and ξ 0.
 */
@inline
function inverseRatio(c: v128, e: v128, s: v128, d0: v128, d1: v128): v128 {
  const near = f32x4.ge(f32x4.mul(d0, e), f32x4.mul(d1, c))
  const rho = f32x4.div(v128.bitselect(e, c, near), v128.bitselect(c, e, near))
  const own = v128.bitselect(d0, d1, near)
  const other = v128.bitselect(d1, d0, near)
  const v = f32x4.pmax(f32x4.sub(f32x4.mul(own, rho), other), f32x4.splat(0))
  const twice = f32x4.add(s, s)
  const root = f32x4.sqrt(f32x4.add(f32x4.mul(v, v), f32x4.mul(f32x4.mul(twice, twice), rho)))
  const sum = f32x4.add(v, root)
  const ratio = f32x4.div(v128.bitselect(sum, twice, near), v128.bitselect(twice, sum, near))
  const meeting = f32x4.sqrt(f32x4.div(d1, d0))
  return v128.bitselect(f32x4.pmax(ratio, meeting), f32x4.pmin(ratio, meeting), near)
}

/** f, or of the inverse η/ξ, of a row at the distances a and b from its bin's ends. */
@inline
function place(inverse: bool, a: v128, b: v128, s: v128, d0: v128, d1: v128): v128 {
  return inverse ? inverseRatio(a, b, s, d0, d1) : share(a, b, s, d0, d1)
}

@inline
function xiOf(ratio: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(ratio, f32x4.splat(1)))
}

/** Where that is in the other side's bin. A sum need not hit the end that it should, nor stay below it. */
@inline
function placed(inverse: bool, place: v128, left: v128, right: v128): v128 {
  const part = inverse ? xiOf(place) : place
  const sum = f32x4.add(left, f32x4.mul(f32x4.sub(right, left), part))
  return v128.bitselect(right, f32x4.pmin(sum, right), f32x4.ge(part, f32x4.splat(1)))
}

/** ±ln ∂z/∂x there */
@inline
function changeAt(inverse: bool, place: v128, a: v128, b: v128, s: v128, d0: v128, d1: v128): v128 {
  if (inverse) {
    const xi = xiOf(place)
    // 1, too, where ξ = 0 and the ratio is ∞.
    return f32x4.neg(logSlope(xi, f32x4.pmin(f32x4.splat(1), f32x4.mul(place, xi)), s, d0, d1))
  }
  const perLength = f32x4.div(f32x4.splat(1), f32x4.add(a, b))
  return logSlope(f32x4.mul(a, perLength), f32x4.mul(b, perLength), s, d0, d1)
}

@inline
function rightEnd(left: v128, width: v128, bin: v128, bins: i32, box: f32): v128 {
  return v128.bitselect(f32x4.splat(box), f32x4.add(left, width), i32x4.eq(bin, i32x4.splat(bins - 1)))
}

/** The number of a row's bin, −1 and `bins` outside. */
@inline
function numberOf(bin: v128, inside: v128, given: v128, bins: i32, box: f32): v128 {
  const above = f32x4.gt(given, f32x4.splat(box))
  const outside = v128.bitselect(f32x4.splat(<f32>bins), f32x4.splat(-1), above)
  return v128.bitselect(f32x4.convert_i32x4_s(bin), outside, inside)
}

/**
 * Two vectors of rows, the second `next` bytes behind the first: each by itself is a chain of operations longer than a
 * core looks ahead. Where there is but one, the second is the first again: all is read before anything is written.
 * `own` are the probabilities of the side on which values come in, widths or, of the inverse, heights. Ends of bins are
 * sums of widths from −B on, in one order whatever the bin, and B itself.
 */
@inline
function transformPair(
  inverse: bool, circular: bool, bins: i32, box: f32, scale: v128, least: v128, shift: v128, leastSlope: v128,
  own: usize, ownStride: usize, other: usize, otherStride: usize, slopes: usize, slopesStride: usize, from: usize,
  to: usize, logDet: usize, bin: usize, lanes: i32, next: usize, nextLanes: i32,
): void {
  const given0 = load(from, lanes)
  const given1 = load(from + next, nextLanes)
  const value0 = within(given0, box)
  const value1 = within(given1, box)
  let edge0 = f32x4.splat(-box)
  let edge1 = edge0
  let left0 = edge0
  let left1 = edge0
  let otherLeft0 = edge0
  let otherLeft1 = edge0
  let bin0 = i32x4.splat(0)
  let bin1 = bin0
  let ownAt = own
  let otherAt = other
  for (let k = 1; k < bins; k++) {
    const width0 = widthOf(load(ownAt, lanes), scale, least)
    const width1 = widthOf(load(ownAt + next, nextLanes), scale, least)
    edge0 = f32x4.add(edge0, width0)
    edge1 = f32x4.add(edge1, width1)
    const above0 = f32x4.ge(value0, edge0)
    const above1 = f32x4.ge(value1, edge1)
    left0 = f32x4.add(left0, v128.and(width0, above0))
    left1 = f32x4.add(left1, v128.and(width1, above1))
    otherLeft0 = f32x4.add(otherLeft0, v128.and(widthOf(load(otherAt, lanes), scale, least), above0))
    otherLeft1 = f32x4.add(otherLeft1, v128.and(widthOf(load(otherAt + next, nextLanes), scale, least), above1))
    bin0 = i32x4.sub(bin0, above0)
    bin1 = i32x4.sub(bin1, above1)
    ownAt += ownStride
    otherAt += otherStride
  }
  const width0 = widthOf(pick(own, ownStride, bin0, lanes), scale, least)
  const width1 = widthOf(pick(own + next, ownStride, bin1, nextLanes), scale, least)
  const otherWidth0 = widthOf(pick(other, otherStride, bin0, lanes), scale, least)
  const otherWidth1 = widthOf(pick(other + next, otherStride, bin1, nextLanes), scale, least)
  const raw00 = pick(slopes, slopesStride, leftSlope(circular, bin0), lanes)
  const raw01 = pick(slopes, slopesStride, rightSlope(circular, bins, bin0), lanes)
  const raw10 = pick(slopes + next, slopesStride, leftSlope(circular, bin1), nextLanes)
  const raw11 = pick(slopes + next, slopesStride, rightSlope(circular, bins, bin1), nextLanes)
  const logDet0 = load(logDet, lanes)
  const logDet1 = load(logDet + next, nextLanes)

  const d00 = slopeOf(raw00, shift, leastSlope, fixed(circular, bin0, 0))
  const d01 = slopeOf(raw01, shift, leastSlope, fixed(circular, bin0, bins - 1))
  const d10 = slopeOf(raw10, shift, leastSlope, fixed(circular, bin1, 0))
  const d11 = slopeOf(raw11, shift, leastSlope, fixed(circular, bin1, bins - 1))
  const s0 = inverse ? f32x4.div(width0, otherWidth0) : f32x4.div(otherWidth0, width0)
  const s1 = inverse ? f32x4.div(width1, otherWidth1) : f32x4.div(otherWidth1, width1)
  // At a knot of 0, −0 has a distance of −0, and a quotient by it the wrong sign.
  const a0 = f32x4.abs(f32x4.sub(value0, left0))
  const a1 = f32x4.abs(f32x4.sub(value1, left1))
  const b0 = f32x4.sub(rightEnd(left0, width0, bin0, bins, box), value0)
  const b1 = f32x4.sub(rightEnd(left1, width1, bin1, bins, box), value1)
  const place0 = place(inverse, a0, b0, s0, d00, d01)
  const place1 = place(inverse, a1, b1, s1, d10, d11)
  const result0 = placed(inverse, place0, otherLeft0, rightEnd(otherLeft0, otherWidth0, bin0, bins, box))
  const result1 = placed(inverse, place1, otherLeft1, rightEnd(otherLeft1, otherWidth1, bin1, bins, box))
  const change0 = changeAt(inverse, place0, a0, b0, s0, d00, d01)
  const change1 = changeAt(inverse, place1, a1, b1, s1, d10, d11)
  const all = i32x4.splat(circular ? -1 : 0)
  const inside0 = v128.or(f32x4.eq(value0, given0), all)
  const inside1 = v128.or(f32x4.eq(value1, given1), all)
  store(to, v128.bitselect(result0, given0, inside0), lanes)
  store(to + next, v128.bitselect(result1, given1, inside1), nextLanes)
  store(logDet, f32x4.add(logDet0, v128.and(change0, inside0)), lanes)
  store(logDet + next, f32x4.add(logDet1, v128.and(change1, inside1)), nextLanes)
  store(bin, numberOf(bin0, inside0, given0, bins, box), lanes)
  store(bin + next, numberOf(bin1, inside1, given1, bins, box), nextLanes)
}

/** All rows, once both sides are probabilities. Addresses and strides in bytes; `inverse` is a constant. */
@inline
function transform(
  inverse: bool, circular: bool, bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32,
  own: usize, ownStride: usize, other: usize, otherStride: usize, slopes: usize, slopesStride: usize, from: usize,
  to: usize, logDet: usize, bin: usize,
): void {
  const scale = widthScale(bins, box, minBinSize)
  const least = leastWidth(box, minBinSize)
  const shift = f32x4.splat(slopeShift)
  const leastSlope = f32x4.splat(minDerivative)
  // Of one bin with identity tails there is no slope to read, and what is read in its place does not matter.
  if (!circular && bins == 1) slopes = from
  const whole = wholeBytes(rows) & ~31
  if (whole) {
    let i: usize = 0
    do {
      transformPair(
        inverse, circular, bins, box, scale, least, shift, leastSlope, own + i, ownStride, other + i, otherStride,
        slopes + i, slopesStride, from + i, to + i, logDet + i, bin + i, 4, 16, 4)
    } while ((i += 32) < whole)
  }
  const rest = rows & 7
  if (rest) {
    transformPair(
      inverse, circular, bins, box, scale, least, shift, leastSlope, own + whole, ownStride, other + whole, otherStride,
      slopes + whole, slopesStride, from + whole, to + whole, logDet + whole, bin + whole, min(rest, 4),
      rest > 4 ? 16 : 0, rest > 4 ? rest - 4 : rest)
  }
}

function forward(
  circular: bool, bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, z: usize,
  logDet: usize, bin: usize,
): void {
  softmax(bins, rows, bytes(widths), bytes(widthsStride), bytes(heights), bytes(heightsStride))
  transform(
    false, circular, bins, rows, box, minBinSize, minDerivative, slopeShift, bytes(widths), bytes(widthsStride),
    bytes(heights), bytes(heightsStride), bytes(slopes), bytes(slopesStride), bytes(x), bytes(z), bytes(logDet),
    bytes(bin))
}

function inverse(
  circular: bool, bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, z: usize, x: usize,
  logDet: usize, bin: usize,
): void {
  softmax(bins, rows, bytes(widths), bytes(widthsStride), bytes(heights), bytes(heightsStride))
  transform(
    true, circular, bins, rows, box, minBinSize, minDerivative, slopeShift, bytes(heights), bytes(heightsStride),
    bytes(widths), bytes(widthsStride), bytes(slopes), bytes(slopesStride), bytes(z), bytes(x), bytes(logDet),
    bytes(bin))
}

export function rationalQuadratic(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, z: usize,
  logDet: usize, bin: usize,
): void {
  forward(
    false, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, x, z, logDet, bin)
}

export function circularRationalQuadratic(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, z: usize,
  logDet: usize, bin: usize,
): void {
  forward(
    true, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, x, z, logDet, bin)
}

export function rationalQuadraticInverse(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, z: usize, x: usize,
  logDet: usize, bin: usize,
): void {
  inverse(
    false, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, z, x, logDet, bin)
}

export function circularRationalQuadraticInverse(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, z: usize, x: usize,
  logDet: usize, bin: usize,
): void {
  inverse(
    true, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, z, x, logDet, bin)
}

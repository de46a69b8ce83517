// A monotone spline through knots that are the same for all rows (see ../operations/quantile-spline.ts). Knots do not
// fall, slopes are such that e^logSlopes and what is made of it are normal; within a bin no slope is far above the bin's
// own h/w, so that ξ and η of the inverse have the accuracy of what they are made of.
import { bytes, load, store } from './lanes'
import { count, uncount } from './map-rows'
import { expNear, logNormal } from './math'
import { denominator, inverseRatio, numerator, share } from './rational-bin'

/** How many knots are not above a value, less one. NaN is above none and below none: it counts as −1. */
@inline
function binOf(knots: i32, at: usize, value: v128): v128 {
  let bin = i32x4.splat(-1)
  const end = bytes(knots)
  for (let k: usize = 0; k < end; k += 4) bin = i32x4.sub(bin, f32x4.ge(value, v128.load32_splat(at + k)))
  return bin
}

// Of an array of knots, what stands at a row's bin and behind it: rows 0 and 1, rows 2 and 3, then all lefts or rights.

@inline
function pair01(at: usize, offset: v128): v128 {
  const first = v128.load64_zero(at + i32x4.extract_lane(offset, 0))
  return v128.load64_lane(at + i32x4.extract_lane(offset, 1), first, 1)
}

@inline
function pair23(at: usize, offset: v128): v128 {
  const first = v128.load64_zero(at + i32x4.extract_lane(offset, 2))
  return v128.load64_lane(at + i32x4.extract_lane(offset, 3), first, 1)
}

@inline
function lefts(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6)
}

@inline
function rights(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7)
}

/** ∂ln f′/∂x = 2(((d₁ − s)ξ + (s − d₀)η)/N − (d₀ + d₁ − 2s)(η − ξ)/D)/w; d₀ + d₁ − 2s = (d₁ − s) − (s − d₀) */
@inline
function bendOf(xi: v128, eta: v128, s: v128, d0: v128, d1: v128, n: v128, d: v128, w: v128): v128 {
  const right = f32x4.sub(d1, s)
  const left = f32x4.sub(s, d0)
  const first = f32x4.div(f32x4.add(f32x4.mul(right, xi), f32x4.mul(left, eta)), n)
  const second = f32x4.div(f32x4.mul(f32x4.sub(right, left), f32x4.sub(eta, xi)), d)
  const half = f32x4.sub(first, second)
  return f32x4.div(f32x4.add(half, half), w)
}

/**
 * A vector of rows: `own` are the knots of the side on which values come in, xs or, of the inverse, zs. Both a bin's and a
 * tail's results are made, of values that may lie outside of it, and one is taken.
 */
@inline
function spline4(
  inverse: bool, knots: i32, own: usize, other: usize, logSlopes: usize, from: usize, to: usize, logDet: usize,
  slope: usize, bend: usize, bin: usize, lanes: i32,
): void {
  const value = load(from, lanes)
  const index = binOf(knots, own, value)
  const below = i32x4.lt_s(index, i32x4.splat(0))
  const outside = v128.or(below, i32x4.eq(index, i32x4.splat(knots - 1)))
  const inner = i32x4.max_s(i32x4.min_s(index, i32x4.splat(knots - 2)), i32x4.splat(0))
  const offset = i32x4.shl(inner, 2)
  const own01 = pair01(own, offset)
  const own23 = pair23(own, offset)
  const other01 = pair01(other, offset)
  const other23 = pair23(other, offset)
  const log01 = pair01(logSlopes, offset)
  const log23 = pair23(logSlopes, offset)
  const left = lefts(own01, own23)
  const right = rights(own01, own23)
  const otherLeft = lefts(other01, other23)
  const otherRight = rights(other01, other23)
  const log0 = lefts(log01, log23)
  const log1 = rights(log01, log23)
  const d0 = expNear(log0)
  const d1 = expNear(log1)

  const endSlope = v128.bitselect(d0, d1, below)
  const beyond = f32x4.sub(value, v128.bitselect(left, right, below))
  const along = inverse ? f32x4.div(beyond, endSlope) : f32x4.mul(beyond, endSlope)
  const tail = f32x4.add(v128.bitselect(otherLeft, otherRight, below), along)

  const width = f32x4.sub(right, left)
  const otherWidth = f32x4.sub(otherRight, otherLeft)
  const w = inverse ? otherWidth : width
  const s = inverse ? f32x4.div(width, otherWidth) : f32x4.div(otherWidth, width)
  // At a knot of 0, −0 has a distance of −0, and a quotient by it the wrong sign.
  const a = f32x4.abs(f32x4.sub(value, left))
  const b = f32x4.sub(right, value)
  let part: v128
  let xi: v128
  let eta: v128
  if (inverse) {
    const ratio = inverseRatio(a, b, s, d0, d1)
    part = f32x4.div(f32x4.splat(1), f32x4.add(ratio, f32x4.splat(1)))
    xi = part
    // 1, too, where ξ = 0 and the ratio is ∞.
    eta = f32x4.pmin(f32x4.splat(1), f32x4.mul(ratio, xi))
  } else {
    part = share(a, b, s, d0, d1)
    const perLength = f32x4.div(f32x4.splat(1), f32x4.add(a, b))
    xi = f32x4.mul(a, perLength)
    eta = f32x4.mul(b, perLength)
  }
  const moved = f32x4.pmin(f32x4.add(otherLeft, f32x4.mul(otherWidth, part)), otherRight)
  const n = numerator(xi, eta, s, d0, d1)
  const d = denominator(xi, eta, s, d0, d1)
  const ratio = f32x4.div(s, d)
  const innerSlope = f32x4.mul(n, f32x4.mul(ratio, ratio))
  const innerBend = bendOf(xi, eta, s, d0, d1, n, d, w)

  const log = v128.bitselect(
    v128.bitselect(log0, log1, below), logNormal(innerSlope, i32x4.splat(0)), outside)
  if (inverse) uncount(logDet, log, lanes)
  else count(logDet, log, lanes)
  store(to, v128.bitselect(tail, moved, outside), lanes)
  store(slope, v128.bitselect(endSlope, innerSlope, outside), lanes)
  store(bend, v128.andnot(innerBend, outside), lanes)
  store(bin, f32x4.convert_i32x4_s(index), lanes)
}

@inline
function spline(
  inverse: bool, knots: i32, rows: i32, own: usize, other: usize, logSlopes: usize, from: usize, to: usize,
  logDet: usize, slope: usize, bend: usize, bin: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    spline4(
      inverse, knots, bytes(own), bytes(other), bytes(logSlopes), bytes(from + t), bytes(to + t), bytes(logDet + t),
      bytes(slope + t), bytes(bend + t), bytes(bin + t), min(rows - t, 4))
  }
}

export function quantileSpline(
  knots: i32, rows: i32, xs: usize, zs: usize, logSlopes: usize, x: usize, z: usize, logDet: usize,
  slope: usize, bend: usize, bin: usize,
): void {
  spline(false, knots, rows, xs, zs, logSlopes, x, z, logDet, slope, bend, bin)
}

export function quantileSplineInverse(
  knots: i32, rows: i32, xs: usize, zs: usize, logSlopes: usize, z: usize, x: usize, logDet: usize,
  slope: usize, bend: usize, bin: usize,
): void {
  spline(true, knots, rows, zs, xs, logSlopes, z, x, logDet, slope, bend, bin)
}

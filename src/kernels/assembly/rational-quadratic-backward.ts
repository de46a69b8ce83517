// Backward passes of the rational-quadratic spline; the derivation is in ../portable/rational-quadratic.ts.
import { bytes, load, store, wholeBytes } from './lanes'
import {
  expOf, fixed, leastWidth, leftSlope, numerator, pick, rightSlope, risen, slopeOf, widthOf, widthScale, within,
} from './rational-quadratic-bin'

/** The slope of `slopeOf`, 1/(1 + e^−v). */
@inline
function sigmoid(raw: v128, shift: v128): v128 {
  const v = f32x4.add(raw, shift)
  const e = expOf(v)
  const above = f32x4.div(f32x4.splat(1), f32x4.add(e, f32x4.splat(1)))
  return v128.bitselect(above, f32x4.mul(e, above), f32x4.ge(v, f32x4.splat(0)))
}

/** A vector of rows: `dOut` is dz, or dx of the inverse, and `dIn` the other one. */
@inline
function backward4(
  inverse: bool, circular: bool, bins: i32, box: f32, scale: v128, least: v128, shift: v128, leastSlope: v128,
  widths: usize, widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize,
  x: usize, bin: usize, dOut: usize, dLogDet: usize, dIn: usize, dWidths: usize, dWidthsStride: usize,
  dHeights: usize, dHeightsStride: usize, dSlopes: usize, dSlopesStride: usize, lanes: i32,
): void {
  const value = within(load(x, lanes), box)
  const number = i32x4.trunc_sat_f32x4_s(load(bin, lanes))
  const index = i32x4.max_s(i32x4.min_s(number, i32x4.splat(bins - 1)), i32x4.splat(0))
  const inside = i32x4.eq(number, index)
  // Ends of the bin, by the sums that the way there took.
  const low = f32x4.splat(-box)
  let left = low
  let bottom = low
  let from = widths
  let fromHeights = heights
  let k = i32x4.splat(0)
  for (let i = 1; i < bins; i++) {
    const below = i32x4.gt_s(index, k)
    left = f32x4.add(left, v128.and(widthOf(load(from, lanes), scale, least), below))
    bottom = f32x4.add(bottom, v128.and(widthOf(load(fromHeights, lanes), scale, least), below))
    k = i32x4.add(k, i32x4.splat(1))
    from += widthsStride
    fromHeights += heightsStride
  }
  const ownW = f32x4.mul(pick(widths, widthsStride, index, lanes), scale)
  const ownH = f32x4.mul(pick(heights, heightsStride, index, lanes), scale)
  const w = f32x4.add(ownW, least)
  const h = f32x4.add(ownH, least)
  const last = i32x4.eq(index, i32x4.splat(bins - 1))
  const right = v128.bitselect(f32x4.splat(box), f32x4.add(left, w), last)
  const raw0 = pick(slopes, slopesStride, leftSlope(circular, index), lanes)
  const raw1 = pick(slopes, slopesStride, rightSlope(circular, bins, index), lanes)
  const d0 = slopeOf(raw0, shift, leastSlope, fixed(circular, index, 0))
  const d1 = slopeOf(raw1, shift, leastSlope, fixed(circular, index, bins - 1))
  const perW = f32x4.div(f32x4.splat(1), w)
  const s = f32x4.mul(h, perW)
  const fromLeft = f32x4.sub(value, left)
  const fromRight = f32x4.sub(right, value)
  const perLength = f32x4.div(f32x4.splat(1), f32x4.add(fromLeft, fromRight))
  const xi = f32x4.mul(fromLeft, perLength)
  const eta = f32x4.mul(fromRight, perLength)
  const both = f32x4.mul(xi, eta)
  const a = risen(xi, eta, s, d0)
  const c = risen(eta, xi, s, d1)
  const perD = f32x4.div(f32x4.splat(1), f32x4.add(a, c))
  const num = numerator(xi, eta, s, d0, d1)
  const perN = f32x4.div(f32x4.splat(1), num)
  const twiceBoth = f32x4.add(both, both)
  const sPerD = f32x4.mul(s, perD)
  const slope = f32x4.mul(num, f32x4.mul(sPerD, sPerD))
  // ½·∂g/∂ξ
  const bend = f32x4.sub(
    f32x4.mul(f32x4.add(f32x4.mul(f32x4.sub(d1, s), xi), f32x4.mul(f32x4.sub(s, d0), eta)), perN),
    f32x4.mul(f32x4.mul(f32x4.sub(f32x4.add(d0, d1), f32x4.add(s, s)), f32x4.sub(eta, xi)), perD))
  const gx = f32x4.mul(f32x4.add(bend, bend), perW)

  const outside = load(dOut, lanes)
  const out = v128.and(outside, inside)
  let dg = v128.and(load(dLogDet, lanes), inside)
  // By z and by x, of the map from x to z.
  let dz: v128
  let dx: v128
  if (inverse) {
    dz = f32x4.div(f32x4.sub(f32x4.mul(dg, gx), out), slope)
    dx = f32x4.neg(out)
    dg = f32x4.neg(dg)
  } else {
    dz = out
    dx = f32x4.add(f32x4.mul(out, slope), f32x4.mul(dg, gx))
  }
  store(dIn, v128.bitselect(inverse ? f32x4.neg(dz) : dx, outside, inside), lanes)

  const dF = f32x4.mul(dz, h)
  const dFPerD2 = f32x4.mul(dF, f32x4.mul(perD, perD))
  const bent = f32x4.mul(dFPerD2, both)
  const dd0 = f32x4.add(f32x4.mul(bent, c), f32x4.mul(dg, f32x4.sub(
    f32x4.mul(f32x4.mul(eta, eta), perN), f32x4.mul(twiceBoth, perD))))
  const dd1 = f32x4.sub(f32x4.mul(dg, f32x4.sub(
    f32x4.mul(f32x4.mul(xi, xi), perN), f32x4.mul(twiceBoth, perD))), f32x4.mul(bent, a))
  // s·ds
  const sds = f32x4.add(
    f32x4.mul(f32x4.mul(bent, s), f32x4.sub(f32x4.mul(d1, f32x4.mul(xi, xi)), f32x4.mul(d0, f32x4.mul(eta, eta)))),
    f32x4.mul(f32x4.mul(dg, twiceBoth), f32x4.add(f32x4.mul(f32x4.add(d0, d1), perD), f32x4.mul(s, perN))))
  const dh = f32x4.add(f32x4.mul(dz, f32x4.mul(a, perD)), f32x4.div(sds, h))
  const dw = f32x4.neg(f32x4.add(f32x4.mul(dx, xi), f32x4.mul(sds, perW)))
  const lowerSlope = f32x4.mul(dd0, sigmoid(raw0, shift))
  const upperSlope = f32x4.mul(dd1, sigmoid(raw1, shift))

  // Widths of the bins below move the bin's left end. By softmax, the mean by probabilities is subtracted: of the widths
  // below, 2B·(1 − K·m)·Σp is their sum without K·m of the box.
  const floor = f32x4.mul(f32x4.convert_i32x4_s(index), least)
  const meanW = f32x4.sub(
    f32x4.mul(dw, ownW), f32x4.mul(dx, f32x4.sub(f32x4.sub(left, low), floor)))
  const meanH = f32x4.add(
    f32x4.mul(dh, ownH), f32x4.mul(dz, f32x4.sub(f32x4.sub(bottom, low), floor)))
  const belowW = f32x4.neg(f32x4.mul(dx, scale))
  const belowH = f32x4.mul(dz, scale)
  const atW = f32x4.mul(dw, scale)
  const atH = f32x4.mul(dh, scale)
  k = i32x4.splat(0)
  from = widths
  fromHeights = heights
  let i = 0
  do {
    const below = i32x4.gt_s(index, k)
    const own = i32x4.eq(index, k)
    const toW = f32x4.sub(f32x4.add(v128.and(belowW, below), v128.and(atW, own)), meanW)
    const toH = f32x4.sub(f32x4.add(v128.and(belowH, below), v128.and(atH, own)), meanH)
    store(dWidths, f32x4.mul(load(from, lanes), toW), lanes)
    store(dHeights, f32x4.mul(load(fromHeights, lanes), toH), lanes)
    k = i32x4.add(k, i32x4.splat(1))
    from += widthsStride
    fromHeights += heightsStride
    dWidths += dWidthsStride
    dHeights += dHeightsStride
  } while (++i < bins)
  k = i32x4.splat(circular ? 0 : 1)
  let before = circular ? last : i32x4.eq(index, i32x4.splat(0))
  const knots = circular ? bins : bins - 1
  if (knots == 0) return
  i = 0
  do {
    const own = i32x4.eq(index, k)
    store(dSlopes, f32x4.add(v128.and(lowerSlope, own), v128.and(upperSlope, before)), lanes)
    before = own
    k = i32x4.add(k, i32x4.splat(1))
    dSlopes += dSlopesStride
  } while (++i < knots)
}

/** All rows; offsets and strides in reals. `inverse` is a constant. */
@inline
function backward(
  inverse: bool, circular: bool, bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32,
  widths: usize, widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize,
  x: usize, bin: usize, dOut: usize, dLogDet: usize, dIn: usize, dWidths: usize, dWidthsStride: usize,
  dHeights: usize, dHeightsStride: usize, dSlopes: usize, dSlopesStride: usize,
): void {
  widths = bytes(widths), heights = bytes(heights), slopes = bytes(slopes), x = bytes(x), bin = bytes(bin)
  dOut = bytes(dOut), dLogDet = bytes(dLogDet), dIn = bytes(dIn), dWidths = bytes(dWidths), dHeights = bytes(dHeights)
  dSlopes = bytes(dSlopes), widthsStride = bytes(widthsStride), heightsStride = bytes(heightsStride)
  slopesStride = bytes(slopesStride), dWidthsStride = bytes(dWidthsStride), dHeightsStride = bytes(dHeightsStride)
  dSlopesStride = bytes(dSlopesStride)
  const scale = widthScale(bins, box, minBinSize)
  const least = leastWidth(box, minBinSize)
  const shift = f32x4.splat(slopeShift)
  const leastSlope = f32x4.splat(minDerivative)
  const whole = wholeBytes(rows)
  // As on the way there.
  if (!circular && bins == 1) slopes = x
  if (whole) {
    let i: usize = 0
    do {
      backward4(
        inverse, circular, bins, box, scale, least, shift, leastSlope, widths + i, widthsStride, heights + i,
        heightsStride, slopes + i, slopesStride, x + i, bin + i, dOut + i, dLogDet + i, dIn + i, dWidths + i,
        dWidthsStride, dHeights + i, dHeightsStride, dSlopes + i, dSlopesStride, 4)
    } while ((i += 16) < whole)
  }
  if (rows & 3) {
    backward4(
      inverse, circular, bins, box, scale, least, shift, leastSlope, widths + whole, widthsStride, heights + whole,
      heightsStride, slopes + whole, slopesStride, x + whole, bin + whole, dOut + whole, dLogDet + whole, dIn + whole,
      dWidths + whole, dWidthsStride, dHeights + whole, dHeightsStride, dSlopes + whole, dSlopesStride, rows & 3)
  }
}

// One function each way for both kinds of tails.
function forwardBackward(
  circular: bool, bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, bin: usize,
  dz: usize, dLogDet: usize, dx: usize, dWidths: usize, dWidthsStride: usize, dHeights: usize, dHeightsStride: usize,
  dSlopes: usize, dSlopesStride: usize,
): void {
  backward(
    false, circular, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights,
    heightsStride, slopes, slopesStride, x, bin, dz, dLogDet, dx, dWidths, dWidthsStride, dHeights, dHeightsStride,
    dSlopes, dSlopesStride)
}

function inverseBackward(
  circular: bool, bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, bin: usize,
  dx: usize, dLogDet: usize, dz: usize, dWidths: usize, dWidthsStride: usize, dHeights: usize, dHeightsStride: usize,
  dSlopes: usize, dSlopesStride: usize,
): void {
  backward(
    true, circular, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights,
    heightsStride, slopes, slopesStride, x, bin, dx, dLogDet, dz, dWidths, dWidthsStride, dHeights, dHeightsStride,
    dSlopes, dSlopesStride)
}

export function rationalQuadraticBackward(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, bin: usize,
  dz: usize, dLogDet: usize, dx: usize, dWidths: usize, dWidthsStride: usize, dHeights: usize, dHeightsStride: usize,
  dSlopes: usize, dSlopesStride: usize,
): void {
  forwardBackward(
    false, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, x, bin, dz, dLogDet, dx, dWidths, dWidthsStride, dHeights, dHeightsStride, dSlopes,
    dSlopesStride)
}

export function circularRationalQuadraticBackward(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, bin: usize,
  dz: usize, dLogDet: usize, dx: usize, dWidths: usize, dWidthsStride: usize, dHeights: usize, dHeightsStride: usize,
  dSlopes: usize, dSlopesStride: usize,
): void {
  forwardBackward(
    true, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, x, bin, dz, dLogDet, dx, dWidths, dWidthsStride, dHeights, dHeightsStride, dSlopes,
    dSlopesStride)
}

export function rationalQuadraticInverseBackward(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, bin: usize,
  dx: usize, dLogDet: usize, dz: usize, dWidths: usize, dWidthsStride: usize, dHeights: usize, dHeightsStride: usize,
  dSlopes: usize, dSlopesStride: usize,
): void {
  inverseBackward(
    false, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, x, bin, dx, dLogDet, dz, dWidths, dWidthsStride, dHeights, dHeightsStride, dSlopes,
    dSlopesStride)
}

export function circularRationalQuadraticInverseBackward(
  bins: i32, rows: i32, box: f32, minBinSize: f64, minDerivative: f32, slopeShift: f32, widths: usize,
  widthsStride: usize, heights: usize, heightsStride: usize, slopes: usize, slopesStride: usize, x: usize, bin: usize,
  dx: usize, dLogDet: usize, dz: usize, dWidths: usize, dWidthsStride: usize, dHeights: usize, dHeightsStride: usize,
  dSlopes: usize, dSlopesStride: usize,
): void {
  inverseBackward(
    true, bins, rows, box, minBinSize, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride,
    slopes, slopesStride, x, bin, dx, dLogDet, dz, dWidths, dWidthsStride, dHeights, dHeightsStride, dSlopes,
    dSlopesStride)
}

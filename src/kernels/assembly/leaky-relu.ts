// Leaky ReLU of slope α = e^raw. The branch is "x > 0 or not": ±0 and NaN take the slope's side and count raw.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { splatExp } from './math'

/** 1 in lanes that are positive, else the slope. `other` is 1 ^ slope: two operations where a selection takes three. */
@inline
export function factor(slope: v128, other: v128, positive: v128): v128 {
  return v128.xor(slope, v128.and(other, positive))
}

@inline
export function otherThan(slope: v128): v128 {
  return v128.xor(slope, f32x4.splat(1))
}

/** Four values of a coordinate: stores x or slope·x, returns count where x is not positive. */
@inline
function bend4(slope: v128, other: v128, count: v128, x: usize, y: usize, lanes: i32): v128 {
  const value = load(x, lanes)
  const positive = f32x4.gt(value, f32x4.splat(0))
  store(y, f32x4.mul(value, factor(slope, other, positive)), lanes)
  return v128.andnot(count, positive)
}

/** Rows t…t+3 of one or two coordinates (`two` is a constant), a row of them `stride` bytes on. */
@inline
function leaky4(
  two: bool, stride: usize, slope: v128, other: v128, count: v128, x: usize, y: usize, logDet: usize, lanes: i32,
): void {
  let det = f32x4.add(load(logDet, lanes), bend4(slope, other, count, x, y, lanes))
  if (two) det = f32x4.add(det, bend4(slope, other, count, x + stride, y + stride, lanes))
  store(logDet, det, lanes)
}

/** All rows of one or two coordinates: y = x or slope·x; logDet += count for each that is not positive. */
@inline
function bend(two: bool, rows: i32, slope: v128, count: v128, x: usize, y: usize, logDet: usize): void {
  const stride = bytes(rows)
  const other = otherThan(slope)
  const whole = wholeBytes(rows)
  let t: usize = 0
  for (; t < (whole & ~31); t += 32) {
    leaky4(two, stride, slope, other, count, x + t, y + t, logDet + t, 4)
    leaky4(two, stride, slope, other, count, x + t + 16, y + t + 16, logDet + t + 16, 4)
  }
  if (t < whole) {
    leaky4(two, stride, slope, other, count, x + t, y + t, logDet + t, 4)
    t += 16
  }
  if (rows & 3) leaky4(two, stride, slope, other, count, x + t, y + t, logDet + t, rows & 3)
}

@inline
function leaky(dim: i32, rows: i32, count: f32, x: usize, y: usize, logDet: usize): void {
  let from = bytes(x)
  let to = bytes(y)
  const counts = f32x4.splat(count)
  const slope = splatExp(count)
  const pair = 2 * bytes(rows)
  let j = 0
  for (; j + 2 <= dim; j += 2, from += pair, to += pair) bend(true, rows, slope, counts, from, to, bytes(logDet))
  if (j < dim) bend(false, rows, slope, counts, from, to, bytes(logDet))
}

export function leakyReLU(dim: i32, rows: i32, raw: usize, x: usize, z: usize, logDet: usize): void {
  leaky(dim, rows, f32.load(bytes(raw)), x, z, logDet)
}

/** Slope 1/α = e^−raw and −raw for the log-det: the forward map with the other sign. */
export function leakyReLUInverse(dim: i32, rows: i32, raw: usize, z: usize, x: usize, logDet: usize): void {
  leaky(dim, rows, -f32.load(bytes(raw)), z, x, logDet)
}

/** Stores dIn = d or slope·d by the sign of the output; returns what the lanes that are not positive add to the sum. */
@inline
export function unbend4(slope: v128, other: v128, value: v128, d: v128, dLogDet: v128, dIn: usize, lanes: i32): v128 {
  const positive = f32x4.gt(value, f32x4.splat(0))
  store(dIn, f32x4.mul(d, factor(slope, other, positive)), lanes)
  return v128.andnot(f32x4.add(f32x4.mul(d, value), dLogDet), positive)
}

@inline
function leakyBackward4(slope: v128, other: v128, out: usize, dOut: usize, dLogDet: usize, dIn: usize, lanes: i32): v128 {
  return unbend4(slope, other, load(out, lanes), load(dOut, lanes), load(dLogDet, lanes), dIn, lanes)
}

/** Coordinate after coordinate, lane l of one sums its rows ≡ l (mod 4). */
@inline
function leakyBackward(dim: i32, rows: i32, logSlope: f32, out: usize, dOut: usize, dLogDet: usize, dIn: usize): f32 {
  const det = bytes(dLogDet)
  const slope = splatExp(logSlope)
  const other = otherThan(slope)
  const whole = wholeBytes(rows)
  let total: f32 = 0
  for (let j = 0; j < dim; j++) {
    const row = <usize>j * bytes(rows)
    const value = bytes(out) + row
    const from = bytes(dOut) + row
    const to = bytes(dIn) + row
    let sum = f32x4.splat(0)
    let t: usize = 0
    for (; t < (whole & ~31); t += 32) {
      sum = f32x4.add(sum, leakyBackward4(slope, other, value + t, from + t, det + t, to + t, 4))
      sum = f32x4.add(sum, leakyBackward4(slope, other, value + t + 16, from + t + 16, det + t + 16, to + t + 16, 4))
    }
    if (t < whole) {
      sum = f32x4.add(sum, leakyBackward4(slope, other, value + t, from + t, det + t, to + t, 4))
      t += 16
    }
    // The lanes beyond the rows are loaded as 0 and add (0·0 + 0).
    if (rows & 3) sum = f32x4.add(sum, leakyBackward4(slope, other, value + t, from + t, det + t, to + t, rows & 3))
    total += sumLanes(sum)
  }
  return total
}

export function leakyReLUBackward(
  dim: i32, rows: i32, raw: usize, z: usize, dz: usize, dLogDet: usize, dx: usize, dRaw: usize,
): void {
  const sum = leakyBackward(dim, rows, f32.load(bytes(raw)), z, dz, dLogDet, dx)
  f32.store(bytes(dRaw), f32.load(bytes(dRaw)) + sum)
}

export function leakyReLUInverseBackward(
  dim: i32, rows: i32, raw: usize, x: usize, dx: usize, dLogDet: usize, dz: usize, dRaw: usize,
): void {
  const sum = leakyBackward(dim, rows, -f32.load(bytes(raw)), x, dx, dLogDet, dz)
  f32.store(bytes(dRaw), f32.load(bytes(dRaw)) - sum)
}

// Affine couple of one coordinate, u = tanh(a·e^−f), s = u·e^f. The forward maps take two passes over the rows, tanh
// and then exp, with s left where e will be: one pass would chain the two into more latency than a core can hide. Both
// take four vectors a turn where there are as many.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { expFar, expNear, splatExp, tanh4 } from './math'

/** Up to this f, |s| ≤ e^f is near enough for expNear in every row. */
const NEAR_F: f32 = 4.0

@inline
function logScale4(
  inverse: bool, bound: v128, toUnit: v128, a: usize, u: usize, s: usize, logDet: usize, lanes: i32,
): void {
  const tanh = tanh4(f32x4.mul(load(a, lanes), toUnit))
  putLogScale(inverse, tanh, bound, u, s, logDet, lanes)
}

@inline
function putLogScale(
  inverse: bool, tanh: v128, bound: v128, u: usize, s: usize, logDet: usize, lanes: i32,
): void {
  const scale = f32x4.mul(tanh, bound)
  const before = load(logDet, lanes)
  store(u, tanh, lanes)
  store(s, scale, lanes)
  store(logDet, inverse ? f32x4.sub(before, scale) : f32x4.add(before, scale), lanes)
}

/** u and s of all rows; logDet += s, or −= s for the `inverse` (a constant). Addresses, but for the number of rows. */
@inline
export function logScale(inverse: bool, rows: i32, f: usize, a: usize, u: usize, s: usize, logDet: usize): void {
  const log = f32.load(f)
  const bound = splatExp(log)
  const toUnit = splatExp(-log)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    const u0 = tanh4(f32x4.mul(v128.load(a + i), toUnit))
    const u1 = tanh4(f32x4.mul(v128.load(a + i, 16), toUnit))
    const u2 = tanh4(f32x4.mul(v128.load(a + i, 32), toUnit))
    const u3 = tanh4(f32x4.mul(v128.load(a + i, 48), toUnit))
    putLogScale(inverse, u0, bound, u + i, s + i, logDet + i, 4)
    putLogScale(inverse, u1, bound, u + i + 16, s + i + 16, logDet + i + 16, 4)
    putLogScale(inverse, u2, bound, u + i + 32, s + i + 32, logDet + i + 32, 4)
    putLogScale(inverse, u3, bound, u + i + 48, s + i + 48, logDet + i + 48, 4)
  }
  for (; i < whole; i += 16) logScale4(inverse, bound, toUnit, a + i, u + i, s + i, logDet + i, 4)
  if (rows & 3) logScale4(inverse, bound, toUnit, a + i, u + i, s + i, logDet + i, rows & 3)
}

/** e^s of four rows, or e^−s for the inverse. */
@inline
function scale4(inverse: bool, near: bool, s: usize, lanes: i32): v128 {
  let value = load(s, lanes)
  if (inverse) value = f32x4.neg(value)
  return near ? expNear(value) : expFar(value)
}

/** (x + t)·e, or z·e − t for the inverse; t may lie where the result goes. */
@inline
function couple4(inverse: bool, scale: v128, t: usize, from: usize, to: usize, lanes: i32): void {
  const value = load(from, lanes)
  const shift = load(t, lanes)
  const result = inverse ? f32x4.sub(f32x4.mul(value, scale), shift) : f32x4.mul(f32x4.add(value, shift), scale)
  store(to, result, lanes)
}

/** One vector of `lanes` rows. */
@inline
function coupleVector(
  inverse: bool, near: bool, t: usize, from: usize, to: usize, e: usize, lanes: i32,
): void {
  const scale = scale4(inverse, near, e, lanes)
  store(e, scale, lanes)
  couple4(inverse, scale, t, from, to, lanes)
}

/** All rows where |s| may be anything. */
function coupleFar(inverse: bool, rows: i32, t: usize, from: usize, to: usize, e: usize): void {
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) coupleVector(inverse, false, t + i, from + i, to + i, e + i, 4)
  if (rows & 3) coupleVector(inverse, false, t + i, from + i, to + i, e + i, rows & 3)
}

/** e = s becomes e^s, or e^−s for the `inverse` (a constant), and all rows of one side those of the other. */
@inline
export function couple(inverse: bool, rows: i32, f: usize, t: usize, from: usize, to: usize, e: usize): void {
  // Written so that NaN goes the far way.
  if (!(f32.load(f) <= NEAR_F)) return coupleFar(inverse, rows, t, from, to, e)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    const e0 = scale4(inverse, true, e + i, 4)
    const e1 = scale4(inverse, true, e + i + 16, 4)
    const e2 = scale4(inverse, true, e + i + 32, 4)
    const e3 = scale4(inverse, true, e + i + 48, 4)
    // All four before anything else is loaded or stored: the engine keeps that order, and brings the chains that end at
    // neighbouring stores side by side.
    v128.store(e + i, e0)
    v128.store(e + i, e1, 16)
    v128.store(e + i, e2, 32)
    v128.store(e + i, e3, 48)
    couple4(inverse, e0, t + i, from + i, to + i, 4)
    couple4(inverse, e1, t + i + 16, from + i + 16, to + i + 16, 4)
    couple4(inverse, e2, t + i + 32, from + i + 32, to + i + 32, 4)
    couple4(inverse, e3, t + i + 48, from + i + 48, to + i + 48, 4)
  }
  for (; i < whole; i += 16) coupleVector(inverse, true, t + i, from + i, to + i, e + i, 4)
  if (rows & 3) coupleVector(inverse, true, t + i, from + i, to + i, e + i, rows & 3)
}

export function affineCouple(
  rows: i32, f: usize, a: usize, t: usize, x: usize, z: usize, logDet: usize, u: usize, e: usize,
): void {
  f = bytes(f), e = bytes(e)
  logScale(false, rows, f, bytes(a), bytes(u), e, bytes(logDet))
  couple(false, rows, f, bytes(t), bytes(x), bytes(z), e)
}

export function affineCoupleInverse(
  rows: i32, f: usize, a: usize, t: usize, z: usize, x: usize, logDet: usize, u: usize, e: usize,
): void {
  f = bytes(f), e = bytes(e)
  logScale(true, rows, f, bytes(a), bytes(u), e, bytes(logDet))
  couple(true, rows, f, bytes(t), bytes(z), bytes(x), e)
}

/** From ds: stores da = ds·(1 − u²), returns the row's part of df, ds·(u·e^f − a·(1 − u²)). */
@inline
function scaleBackward4(bound: v128, ds: v128, a: usize, u: usize, da: usize, lanes: i32): v128 {
  const tanh = load(u, lanes)
  const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh))
  store(da, f32x4.mul(ds, slope), lanes)
  return f32x4.mul(ds, f32x4.sub(f32x4.mul(tanh, bound), f32x4.mul(load(a, lanes), slope)))
}

@inline
function coupleBackward4(
  bound: v128, a: usize, u: usize, e: usize, z: usize,
  dz: usize, dLogDet: usize, dx: usize, da: usize, dt: usize, lanes: i32,
): v128 {
  const dOut = load(dz, lanes)
  const ds = f32x4.add(f32x4.mul(dOut, load(z, lanes)), load(dLogDet, lanes))
  const dShifted = f32x4.mul(dOut, load(e, lanes))
  const part = scaleBackward4(bound, ds, a, u, da, lanes)
  store(dx, dShifted, lanes)
  store(dt, dShifted, lanes)
  return part
}

export function affineCoupleBackward(
  rows: i32, f: usize, a: usize, u: usize, e: usize, z: usize,
  dz: usize, dLogDet: usize, dx: usize, da: usize, dt: usize, df: usize,
): void {
  const bound = splatExp(f32.load(bytes(f)))
  a = bytes(a), u = bytes(u), e = bytes(e), z = bytes(z), dz = bytes(dz)
  dLogDet = bytes(dLogDet), dx = bytes(dx), da = bytes(da), dt = bytes(dt), df = bytes(df)
  const whole = wholeBytes(rows)
  let sum = f32x4.splat(0)
  let i: usize = 0
  for (; i < whole; i += 16) {
    sum = f32x4.add(sum, coupleBackward4(
      bound, a + i, u + i, e + i, z + i, dz + i, dLogDet + i, dx + i, da + i, dt + i, 4))
  }
  if (rows & 3) {
    sum = f32x4.add(sum, coupleBackward4(
      bound, a + i, u + i, e + i, z + i, dz + i, dLogDet + i, dx + i, da + i, dt + i, rows & 3))
  }
  f32.store(df, f32.load(df) + sumLanes(sum))
}

@inline
function uncoupleBackward4(
  bound: v128, a: usize, t: usize, u: usize, e: usize, x: usize,
  dx: usize, dLogDet: usize, dz: usize, da: usize, dt: usize, lanes: i32,
): v128 {
  const dOut = load(dx, lanes)
  const shifted = f32x4.add(load(x, lanes), load(t, lanes))
  const ds = f32x4.neg(f32x4.add(f32x4.mul(dOut, shifted), load(dLogDet, lanes)))
  const dIn = f32x4.mul(dOut, load(e, lanes))
  const part = scaleBackward4(bound, ds, a, u, da, lanes)
  store(dz, dIn, lanes)
  store(dt, f32x4.neg(dOut), lanes)
  return part
}

export function affineCoupleInverseBackward(
  rows: i32, f: usize, a: usize, t: usize, u: usize, e: usize, x: usize,
  dx: usize, dLogDet: usize, dz: usize, da: usize, dt: usize, df: usize,
): void {
  const bound = splatExp(f32.load(bytes(f)))
  a = bytes(a), t = bytes(t), u = bytes(u), e = bytes(e), x = bytes(x), dx = bytes(dx)
  dLogDet = bytes(dLogDet), dz = bytes(dz), da = bytes(da), dt = bytes(dt), df = bytes(df)
  const whole = wholeBytes(rows)
  let sum = f32x4.splat(0)
  let i: usize = 0
  for (; i < whole; i += 16) {
    sum = f32x4.add(sum, uncoupleBackward4(
      bound, a + i, t + i, u + i, e + i, x + i, dx + i, dLogDet + i, dz + i, da + i, dt + i, 4))
  }
  if (rows & 3) {
    sum = f32x4.add(sum, uncoupleBackward4(
      bound, a + i, t + i, u + i, e + i, x + i, dx + i, dLogDet + i, dz + i, da + i, dt + i, rows & 3))
  }
  f32.store(df, f32.load(df) + sumLanes(sum))
}

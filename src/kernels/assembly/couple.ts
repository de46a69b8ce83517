// Affine couple of one coordinate, u = tanh(a·e^−f), s = u·e^f. The forward maps take two passes over the rows, tanh
// and then exp, with s left where e will be: one pass would chain the two into more latency than a core can hide.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { exp4, tanh4 } from './math'

@inline
function expOf(x: f32): v128 {
  return exp4(f32x4.splat(x))
}

@inline
function logScale4(bound: v128, inverse: v128, a: usize, u: usize, s: usize, lanes: i32): void {
  const tanh = tanh4(f32x4.mul(load(a, lanes), inverse))
  store(u, tanh, lanes)
  store(s, f32x4.mul(tanh, bound), lanes)
}

/** u and s of all rows; all arguments but the number of rows are addresses. */
export function logScale(rows: i32, f: usize, a: usize, u: usize, s: usize): void {
  const log = f32.load(f)
  const bound = expOf(log)
  const inverse = expOf(-log)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) logScale4(bound, inverse, a + i, u + i, s + i, 4)
  if (rows & 3) logScale4(bound, inverse, a + i, u + i, s + i, rows & 3)
}

@inline
function couple4(t: usize, x: usize, z: usize, logDet: usize, e: usize, lanes: i32): void {
  const s = load(e, lanes)
  const scale = exp4(s)
  store(z, f32x4.mul(f32x4.add(load(x, lanes), load(t, lanes)), scale), lanes)
  store(logDet, f32x4.add(load(logDet, lanes), s), lanes)
  store(e, scale, lanes)
}

export function affineCouple(
  rows: i32, f: usize, a: usize, t: usize, x: usize, z: usize, logDet: usize, u: usize, e: usize,
): void {
  t = bytes(t), x = bytes(x), z = bytes(z), logDet = bytes(logDet), e = bytes(e)
  logScale(rows, bytes(f), bytes(a), bytes(u), e)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) couple4(t + i, x + i, z + i, logDet + i, e + i, 4)
  if (rows & 3) couple4(t + i, x + i, z + i, logDet + i, e + i, rows & 3)
}

@inline
function uncouple4(t: usize, z: usize, x: usize, logDet: usize, e: usize, lanes: i32): void {
  const s = load(e, lanes)
  const scale = exp4(f32x4.neg(s))
  store(x, f32x4.sub(f32x4.mul(load(z, lanes), scale), load(t, lanes)), lanes)
  store(logDet, f32x4.sub(load(logDet, lanes), s), lanes)
  store(e, scale, lanes)
}

export function affineCoupleInverse(
  rows: i32, f: usize, a: usize, t: usize, z: usize, x: usize, logDet: usize, u: usize, e: usize,
): void {
  t = bytes(t), z = bytes(z), x = bytes(x), logDet = bytes(logDet), e = bytes(e)
  logScale(rows, bytes(f), bytes(a), bytes(u), e)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) uncouple4(t + i, z + i, x + i, logDet + i, e + i, 4)
  if (rows & 3) uncouple4(t + i, z + i, x + i, logDet + i, e + i, rows & 3)
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
  const bound = expOf(f32.load(bytes(f)))
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
  const bound = expOf(f32.load(bytes(f)))
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

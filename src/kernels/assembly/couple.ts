// Affine couple of one coordinate, u = tanh(a·e^−f), s = u·e^f. The forward maps take two passes over the rows, tanh
// and then exp: one pass would chain the two into more latency than a core can hide. That of exp takes four vectors a turn
// where there are as many, and stores what ends a chain side by side: the engine keeps the order of loads and stores, and
// arranges the operations before them by their distance from the last one.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import {
  EXP_MODERATE, EXP_NEAR, EXP_SHORT, expFar, expModerate, expNear, exps, expShort, scaledTanh, SHORT_TANH_SCALE,
  shortTanh, splatExp, TANH_FAR, TANH_NEAR, TANH_SCALE, TANH_SHORT, tanhArgument, tanhEvenOf, tanhOddOf, tanhQuotientOf,
} from './math'

/** By thirds of three vectors a turn, as the hidden units of narrow-coupling.ts. */
@inline
function squashAll(kind: i32, rows: i32, inverseBound: f32, a: usize, u: usize): void {
  const toUnit = f32x4.splat(inverseBound * (kind == TANH_SHORT ? SHORT_TANH_SCALE : TANH_SCALE))
  const whole = wholeBytes(rows)
  const rest = rows & 3
  if (rest) {
    const last = f32x4.mul(load(a + whole, rest), toUnit)
    store(u + whole, kind == TANH_SHORT ? shortTanh(last) : scaledTanh(last), rest)
  }
  if (!whole) return
  const last = whole - 16
  const y0 = tanhArgument(kind, f32x4.mul(v128.load(a), toUnit))
  const z0 = f32x4.mul(y0, y0)
  let odd = tanhOddOf(kind, y0, z0)
  let even = tanhEvenOf(kind, z0)
  let y = tanhArgument(kind, f32x4.mul(v128.load(a + min(16, last)), toUnit))
  let z = f32x4.mul(y, y)
  for (let i: usize = 0; i < whole; i += 16) {
    const next = tanhArgument(kind, f32x4.mul(v128.load(a + min(i + 32, last)), toUnit))
    const nextOdd = tanhOddOf(kind, y, z)
    const nextEven = tanhEvenOf(kind, z)
    v128.store(u + i, tanhQuotientOf(kind, odd, even))
    odd = nextOdd
    even = nextEven
    y = next
    z = f32x4.mul(next, next)
  }
}

/** u of all rows, for e^−f. Addresses, but for the number of rows. */
export function squash(rows: i32, inverseBound: f32, a: usize, u: usize): void {
  squashAll(TANH_FAR, rows, inverseBound, a, u)
}

/** The same bits, sooner, where TANH_SCALE·|a·e^−f| is at most SCALED_TANH_ONE in every row. */
export function squashNear(rows: i32, inverseBound: f32, a: usize, u: usize): void {
  squashAll(TANH_NEAR, rows, inverseBound, a, u)
}

/** By a shorter tanh, where |a·e^−f| is at most SHORT_TANH. */
export function squashShort(rows: i32, inverseBound: f32, a: usize, u: usize): void {
  squashAll(TANH_SHORT, rows, inverseBound, a, u)
}

/** (x + t)·e, or z·e − t for the inverse; t may lie where the result goes. */
@inline
function couple4(inverse: bool, scale: v128, t: usize, from: usize, to: usize, lanes: i32): void {
  const value = load(from, lanes)
  const shift = load(t, lanes)
  const result = inverse ? f32x4.sub(f32x4.mul(value, scale), shift) : f32x4.mul(f32x4.add(value, shift), scale)
  store(to, result, lanes)
}

@inline
function count4(s: v128, logDet: usize, lanes: i32): void {
  store(logDet, f32x4.add(load(logDet, lanes), s), lanes)
}

/** How far |s| can be, and so how e^s is computed. */
const SHORT: i32 = 0
const MODERATE: i32 = 1
const NEAR: i32 = 2
const FAR: i32 = 3

@inline
function scale4(reach: i32, s: v128): v128 {
  if (reach == SHORT) return expShort(s)
  if (reach == MODERATE) return expModerate(s)
  return reach == NEAR ? expNear(s) : expFar(s)
}

/** One vector of `lanes` rows. */
@inline
function coupleVector(
  inverse: bool, reach: i32, bound: v128, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize,
  lanes: i32,
): void {
  const s = f32x4.mul(load(u, lanes), bound)
  const scale = scale4(reach, s)
  store(e, scale, lanes)
  count4(s, logDet, lanes)
  couple4(inverse, scale, t, from, to, lanes)
}

/** All rows, for a bound ±e^f; `inverse` and `reach` are constants. */
@inline
function coupleRows(
  inverse: bool, reach: i32, rows: i32, bound: v128, u: usize, t: usize, from: usize, to: usize, logDet: usize,
  e: usize,
): void {
  const whole = wholeBytes(rows)
  let i: usize = 0
  if (reach != FAR) {
    for (; i < (whole & ~63); i += 64) {
      const s0 = f32x4.mul(v128.load(u + i), bound)
      const s1 = f32x4.mul(v128.load(u + i, 16), bound)
      const s2 = f32x4.mul(v128.load(u + i, 32), bound)
      const s3 = f32x4.mul(v128.load(u + i, 48), bound)
      const e0 = scale4(reach, s0)
      const e1 = scale4(reach, s1)
      const e2 = scale4(reach, s2)
      const e3 = scale4(reach, s3)
      v128.store(e + i, e0)
      v128.store(e + i, e1, 16)
      v128.store(e + i, e2, 32)
      v128.store(e + i, e3, 48)
      count4(s0, logDet + i, 4)
      count4(s1, logDet + i + 16, 4)
      count4(s2, logDet + i + 32, 4)
      count4(s3, logDet + i + 48, 4)
      couple4(inverse, e0, t + i, from + i, to + i, 4)
      couple4(inverse, e1, t + i + 16, from + i + 16, to + i + 16, 4)
      couple4(inverse, e2, t + i + 32, from + i + 32, to + i + 32, 4)
      couple4(inverse, e3, t + i + 48, from + i + 48, to + i + 48, 4)
    }
  }
  for (; i < whole; i += 16) {
    coupleVector(inverse, reach, bound, u + i, t + i, from + i, to + i, logDet + i, e + i, 4)
  }
  if (rows & 3) {
    coupleVector(inverse, reach, bound, u + i, t + i, from + i, to + i, logDet + i, e + i, rows & 3)
  }
}

// Functions of their own: kernels share them, and of several in one the compiler would merge the loops.
function coupleShort(rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize): void {
  coupleRows(false, SHORT, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function coupleModerate(
  rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize,
): void {
  coupleRows(false, MODERATE, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function coupleNear(rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize): void {
  coupleRows(false, NEAR, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function coupleFar(rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize): void {
  coupleRows(false, FAR, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function uncoupleShort(rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize): void {
  coupleRows(true, SHORT, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function uncoupleModerate(
  rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize,
): void {
  coupleRows(true, MODERATE, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function uncoupleNear(rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize): void {
  coupleRows(true, NEAR, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

function uncoupleFar(rows: i32, bound: f32, u: usize, t: usize, from: usize, to: usize, logDet: usize, e: usize): void {
  coupleRows(true, FAR, rows, f32x4.splat(bound), u, t, from, to, logDet, e)
}

/** z = (x + t)·e^s, e = e^s, logDet += s of all rows, s = u·e^f, for e^f. NaN is far. */
export function couple(
  rows: i32, expF: f32, u: usize, t: usize, x: usize, z: usize, logDet: usize, e: usize,
): void {
  if (expF <= EXP_SHORT) coupleShort(rows, expF, u, t, x, z, logDet, e)
  else if (expF <= EXP_MODERATE) coupleModerate(rows, expF, u, t, x, z, logDet, e)
  else if (expF <= EXP_NEAR) coupleNear(rows, expF, u, t, x, z, logDet, e)
  else coupleFar(rows, expF, u, t, x, z, logDet, e)
}

/** x = z·e^−s − t, e = e^−s, logDet −= s, likewise. */
export function uncouple(
  rows: i32, expF: f32, u: usize, t: usize, z: usize, x: usize, logDet: usize, e: usize,
): void {
  if (expF <= EXP_SHORT) uncoupleShort(rows, -expF, u, t, z, x, logDet, e)
  else if (expF <= EXP_MODERATE) uncoupleModerate(rows, -expF, u, t, z, x, logDet, e)
  else if (expF <= EXP_NEAR) uncoupleNear(rows, -expF, u, t, z, x, logDet, e)
  else uncoupleFar(rows, -expF, u, t, z, x, logDet, e)
}

export function affineCouple(
  rows: i32, f: usize, a: usize, t: usize, x: usize, z: usize, logDet: usize, u: usize, e: usize,
): void {
  u = bytes(u)
  const log = f32.load(bytes(f))
  const e3 = exps(0, -log, log)
  squash(rows, f32x4.extract_lane(e3, 1), bytes(a), u)
  couple(rows, f32x4.extract_lane(e3, 2), u, bytes(t), bytes(x), bytes(z), bytes(logDet), bytes(e))
}

export function affineCoupleInverse(
  rows: i32, f: usize, a: usize, t: usize, z: usize, x: usize, logDet: usize, u: usize, e: usize,
): void {
  u = bytes(u)
  const log = f32.load(bytes(f))
  const e3 = exps(0, -log, log)
  squash(rows, f32x4.extract_lane(e3, 1), bytes(a), u)
  uncouple(rows, f32x4.extract_lane(e3, 2), u, bytes(t), bytes(z), bytes(x), bytes(logDet), bytes(e))
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

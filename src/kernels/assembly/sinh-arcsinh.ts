// z = S(δ·A(x) + ε), δ = e^raw: sinh and its inverse, from ±20 on continued by their tangents, so that nothing overflows and
// the map stays a smooth bijection of the line onto itself in both directions. (Jones & Pewsey 2009, Biometrika 96(4).)
// With a = A(x), w = δa + ε and C(u) = S′(u) = cosh min(|u|, 20): f′ = δ·C(w)/C(a), and with T = (ln C)′, which is tanh, and
// 0 from ±20 on: ∂ln f′/∂x = (T(w)·δ − T(a))/C(a).
import { asinhPositive, choose, expMinusOne, hypotOne, logOnePlus, withSign } from './functions'
import { bytes, load, store } from './lanes'
import { count, uncount } from './map-rows'
import { exp4 } from './math'

/** Where the tangents begin, and sinh and cosh there, which are one float. */
const BEND: f32 = 20
const SINH_BEND: f32 = 242582597.70489514

@inline
function within(u: v128, end: f32): v128 {
  return f32x4.pmin(f32x4.abs(u), f32x4.splat(end))
}

// Of one side of the map, either by u or by S(u), whichever is given: C, T, and ln 2C − min(|u|, 20) = ln(1 + e^(−2 min(|u|, 20))).

/** A(value), r = √(1 + min(|value|, S(20))²) */
@inline
function arcsinh4(value: v128, r: v128): v128 {
  const near = asinhPositive(within(value, SINH_BEND), r)
  const beyond = f32x4.max(f32x4.sub(f32x4.abs(value), f32x4.splat(SINH_BEND)), f32x4.splat(0))
  return withSign(f32x4.add(near, f32x4.div(beyond, f32x4.splat(SINH_BEND))), value)
}

@inline
function slopeOfLog4(u: v128, tanh: v128): v128 {
  return v128.and(f32x4.lt(f32x4.abs(u), f32x4.splat(BEND)), withSign(tanh, u))
}

/** By e^min(|u|, 20). */
@inline
function excess4(power: v128): v128 {
  const inverse = f32x4.div(f32x4.splat(1), power)
  return logOnePlus(f32x4.mul(inverse, inverse))
}

/** S(u), m = e^c − 1, cosh = cosh c, c = min(|u|, 20). */
@inline
function sinh4(u: v128, m: v128, cosh: v128): v128 {
  const near = sinhNear4(m)
  const beyond = f32x4.sub(f32x4.abs(u), within(u, BEND))
  return withSign(f32x4.add(near, f32x4.mul(cosh, beyond)), u)
}

@inline
function sinhNear4(m: v128): v128 {
  const sum = f32x4.add(m, f32x4.div(m, f32x4.add(m, f32x4.splat(1))))
  return f32x4.mul(sum, f32x4.splat(0.5))
}

@inline
function coshNear4(m: v128): v128 {
  const power = f32x4.add(m, f32x4.splat(1))
  return f32x4.mul(f32x4.add(power, f32x4.div(f32x4.splat(1), power)), f32x4.splat(0.5))
}

@inline
function storeSlopes(
  delta: v128, stretched: v128, coshA: v128, tanhA: v128, coshW: v128, tanhW: v128,
  slope: usize, bend: usize, fSkew: usize, gSkew: usize, fRaw: usize, gRaw: usize, lanes: i32,
): void {
  store(slope, f32x4.div(f32x4.mul(delta, coshW), coshA), lanes)
  store(bend, f32x4.div(f32x4.sub(f32x4.mul(tanhW, delta), tanhA), coshA), lanes)
  store(fSkew, coshW, lanes)
  store(gSkew, tanhW, lanes)
  store(fRaw, f32x4.mul(coshW, stretched), lanes)
  store(gRaw, f32x4.add(f32x4.mul(tanhW, stretched), f32x4.splat(1)), lanes)
}

/** ln f′ = raw + ln C(w) − ln C(a) */
@inline
function logSlope4(log: v128, a: v128, excessA: v128, w: v128, excessW: v128): v128 {
  const distance = f32x4.sub(within(w, BEND), within(a, BEND))
  return f32x4.add(f32x4.add(log, distance), f32x4.sub(excessW, excessA))
}

export function sinhArcsinh(
  rows: i32, skew: usize, raw: usize, x: usize, z: usize, logDet: usize,
  slope: usize, bend: usize, fSkew: usize, gSkew: usize, fRaw: usize, gRaw: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const log = load(bytes(raw + t), lanes)
    const value = load(bytes(x + t), lanes)
    const delta = exp4(log)
    const b = within(value, SINH_BEND)
    const coshA = hypotOne(b)
    const a = arcsinh4(value, coshA)
    const stretched = f32x4.mul(delta, a)
    const w = f32x4.add(stretched, load(bytes(skew + t), lanes))
    const m = expMinusOne(within(w, BEND))
    const coshW = coshNear4(m)
    const excessA = excess4(f32x4.add(b, coshA))
    const excessW = excess4(f32x4.add(m, f32x4.splat(1)))
    const tanhA = slopeOfLog4(a, f32x4.div(b, coshA))
    const tanhW = slopeOfLog4(w, f32x4.div(sinhNear4(m), coshW))
    count(bytes(logDet + t), logSlope4(log, a, excessA, w, excessW), lanes)
    store(bytes(z + t), sinh4(w, m, coshW), lanes)
    storeSlopes(
      delta, stretched, coshA, tanhA, coshW, tanhW,
      bytes(slope + t), bytes(bend + t), bytes(fSkew + t), bytes(gSkew + t), bytes(fRaw + t), bytes(gRaw + t), lanes)
  }
}

/** x = S((A(z) − ε)/δ) */
export function sinhArcsinhInverse(
  rows: i32, skew: usize, raw: usize, z: usize, x: usize, logDet: usize,
  slope: usize, bend: usize, fSkew: usize, gSkew: usize, fRaw: usize, gRaw: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const log = load(bytes(raw + t), lanes)
    const value = load(bytes(z + t), lanes)
    const delta = exp4(log)
    const b = within(value, SINH_BEND)
    const coshW = hypotOne(b)
    const w = arcsinh4(value, coshW)
    const stretched = f32x4.sub(w, load(bytes(skew + t), lanes))
    const a = f32x4.div(stretched, delta)
    const m = expMinusOne(within(a, BEND))
    const coshA = coshNear4(m)
    const excessA = excess4(f32x4.add(m, f32x4.splat(1)))
    const excessW = excess4(f32x4.add(b, coshW))
    const tanhA = slopeOfLog4(a, f32x4.div(sinhNear4(m), coshA))
    const tanhW = slopeOfLog4(w, f32x4.div(b, coshW))
    uncount(bytes(logDet + t), logSlope4(log, a, excessA, w, excessW), lanes)
    store(bytes(x + t), sinh4(a, m, coshA), lanes)
    storeSlopes(
      delta, stretched, coshA, tanhA, coshW, tanhW,
      bytes(slope + t), bytes(bend + t), bytes(fSkew + t), bytes(gSkew + t), bytes(fRaw + t), bytes(gRaw + t), lanes)
  }
}

// Yeo & Johnson 2000, Biometrika 87(4): z = ((1 + x)^λ − 1)/λ for x ≥ 0, −((1 − x)^(2 − λ) − 1)/(2 − λ) for x < 0, with
// λ = 2σ(raw). Both sides are one: with s the sign of x, a = |x|, μ = 2σ(s·raw), L = Λ(a) and y = μL it is z = s·P(y)/μ,
// where P(y) = e^y − 1 and Λ = ln(1 + ·) is its inverse, from y = 40 on continued by their tangents: nothing overflows,
// and the map stays a smooth bijection of the line onto itself in both directions.
import { choose, expMinusOne, expOfNegativeAbs, logistic4, logOnePlus, withSign } from './functions'
import { bytes, load, store } from './lanes'
import { count, uncount } from './map-rows'
import { exp4, tanh4 } from './math'

/** Where the tangents begin, P and P′ there, which are one float. */
const BEND: f32 = 40
const POWER_BEND: f32 = 235385266837020000

/** Below this P(y)/y and Λ(v)/v are 1. */
const TINY: f32 = 1e-20

/** P(y), y ≥ 0. */
@inline
function power4(y: v128): v128 {
  const near = f32x4.pmin(y, f32x4.splat(BEND))
  return f32x4.add(expMinusOne(near), f32x4.mul(f32x4.sub(y, near), f32x4.splat(POWER_BEND)))
}

/** Λ(v), v ≥ 0. */
@inline
function log4(v: v128): v128 {
  const near = f32x4.pmin(v, f32x4.splat(POWER_BEND))
  return f32x4.add(logOnePlus(near), f32x4.div(f32x4.sub(v, near), f32x4.splat(POWER_BEND)))
}

/** result/argument, and its limit 1 for arguments near 0. */
@inline
function ratio4(result: v128, argument: v128): v128 {
  const ratio = f32x4.div(result, argument)
  return choose(f32x4.lt(argument, f32x4.splat(TINY)), f32x4.splat(1), ratio)
}

/** μ = 2σ(s·raw) */
@inline
function exponent4(raw: v128, negative: v128): v128 {
  const sigma = logistic4(v128.xor(raw, v128.and(negative, i32x4.splat(0x80000000))), expOfNegativeAbs(raw))
  return f32x4.add(sigma, sigma)
}

/**
 * k(y) = (y·P′(y) − P(y))/y² = Σ yⁿ(n + 1)/(n + 2)!, the derivative of P(μL)/μ by μ being L²·k. The series below 1, where
 * the difference would cancel.
 */
@inline
function derivative4(y: v128, power: v128): v128 {
  let series = f32x4.add(f32x4.mul(y, f32x4.splat(2.48015876422869e-6)), f32x4.splat(2.2045855075702995e-5))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.00017361111531499773))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.0011904762359336019))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.0069444444961845875))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.03333333507180214))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.125))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.3333333432674408))
  series = f32x4.add(f32x4.mul(y, series), f32x4.splat(0.5))
  const near = f32x4.pmin(y, f32x4.splat(BEND))
  const difference = f32x4.add(f32x4.mul(power, f32x4.sub(near, f32x4.splat(1))), near)
  const quotient = f32x4.div(f32x4.div(difference, y), y)
  return choose(f32x4.lt(y, f32x4.splat(1)), series, quotient)
}

/**
 * ln f′ = min(y, 40) − min(L, 40), which is s·(λ − 1)·L unless a tangent is met; `far` says where one is.
 */
@inline
function logSlope4(far: v128, sided: v128, L: v128, y: v128): v128 {
  const distance = f32x4.sub(f32x4.pmin(y, f32x4.splat(BEND)), f32x4.pmin(L, f32x4.splat(BEND)))
  return choose(far, distance, f32x4.mul(sided, L))
}

/** What both directions keep at x of |x| = a: `power` is e^min(y, 40) − 1, log the row's ln f′. */
@inline
function storeSlopes(
  raw: v128, negative: v128, a: v128, mu: v128, L: v128, y: v128, power: v128, far: v128, log: v128,
  slope: usize, bend: usize, fRaw: usize, gRaw: usize, lanes: i32,
): void {
  const lambdaLess1 = tanh4(f32x4.mul(raw, f32x4.splat(0.5)))
  // s·(μ·[y < 40] − [L < 40]) in general
  const curved = f32x4.lt(y, f32x4.splat(BEND))
  const straight = v128.and(f32x4.lt(L, f32x4.splat(BEND)), f32x4.splat(1))
  const apart = f32x4.sub(v128.and(curved, mu), straight)
  const sign = v128.and(negative, i32x4.splat(0x80000000))
  const factor = choose(far, v128.xor(apart, sign), lambdaLess1)
  const inside = f32x4.pmin(a, f32x4.splat(POWER_BEND))
  store(slope, exp4(log), lanes)
  store(bend, f32x4.div(factor, f32x4.add(inside, f32x4.splat(1))), lanes)
  // dλ/draw = 2σ(raw)σ(−raw)
  const e = expOfNegativeAbs(raw)
  const onePlus = f32x4.add(e, f32x4.splat(1))
  const turn = f32x4.div(f32x4.add(e, e), f32x4.mul(onePlus, onePlus))
  const gain = f32x4.mul(turn, L)
  store(fRaw, f32x4.mul(f32x4.mul(gain, L), derivative4(y, power)), lanes)
  store(gRaw, v128.and(curved, v128.xor(gain, sign)), lanes)
}

export function yeoJohnson(
  rows: i32, raw: usize, x: usize, z: usize, logDet: usize, slope: usize, bend: usize, fRaw: usize, gRaw: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const r = load(bytes(raw + t), lanes)
    const value = load(bytes(x + t), lanes)
    const negative = f32x4.lt(value, f32x4.splat(0))
    const a = f32x4.abs(value)
    const mu = exponent4(r, negative)
    const L = log4(a)
    const y = f32x4.mul(mu, L)
    const far = f32x4.ge(f32x4.pmax(L, y), f32x4.splat(BEND))
    const sided = v128.xor(tanh4(f32x4.mul(r, f32x4.splat(0.5))), v128.and(negative, i32x4.splat(0x80000000)))
    const log = logSlope4(far, sided, L, y)
    count(bytes(logDet + t), log, lanes)
    store(bytes(z + t), withSign(f32x4.mul(L, ratio4(power4(y), y)), value), lanes)
    storeSlopes(
      r, negative, a, mu, L, y, expMinusOne(f32x4.pmin(y, f32x4.splat(BEND))), far, log,
      bytes(slope + t), bytes(bend + t), bytes(fRaw + t), bytes(gRaw + t), lanes)
  }
}

/** |x| = P(Λ(μ|z|)/μ) */
export function yeoJohnsonInverse(
  rows: i32, raw: usize, z: usize, x: usize, logDet: usize, slope: usize, bend: usize, fRaw: usize, gRaw: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const r = load(bytes(raw + t), lanes)
    const value = load(bytes(z + t), lanes)
    const negative = f32x4.lt(value, f32x4.splat(0))
    const b = f32x4.abs(value)
    const mu = exponent4(r, negative)
    const v = f32x4.mul(mu, b)
    const y = log4(v)
    const L = f32x4.mul(b, ratio4(y, v))
    const a = power4(L)
    const far = f32x4.ge(f32x4.pmax(L, y), f32x4.splat(BEND))
    const sided = v128.xor(tanh4(f32x4.mul(r, f32x4.splat(0.5))), v128.and(negative, i32x4.splat(0x80000000)))
    const log = logSlope4(far, sided, L, y)
    uncount(bytes(logDet + t), log, lanes)
    store(bytes(x + t), withSign(a, value), lanes)
    storeSlopes(
      r, negative, a, mu, L, y, f32x4.pmin(v, f32x4.splat(POWER_BEND)), far, log,
      bytes(slope + t), bytes(bend + t), bytes(fRaw + t), bytes(gRaw + t), lanes)
  }
}

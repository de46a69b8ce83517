// Maps onto an interval: z = tanh x and z = x/(1 + |x|) onto (−1, 1), z = σ(x) onto (0, 1). A z that rounds to an end of its
// interval is held at the nearest float inside. In the inverses a z that is not inside gives −∞ for the log-det, a finite x, slope 1, bend 0.
import { atanhPositive, choose, expOfNegativeAbs, logOnePlus, logSum, restOfOnePlus, withSign } from './functions'
import { bytes, load, store } from './lanes'
import { BELOW_ONE, count, uncount, uncountInside } from './map-rows'
import { exp4, log4, MIN_NORMAL, tanh4 } from './math'

/** Below this |x| or |z|, ln(1 − z²) is taken as it stands; above it would cancel. */
const SMALL: f32 = 0.5
const LN2: f32 = 0.6931471824645996

@inline
function tanhLogSlope4(a: v128, tanh: v128, e: v128): v128 {
  const small = f32x4.lt(a, f32x4.splat(SMALL))
  const log = logOnePlus(choose(small, f32x4.neg(f32x4.mul(tanh, tanh)), e))
  const far = f32x4.sub(f32x4.sub(f32x4.splat(LN2), a), log)
  return choose(small, log, f32x4.add(far, far))
}

/** ln f′ = 2(ln 2 − |x| − ln(1 + e^−2|x|)), near 0 ln(1 − z²). */
export function hyperbolicTangent(rows: i32, x: usize, z: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(x + t), lanes)
    const a = f32x4.abs(value)
    const e = exp4(f32x4.mul(a, f32x4.splat(-2)))
    const tanh = tanh4(value)
    const onePlus = f32x4.add(e, f32x4.splat(1))
    count(bytes(logDet + t), tanhLogSlope4(a, tanh, e), lanes)
    store(bytes(z + t), f32x4.pmax(f32x4.pmin(tanh, f32x4.splat(BELOW_ONE)), f32x4.splat(-BELOW_ONE)), lanes)
    store(bytes(slope + t), f32x4.div(f32x4.mul(e, f32x4.splat(4)), f32x4.mul(onePlus, onePlus)), lanes)
    store(bytes(bend + t), f32x4.mul(tanh, f32x4.splat(-2)), lanes)
  }
}

/** x = atanh z, ln f′ = ln (1 − |z|)(1 + |z|), near 0 ln(1 − z²). */
export function hyperbolicTangentInverse(
  rows: i32, z: usize, x: usize, logDet: usize, slope: usize, bend: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(z + t), lanes)
    const outside = f32x4.ge(f32x4.abs(value), f32x4.splat(1))
    const a = f32x4.pmin(f32x4.abs(value), f32x4.splat(BELOW_ONE))
    const product = f32x4.mul(f32x4.sub(f32x4.splat(1), a), f32x4.add(a, f32x4.splat(1)))
    const square = f32x4.neg(f32x4.mul(a, a))
    const sum = f32x4.add(square, f32x4.splat(1))
    const small = f32x4.lt(a, f32x4.splat(SMALL))
    const log = logSum(choose(small, sum, product), v128.and(small, restOfOnePlus(square, sum)))
    uncountInside(bytes(logDet + t), log, outside, lanes)
    store(bytes(x + t), withSign(atanhPositive(a), value), lanes)
    store(bytes(slope + t), choose(outside, f32x4.splat(1), product), lanes)
    store(bytes(bend + t), v128.andnot(f32x4.mul(value, f32x4.splat(-2)), outside), lanes)
  }
}

/** ln f′ = −|x| − 2 ln(1 + e^−|x|) */
export function logistic(rows: i32, x: usize, z: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(x + t), lanes)
    const e = expOfNegativeAbs(value)
    const most = f32x4.div(f32x4.splat(1), f32x4.add(e, f32x4.splat(1)))
    const least = f32x4.mul(e, most)
    const log = logOnePlus(e)
    count(bytes(logDet + t), f32x4.neg(f32x4.add(f32x4.abs(value), f32x4.add(log, log))), lanes)
    const sigma = choose(f32x4.lt(value, f32x4.splat(0)), least, most)
    store(bytes(z + t), f32x4.pmax(f32x4.pmin(sigma, f32x4.splat(BELOW_ONE)), f32x4.splat(MIN_NORMAL)), lanes)
    store(bytes(slope + t), f32x4.mul(least, most), lanes)
    store(bytes(bend + t), f32x4.neg(tanh4(f32x4.mul(value, f32x4.splat(0.5)))), lanes)
  }
}

/** x = ln(1 + |1 − 2z|/min(z, 1 − z)) with the sign of z − ½, ln f′ = ln z(1 − z). */
export function logisticInverse(rows: i32, z: usize, x: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(z + t), lanes)
    const outside = v128.or(f32x4.le(value, f32x4.splat(0)), f32x4.ge(value, f32x4.splat(1)))
    const p = f32x4.pmax(f32x4.pmin(value, f32x4.splat(BELOW_ONE)), f32x4.splat(MIN_NORMAL))
    const rest = f32x4.sub(f32x4.splat(1), p)
    const product = f32x4.mul(p, rest)
    const turn = f32x4.sub(f32x4.splat(1), f32x4.add(p, p))
    const a = logOnePlus(f32x4.div(f32x4.abs(turn), f32x4.min(p, rest)))
    uncountInside(bytes(logDet + t), log4(product), outside, lanes)
    store(bytes(x + t), withSign(a, f32x4.neg(turn)), lanes)
    store(bytes(slope + t), choose(outside, f32x4.splat(1), product), lanes)
    store(bytes(bend + t), v128.andnot(turn, outside), lanes)
  }
}

/** −2r·sign value, 0 where that is 0. */
@inline
function softsignBend4(r: v128, value: v128): v128 {
  return v128.andnot(withSign(f32x4.add(r, r), f32x4.neg(value)), f32x4.eq(value, f32x4.splat(0)))
}

/** ln f′ = −2 ln(1 + |x|) */
export function softsign(rows: i32, x: usize, z: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(x + t), lanes)
    const a = f32x4.abs(value)
    const onePlus = f32x4.add(a, f32x4.splat(1))
    const r = f32x4.div(f32x4.splat(1), onePlus)
    const sign = f32x4.div(value, onePlus)
    const log = logOnePlus(a)
    uncount(bytes(logDet + t), f32x4.add(log, log), lanes)
    store(bytes(z + t), f32x4.pmax(f32x4.pmin(sign, f32x4.splat(BELOW_ONE)), f32x4.splat(-BELOW_ONE)), lanes)
    store(bytes(slope + t), f32x4.mul(r, r), lanes)
    store(bytes(bend + t), softsignBend4(r, value), lanes)
  }
}

/** x = z/r, ln f′ = 2 ln r, r = 1 − |z|. */
export function softsignInverse(rows: i32, z: usize, x: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(z + t), lanes)
    const outside = f32x4.ge(f32x4.abs(value), f32x4.splat(1))
    const a = f32x4.pmin(f32x4.abs(value), f32x4.splat(BELOW_ONE))
    const r = f32x4.sub(f32x4.splat(1), a)
    const log = logOnePlus(f32x4.neg(a))
    uncountInside(bytes(logDet + t), f32x4.add(log, log), outside, lanes)
    store(bytes(x + t), withSign(f32x4.div(a, r), value), lanes)
    store(bytes(slope + t), choose(outside, f32x4.splat(1), f32x4.mul(r, r)), lanes)
    store(bytes(bend + t), v128.andnot(softsignBend4(r, value), outside), lanes)
  }
}

// Maps onto (0, ∞): z = ln(1 + eˣ) and z = eˣ. A z below the smallest normal float is held there. In the inverses a z that
// is not positive gives −∞ for the log-det, a finite x, slope 1, bend 0.
import {
  choose, expMinusOne, expOfNegativeAbs, logOnePlus, logSum, restOfOnePlus, softplus4,
} from './functions'
import { bytes, load, store } from './lanes'
import { count, uncountInside } from './map-rows'
import { exp4, log4, MAX_FINITE, MIN_NORMAL } from './math'

/** f′ = σ(x), ln f′ = −softplus(−x), bend = σ(−x) */
export function softplus(rows: i32, x: usize, z: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(x + t), lanes)
    const e = expOfNegativeAbs(value)
    const log = logOnePlus(e)
    const most = f32x4.div(f32x4.splat(1), f32x4.add(e, f32x4.splat(1)))
    const least = f32x4.mul(e, most)
    const negative = f32x4.lt(value, f32x4.splat(0))
    count(bytes(logDet + t), f32x4.neg(softplus4(f32x4.neg(value), log)), lanes)
    store(bytes(z + t), f32x4.pmax(softplus4(value, log), f32x4.splat(MIN_NORMAL)), lanes)
    store(bytes(slope + t), choose(negative, least, most), lanes)
    store(bytes(bend + t), choose(negative, most, least), lanes)
  }
}

/** From here on 1 − e^−z is not below ½, and ln(1 − e^−z) taken as it stands. */
const LN2: f32 = 0.6931471824645996

/** x = z + ln(1 − e^−z), f′ = 1 − e^−z, bend = e^−z */
export function softplusInverse(rows: i32, z: usize, x: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const given = load(bytes(z + t), lanes)
    const outside = f32x4.le(given, f32x4.splat(0))
    const value = f32x4.pmax(given, f32x4.splat(MIN_NORMAL))
    const e = exp4(f32x4.neg(value))
    const rise = f32x4.neg(expMinusOne(f32x4.neg(value)))
    const u = f32x4.sub(f32x4.splat(1), e)
    const large = f32x4.gt(value, f32x4.splat(LN2))
    const log = logSum(choose(large, u, rise), v128.and(large, restOfOnePlus(f32x4.neg(e), u)))
    uncountInside(bytes(logDet + t), log, outside, lanes)
    store(bytes(x + t), f32x4.add(value, log), lanes)
    store(bytes(slope + t), choose(outside, f32x4.splat(1), rise), lanes)
    store(bytes(bend + t), v128.andnot(e, outside), lanes)
  }
}

/** ln f′ = x; beyond the largest float z stays there. */
export function exponential(rows: i32, x: usize, z: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(x + t), lanes)
    const power = f32x4.pmax(f32x4.pmin(exp4(value), f32x4.splat(MAX_FINITE)), f32x4.splat(MIN_NORMAL))
    count(bytes(logDet + t), value, lanes)
    store(bytes(z + t), power, lanes)
    store(bytes(slope + t), power, lanes)
    store(bytes(bend + t), f32x4.splat(1), lanes)
  }
}

export function exponentialInverse(rows: i32, z: usize, x: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const given = load(bytes(z + t), lanes)
    const outside = f32x4.le(given, f32x4.splat(0))
    const value = f32x4.pmax(given, f32x4.splat(MIN_NORMAL))
    const log = log4(value)
    uncountInside(bytes(logDet + t), log, outside, lanes)
    store(bytes(x + t), log, lanes)
    store(bytes(slope + t), choose(outside, f32x4.splat(1), value), lanes)
    store(bytes(bend + t), v128.andnot(f32x4.splat(1), outside), lanes)
  }
}

// z = sign x·ln(1 + |x|), of the line onto the line. Back, an x beyond the floats is held at the largest one, while the
// log-det is that of z.
import { choose, expMinusOne, logOnePlus, withSign } from './functions'
import { bytes, load, store } from './lanes'
import { count, uncount } from './map-rows'
import { exp4, MAX_FINITE } from './math'

/** expMinusOne reaches this far, where the 1 is long lost. */
const FAR: f32 = 88

/** e^a − 1, a ≥ 0, at most the largest float. */
@inline
function distance4(a: v128): v128 {
  const far = f32x4.gt(a, f32x4.splat(FAR))
  const near = expMinusOne(a)
  return v128.any_true(far) ? f32x4.pmin(choose(far, exp4(a), near), f32x4.splat(MAX_FINITE)) : near
}

/** f′ = r = 1/(1 + |x|) and ∂ln f′/∂x = −r·sign x, 0 where that is 0; `value` has the sign. */
@inline
function storeSlope(slope: usize, bend: usize, a: v128, value: v128, lanes: i32): void {
  const r = f32x4.div(f32x4.splat(1), f32x4.add(a, f32x4.splat(1)))
  store(slope, r, lanes)
  store(bend, v128.andnot(withSign(r, f32x4.neg(value)), f32x4.eq(value, f32x4.splat(0))), lanes)
}

/** ln f′ = −ln(1 + |x|) */
export function symmetricLog(rows: i32, x: usize, z: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(x + t), lanes)
    const a = f32x4.abs(value)
    const log = logOnePlus(a)
    uncount(bytes(logDet + t), log, lanes)
    store(bytes(z + t), withSign(log, value), lanes)
    storeSlope(bytes(slope + t), bytes(bend + t), a, value, lanes)
  }
}

/** ln f′ = −|z| */
export function symmetricLogInverse(rows: i32, z: usize, x: usize, logDet: usize, slope: usize, bend: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const value = load(bytes(z + t), lanes)
    const distance = distance4(f32x4.abs(value))
    count(bytes(logDet + t), f32x4.abs(value), lanes)
    store(bytes(x + t), withSign(distance, value), lanes)
    storeSlope(bytes(slope + t), bytes(bend + t), distance, value, lanes)
  }
}

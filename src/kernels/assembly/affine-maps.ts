// z = (x + t)·e^s, s = a/(1 + |a|/bound) (softly clamped to ±bound), and z = x + φ on a circle.
import { exp4 } from './math'
import { bytes, load, store } from './lanes'
import { count, uncount } from './map-rows'

/** 1 + |a|/bound */
@inline
function divisor4(a: v128, inverseBound: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.abs(a), inverseBound), f32x4.splat(1))
}

/** ds/da = 1/(1 + |a|/bound)², and of z = (x + t)·e^s: ∂z/∂a = z·ds/da. */
@inline
function storeSlopes(
  divisor: v128, scale: v128, z: v128, slope: usize, bend: usize, fA: usize, gA: usize, lanes: i32,
): void {
  const inverse = f32x4.div(f32x4.splat(1), divisor)
  const g = f32x4.mul(inverse, inverse)
  store(slope, scale, lanes)
  store(bend, f32x4.splat(0), lanes)
  store(fA, f32x4.mul(z, g), lanes)
  store(gA, g, lanes)
}

export function clampedAffine(
  rows: i32, bound: f32, a: usize, t: usize, x: usize, z: usize, logDet: usize,
  slope: usize, bend: usize, fA: usize, gA: usize,
): void {
  const inverseBound = f32x4.splat(1 / bound)
  for (let i = 0; i < rows; i += 4) {
    const lanes = min(rows - i, 4)
    const log = load(bytes(a + i), lanes)
    const divisor = divisor4(log, inverseBound)
    const s = f32x4.div(log, divisor)
    const scale = exp4(s)
    const result = f32x4.mul(f32x4.add(load(bytes(x + i), lanes), load(bytes(t + i), lanes)), scale)
    count(bytes(logDet + i), s, lanes)
    store(bytes(z + i), result, lanes)
    storeSlopes(
      divisor, scale, result, bytes(slope + i), bytes(bend + i), bytes(fA + i), bytes(gA + i), lanes)
  }
}

export function clampedAffineInverse(
  rows: i32, bound: f32, a: usize, t: usize, z: usize, x: usize, logDet: usize,
  slope: usize, bend: usize, fA: usize, gA: usize,
): void {
  const inverseBound = f32x4.splat(1 / bound)
  for (let i = 0; i < rows; i += 4) {
    const lanes = min(rows - i, 4)
    const log = load(bytes(a + i), lanes)
    const divisor = divisor4(log, inverseBound)
    const s = f32x4.div(log, divisor)
    const scale = exp4(s)
    const value = load(bytes(z + i), lanes)
    const shift = load(bytes(t + i), lanes)
    uncount(bytes(logDet + i), s, lanes)
    store(bytes(x + i), f32x4.sub(f32x4.div(value, scale), shift), lanes)
    storeSlopes(divisor, scale, value, bytes(slope + i), bytes(bend + i), bytes(fA + i), bytes(gA + i), lanes)
  }
}

/** value − 2B·⌊(value + B)/2B⌋; rounding may leave it at B, which is −B. */
@inline
function wrap4(value: v128, box: v128, turn: v128): v128 {
  const turns = f32x4.floor(f32x4.div(f32x4.add(value, box), turn))
  const inside = f32x4.sub(value, f32x4.mul(turns, turn))
  return f32x4.sub(f32x4.pmax(inside, f32x4.neg(box)), v128.and(f32x4.ge(inside, box), turn))
}

export function circularShift(rows: i32, box: f32, phi: usize, x: usize, z: usize): void {
  const half = f32x4.splat(box), turn = f32x4.splat(2 * box)
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const sum = f32x4.add(load(bytes(x + t), lanes), load(bytes(phi + t), lanes))
    store(bytes(z + t), wrap4(sum, half, turn), lanes)
  }
}

export function circularShiftInverse(rows: i32, box: f32, phi: usize, z: usize, x: usize): void {
  const half = f32x4.splat(box), turn = f32x4.splat(2 * box)
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const difference = f32x4.sub(load(bytes(z + t), lanes), load(bytes(phi + t), lanes))
    store(bytes(x + t), wrap4(difference, half, turn), lanes)
  }
}

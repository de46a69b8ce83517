// One shift and one log-scale a coordinate, the log-scale within ±bound.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { splatExp } from './math'
import { addToAll, sumRow } from './spread'

@inline
function clampedLog(s: f32, bound: f32): f32 {
  return max(min(s, bound), -bound)
}

/** All rows of a coordinate: (x + shift)·scale, or x·scale − shift. */
@inline
function scaleRow(inverse: bool, rows: i32, shift: v128, scale: v128, from: usize, to: usize): void {
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, scale4(inverse, shift, scale, v128.load(from + i)))
  if (rows & 3) store(to + i, scale4(inverse, shift, scale, load(from + i, rows & 3)), rows & 3)
}

@inline
function scale4(inverse: bool, shift: v128, scale: v128, x: v128): v128 {
  return inverse ? f32x4.sub(f32x4.mul(x, scale), shift) : f32x4.mul(f32x4.add(x, shift), scale)
}

@inline
function scaleAll(
  inverse: bool, dim: i32, rows: i32, bound: f32, s: usize, t: usize, from: usize, to: usize, logDet: usize,
): void {
  s = bytes(s), t = bytes(t), from = bytes(from), to = bytes(to)
  let logs: f32 = 0
  for (let j = 0; j < dim; j++, s += 4, t += 4, from += bytes(rows), to += bytes(rows)) {
    const log = clampedLog(f32.load(s), bound)
    logs += log
    scaleRow(inverse, rows, v128.load32_splat(t), splatExp(inverse ? -log : log), from, to)
  }
  addToAll(rows, inverse ? -logs : logs, bytes(logDet))
}

export function actNorm(
  dim: i32, rows: i32, bound: f32, s: usize, t: usize, x: usize, z: usize, logDet: usize,
): void {
  scaleAll(false, dim, rows, bound, s, t, x, z, logDet)
}

export function actNormInverse(
  dim: i32, rows: i32, bound: f32, s: usize, t: usize, z: usize, x: usize, logDet: usize,
): void {
  scaleAll(true, dim, rows, bound, s, t, z, x, logDet)
}

/** dIn = d·scale of a coordinate; ds and dt from Σ d·z and Σ d, z being the noise in both directions. */
@inline
function unscaleRow(
  inverse: bool, rows: i32, scale: v128, inside: bool, dLog: f32, z: usize, d: usize, dIn: usize, ds: usize, dt: usize,
): void {
  const whole = wholeBytes(rows)
  let products = f32x4.splat(0), sums = products
  let i: usize = 0
  for (; i < whole; i += 16) {
    const value = v128.load(d + i)
    products = f32x4.add(products, f32x4.mul(value, v128.load(z + i)))
    sums = f32x4.add(sums, value)
    v128.store(dIn + i, f32x4.mul(value, scale))
  }
  if (rows & 3) {
    const value = load(d + i, rows & 3)
    products = f32x4.add(products, f32x4.mul(value, load(z + i, rows & 3)))
    sums = f32x4.add(sums, value)
    store(dIn + i, f32x4.mul(value, scale), rows & 3)
  }
  const factor = f32x4.extract_lane(scale, 0)
  const product = sumLanes(products), sum = sumLanes(sums)
  f32.store(dt, inverse ? f32.load(dt) - sum : f32.load(dt) + factor * sum)
  if (inside) f32.store(ds, inverse ? f32.load(ds) - (factor * product + dLog) : f32.load(ds) + (product + dLog))
}

@inline
function unscaleAll(
  inverse: bool, dim: i32, rows: i32, bound: f32, s: usize, z: usize, d: usize, dLogDet: usize, dIn: usize, ds: usize,
  dt: usize,
): void {
  s = bytes(s), z = bytes(z), d = bytes(d), dIn = bytes(dIn), ds = bytes(ds), dt = bytes(dt)
  const stride = bytes(rows)
  const dLog = sumRow(rows, bytes(dLogDet))
  for (let j = 0; j < dim; j++, s += 4, ds += 4, dt += 4, z += stride, d += stride, dIn += stride) {
    const log = clampedLog(f32.load(s), bound)
    const scale = splatExp(inverse ? -log : log)
    unscaleRow(inverse, rows, scale, log == f32.load(s), dLog, z, d, dIn, ds, dt)
  }
}

export function actNormBackward(
  dim: i32, rows: i32, bound: f32, s: usize, z: usize, dz: usize, dLogDet: usize, dx: usize, ds: usize, dt: usize,
): void {
  unscaleAll(false, dim, rows, bound, s, z, dz, dLogDet, dx, ds, dt)
}

export function actNormInverseBackward(
  dim: i32, rows: i32, bound: f32, s: usize, z: usize, dx: usize, dLogDet: usize, dz: usize, ds: usize, dt: usize,
): void {
  unscaleAll(true, dim, rows, bound, s, z, dx, dLogDet, dz, ds, dt)
}

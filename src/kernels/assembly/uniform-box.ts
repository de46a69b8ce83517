// The uniform distribution on a box, one density inside of it.
import { bytes, load, store } from './lanes'
import { log4 } from './math'

@inline
function logWidth(low: usize, high: usize): f32 {
  return f32x4.extract_lane(log4(f32x4.splat(f32.load(high) - f32.load(low))), 0)
}

export function uniformBox(
  dim: i32, rows: i32, z: usize, low: usize, high: usize, logDet: usize, logProb: usize,
): void {
  z = bytes(z), low = bytes(low), high = bytes(high), logDet = bytes(logDet), logProb = bytes(logProb)
  const stride = bytes(rows)
  for (let j = 0; j < dim; j++, z += stride, low += 4, high += 4, logDet = logProb) {
    const from = v128.load32_splat(low), to = v128.load32_splat(high)
    const width = f32x4.splat(logWidth(low, high))
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const value = load(z + at, lanes)
      const inside = v128.and(f32x4.ge(value, from), f32x4.le(value, to))
      const log = f32x4.sub(load(logDet + at, lanes), width)
      store(logProb + at, v128.bitselect(log, f32x4.splat(-Infinity), inside), lanes)
    }
  }
}

export function uniformBoxInverse(dim: i32, rows: i32, uniforms: usize, low: usize, high: usize, z: usize): void {
  uniforms = bytes(uniforms), low = bytes(low), high = bytes(high), z = bytes(z)
  const stride = bytes(rows)
  for (let j = 0; j < dim; j++, uniforms += stride, low += 4, high += 4, z += stride) {
    const from = v128.load32_splat(low), to = v128.load32_splat(high)
    const width = f32x4.sub(to, from)
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      store(z + at, f32x4.min(f32x4.add(from, f32x4.mul(load(uniforms + at, lanes), width)), to), lanes)
    }
  }
}

// Householder reflections H = I − c·v vᵀ.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { band } from './product'

/** ‖v‖² of a vector without a direction. */
const NO_LENGTH: f32 = 1e-30

/** c = 2/‖v‖² */
@inline
function factor(dim: i32, v: usize): f32 {
  let squares: f32 = 0
  for (let j = 0; j < dim; j++) squares += f32.load(v + bytes(j)) * f32.load(v + bytes(j))
  return squares < NO_LENGTH ? 0 : 2 / squares
}

/** lengths[t] = v·x of every row. */
@inline
function alongAll(dim: i32, rows: i32, v: usize, x: usize, lengths: usize): void {
  const zero = f32x4.splat(0)
  band(1, rows, dim, x, bytes(rows), v, 0, zero, zero, lengths, 0)
}

@inline
function reflect4(weight: v128, length: v128, x: v128): v128 {
  return f32x4.sub(x, f32x4.mul(weight, length))
}

export function reflect(dim: i32, rows: i32, v: usize, x: usize, z: usize, scratch: usize): void {
  v = bytes(v), x = bytes(x), z = bytes(z), scratch = bytes(scratch)
  const c = factor(dim, v)
  alongAll(dim, rows, v, x, scratch)
  const whole = wholeBytes(rows)
  for (let j = 0; j < dim; j++, v += 4, x += bytes(rows), z += bytes(rows)) {
    const weight = f32x4.splat(c * f32.load(v))
    let t: usize = 0
    for (; t < whole; t += 16) v128.store(z + t, reflect4(weight, v128.load(scratch + t), v128.load(x + t)))
    const rest = rows & 3
    if (rest) store(z + t, reflect4(weight, load(scratch + t, rest), load(x + t, rest)), rest)
  }
}

/** Reflects four values of a coordinate and of its gradient; returns their part of the gradient of v, c aside. */
@inline
function unreflect4(
  weight: v128, lengths: usize, dLengths: usize, z: usize, dz: usize, x: usize, dx: usize, lanes: i32,
): v128 {
  const length = load(lengths, lanes), dLength = load(dLengths, lanes)
  const value = load(z, lanes), d = load(dz, lanes)
  store(x, reflect4(weight, length, value), lanes)
  store(dx, reflect4(weight, dLength, d), lanes)
  return f32x4.sub(f32x4.mul(length, d), f32x4.mul(dLength, value))
}

export function reflectBackward(
  dim: i32, rows: i32, v: usize, z: usize, dz: usize, x: usize, dx: usize, dv: usize, scratch: usize,
): void {
  v = bytes(v), z = bytes(z), dz = bytes(dz), x = bytes(x), dx = bytes(dx), dv = bytes(dv)
  const stride = bytes(rows)
  const whole = wholeBytes(rows), rest = rows & 3
  const a = bytes(scratch), b = a + stride
  const c = factor(dim, v)
  alongAll(dim, rows, v, z, a)
  alongAll(dim, rows, v, dz, b)
  for (let j = 0; j < dim; j++, v += 4, dv += 4, z += stride, dz += stride, x += stride, dx += stride) {
    const weight = f32x4.splat(c * f32.load(v))
    let sum = f32x4.splat(0)
    let t: usize = 0
    for (; t < whole; t += 16) {
      sum = f32x4.add(sum, unreflect4(weight, a + t, b + t, z + t, dz + t, x + t, dx + t, 4))
    }
    if (rest) sum = f32x4.add(sum, unreflect4(weight, a + t, b + t, z + t, dz + t, x + t, dx + t, rest))
    f32.store(dv, f32.load(dv) + c * sumLanes(sum))
  }
}

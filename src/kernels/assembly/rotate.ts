// Rotation of two coordinates by one angle.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { cosine4, quadrant4, remainder4, sine4 } from './math'

const TURN: f64 = 6.283185307179586

/** The angle within half a turn, in double precision so that nothing of it is lost. */
@inline
function reduced(angle: f64): v128 {
  return f32x4.splat(<f32>(angle - TURN * nearest(angle / TURN)))
}

@inline
function turn4(cosine: v128, sine: v128, from: usize, to: usize, stride: usize, lanes: i32): void {
  const a = load(from, lanes), b = load(from + stride, lanes)
  store(to, f32x4.sub(f32x4.mul(cosine, a), f32x4.mul(sine, b)), lanes)
  store(to + stride, f32x4.add(f32x4.mul(sine, a), f32x4.mul(cosine, b)), lanes)
}

/** All rows of both coordinates; addresses in bytes. */
function turnRows(rows: i32, angle: f64, from: usize, to: usize): void {
  const x = reduced(angle)
  const quadrant = quadrant4(x)
  const r = remainder4(x, quadrant)
  const sine = sine4(quadrant, r), cosine = cosine4(quadrant, r)
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let t: usize = 0
  for (; t < whole; t += 16) turn4(cosine, sine, from + t, to + t, stride, 4)
  if (rows & 3) turn4(cosine, sine, from + t, to + t, stride, rows & 3)
}

export function rotate(rows: i32, sign: f32, angle: usize, x: usize, z: usize): void {
  turnRows(rows, <f64>(sign * f32.load(bytes(angle))), bytes(x), bytes(z))
}

@inline
function moment4(z: usize, dz: usize, stride: usize, lanes: i32): v128 {
  const along = f32x4.mul(load(dz + stride, lanes), load(z, lanes))
  return f32x4.sub(along, f32x4.mul(load(dz, lanes), load(z + stride, lanes)))
}

export function rotateBackward(
  rows: i32, sign: f32, angle: usize, z: usize, dz: usize, dx: usize, dAngle: usize,
): void {
  z = bytes(z), dz = bytes(dz), dAngle = bytes(dAngle)
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let sum = f32x4.splat(0)
  let t: usize = 0
  for (; t < whole; t += 16) sum = f32x4.add(sum, moment4(z + t, dz + t, stride, 4))
  if (rows & 3) sum = f32x4.add(sum, moment4(z + t, dz + t, stride, rows & 3))
  f32.store(dAngle, f32.load(dAngle) + sign * sumLanes(sum))
  turnRows(rows, <f64>(-sign * f32.load(bytes(angle))), dz, bytes(dx))
}

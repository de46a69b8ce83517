import { exp as exp4, log as log4, tanh as tanh4, sin as sin4, cos as cos4 } from './math'
import { loadPart, splat, storePart } from './vector'

export function exp(n: i32, x: usize, y: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, x += 16, y += 16) v128.store(y, exp4(v128.load(x)))
  if (i < n) storePart(y, exp4(loadPart(x, n - i)), n - i)
}

export function log(n: i32, x: usize, y: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, x += 16, y += 16) v128.store(y, log4(v128.load(x)))
  if (i < n) storePart(y, log4(loadPart(x, n - i)), n - i)
}

export function tanh(n: i32, x: usize, y: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, x += 16, y += 16) v128.store(y, tanh4(v128.load(x)))
  if (i < n) storePart(y, tanh4(loadPart(x, n - i)), n - i)
}

export function sincos(n: i32, x: usize, sine: usize, cosine: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, x += 16, sine += 16, cosine += 16) {
    const angle = v128.load(x)
    v128.store(sine, sin4(angle))
    v128.store(cosine, cos4(angle))
  }
  if (i < n) {
    const angle = loadPart(x, n - i)
    storePart(sine, sin4(angle), n - i)
    storePart(cosine, cos4(angle), n - i)
  }
}

@inline
function tanhSlope(y: v128, dy: v128): v128 {
  return f32x4.mul(dy, f32x4.sub(splat(1), f32x4.mul(y, y)))
}

export function tanhBackward(n: i32, y: usize, dy: usize, dx: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, y += 16, dy += 16, dx += 16) v128.store(dx, tanhSlope(v128.load(y), v128.load(dy)))
  if (i < n) storePart(dx, tanhSlope(loadPart(y, n - i), loadPart(dy, n - i)), n - i)
}

@inline
function whereOn(y: v128, value: v128): v128 {
  return v128.and(value, f32x4.gt(y, splat(0)))
}

export function relu(n: i32, x: usize, y: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, x += 16, y += 16) v128.store(y, whereOn(v128.load(x), v128.load(x)))
  if (i < n) storePart(y, whereOn(loadPart(x, n - i), loadPart(x, n - i)), n - i)
}

export function reluBackward(n: i32, y: usize, dy: usize, dx: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, y += 16, dy += 16, dx += 16) v128.store(dx, whereOn(v128.load(y), v128.load(dy)))
  if (i < n) storePart(dx, whereOn(loadPart(y, n - i), loadPart(dy, n - i)), n - i)
}

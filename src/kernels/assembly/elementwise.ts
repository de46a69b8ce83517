import { bytes, load, store, wholeBytes } from './lanes'
import {
  clampedForTanh, cosine4, exp4, log4, quadrant4, remainder4, sine4, tanh4, tanhEven, tanhOdd, tanhQuotient,
} from './math'

export function exp(n: i32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, exp4(v128.load(from + i)))
  if (n & 3) store(to + i, exp4(load(from + i, n & 3)), n & 3)
}

export function log(n: i32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, log4(v128.load(from + i)))
  if (n & 3) store(to + i, log4(load(from + i, n & 3)), n & 3)
}

@inline
function sincos4(from: usize, sine: usize, cosine: usize, lanes: i32): void {
  const x = load(from, lanes)
  const quadrant = quadrant4(x)
  const r = remainder4(x, quadrant)
  store(sine, sine4(quadrant, r), lanes)
  store(cosine, cosine4(quadrant, r), lanes)
}

export function sincos(n: i32, x: usize, sine: usize, cosine: usize): void {
  const from = bytes(x)
  const toSine = bytes(sine)
  const toCosine = bytes(cosine)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) sincos4(from + i, toSine + i, toCosine + i, 4)
  if (n & 3) sincos4(from + i, toSine + i, toCosine + i, n & 3)
}

/**
 * One vector's chain of dependent operations is longer than a core can look ahead, so a turn takes three vectors by a
 * third of it each.
 */
@inline
function tanhWhole(whole: usize, from: usize, to: usize): void {
  const last = whole - 16
  const x0 = clampedForTanh(v128.load(from))
  const z0 = f32x4.mul(x0, x0)
  let odd = tanhOdd(x0, z0)
  let even = tanhEven(z0)
  let x = clampedForTanh(v128.load(from + min(16, last)))
  let z = f32x4.mul(x, x)
  for (let i: usize = 0; i < whole; i += 16) {
    const next = clampedForTanh(v128.load(from + min(i + 32, last)))
    const nextOdd = tanhOdd(x, z)
    const nextEven = tanhEven(z)
    v128.store(to + i, tanhQuotient(odd, even))
    odd = nextOdd
    even = nextEven
    x = next
    z = f32x4.mul(next, next)
  }
}

export function tanh(n: i32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const whole = wholeBytes(n)
  if (whole) tanhWhole(whole, from, to)
  if (n & 3) store(to + whole, tanh4(load(from + whole, n & 3)), n & 3)
}

@inline
function tanhSlope(y: v128, dy: v128): v128 {
  return f32x4.mul(dy, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)))
}

export function tanhBackward(n: i32, y: usize, dy: usize, dx: usize): void {
  const out = bytes(y)
  const from = bytes(dy)
  const to = bytes(dx)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    v128.store(to + i, tanhSlope(v128.load(out + i), v128.load(from + i)))
    v128.store(to + i, tanhSlope(v128.load(out + i, 16), v128.load(from + i, 16)), 16)
    v128.store(to + i, tanhSlope(v128.load(out + i, 32), v128.load(from + i, 32)), 32)
    v128.store(to + i, tanhSlope(v128.load(out + i, 48), v128.load(from + i, 48)), 48)
  }
  for (; i < whole; i += 16) v128.store(to + i, tanhSlope(v128.load(out + i), v128.load(from + i)))
  if (n & 3) store(to + i, tanhSlope(load(out + i, n & 3), load(from + i, n & 3)), n & 3)
}

/** x where x > 0, else 0: NaN too becomes 0, as in the reference. */
@inline
function positive(condition: v128, value: v128): v128 {
  return v128.and(f32x4.gt(condition, f32x4.splat(0)), value)
}

export function relu(n: i32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) {
    const value = v128.load(from + i)
    v128.store(to + i, positive(value, value))
  }
  if (n & 3) {
    const value = load(from + i, n & 3)
    store(to + i, positive(value, value), n & 3)
  }
}

export function reluBackward(n: i32, y: usize, dy: usize, dx: usize): void {
  const out = bytes(y)
  const from = bytes(dy)
  const to = bytes(dx)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, positive(v128.load(out + i), v128.load(from + i)))
  if (n & 3) store(to + i, positive(load(out + i, n & 3), load(from + i, n & 3)), n & 3)
}

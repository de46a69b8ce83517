// What a training step asks for beside passes and AdamW, called outside of passes.
import { bytes, load, store, wholeBytes } from './lanes'

/** The lower and the upper two lanes of x·y in double precision. */
@inline
function lowProducts(x: v128, y: v128): v128 {
  return f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y))
}

@inline
function upper(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 2, 3)
}

/** Lane l adds the products i ≡ l (mod 4) in order; then (l₀ + l₂) + (l₁ + l₃). */
@inline
function products(n: i32, x: usize, y: usize): f64 {
  const whole = wholeBytes(n)
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  let i: usize = 0
  for (; i < whole; i += 16) {
    const a = v128.load(x + i)
    const b = v128.load(y + i)
    low = f64x2.add(low, lowProducts(a, b))
    high = f64x2.add(high, lowProducts(upper(a), upper(b)))
  }
  if (n & 3) {
    const a = load(x + i, n & 3)
    const b = load(y + i, n & 3)
    low = f64x2.add(low, lowProducts(a, b))
    high = f64x2.add(high, lowProducts(upper(a), upper(b)))
  }
  const pairs = f64x2.add(low, high)
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1)
}

export function dot(n: i32, x: usize, y: usize, total: usize): void {
  const at = <usize>total << 3
  f64.store(at, f64.load(at) + products(n, bytes(x), bytes(y)))
}

const BLOCK = 16

export function squares(n: i32, x: usize, sums: usize): void {
  let at = <usize>sums << 3
  let from = bytes(x)
  for (let i = 0; i < n; i += BLOCK, at += 8, from += 4 * BLOCK) {
    f64.store(at, products(min(BLOCK, n - i), from, from))
  }
}

export function addScaled(n: i32, factor: f32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const all = f32x4.splat(factor)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(all, v128.load(from + i))))
  if (n & 3) store(to + i, f32x4.add(load(to + i, n & 3), f32x4.mul(all, load(from + i, n & 3))), n & 3)
}

@inline
function approach4(rate: v128, from: usize, to: usize, lanes: i32): void {
  const y = load(to, lanes)
  store(to, f32x4.add(y, f32x4.mul(rate, f32x4.sub(load(from, lanes), y))), lanes)
}

export function approach(n: i32, rate: f32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const all = f32x4.splat(rate)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) approach4(all, from + i, to + i, 4)
  if (n & 3) approach4(all, from + i, to + i, n & 3)
}

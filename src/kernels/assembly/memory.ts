import { bytes, load, store, wholeBytes } from './lanes'

export function fill(n: i32, value: f32, y: usize): void {
  const to = bytes(y)
  const all = f32x4.splat(value)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, all)
  if (n & 3) store(to + i, all, n & 3)
}

export function copy(n: i32, x: usize, y: usize): void {
  const from = bytes(x)
  const to = bytes(y)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(to + i, v128.load(from + i))
  if (n & 3) store(to + i, load(from + i, n & 3), n & 3)
}

/** to += from; addresses in bytes. */
@inline
export function addRow(n: i32, from: usize, to: usize): void {
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)))
    v128.store(to + i, f32x4.add(v128.load(to + i, 16), v128.load(from + i, 16)), 16)
    v128.store(to + i, f32x4.add(v128.load(to + i, 32), v128.load(from + i, 32)), 32)
    v128.store(to + i, f32x4.add(v128.load(to + i, 48), v128.load(from + i, 48)), 48)
  }
  for (; i < whole; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)))
  if (n & 3) store(to + i, f32x4.add(load(to + i, n & 3), load(from + i, n & 3)), n & 3)
}

export function add(n: i32, x: usize, y: usize): void {
  addRow(n, bytes(x), bytes(y))
}

/** Lane l adds the x[i] with i ≡ l (mod 4) in order; then (l₀ + l₂) + (l₁ + l₃). */
export function sum(n: i32, x: usize, total: usize): void {
  const from = bytes(x)
  const whole = wholeBytes(n)
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  let i: usize = 0
  for (; i < whole; i += 16) {
    low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(from + i)))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(from + i, 8)))
  }
  if (n & 3) {
    const rest = load(from + i, n & 3)
    low = f64x2.add(low, f64x2.promote_low_f32x4(rest))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(rest, rest, 2, 3, 2, 3)))
  }
  const pairs = f64x2.add(low, high)
  const at = <usize>total << 3
  f64.store(at, f64.load(at) + (f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1)))
}


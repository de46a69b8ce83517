// Rows in original units to standardised ones and back, in float64 and rounded once; row-major, so that the figures of
// the columns come round every 4·columns numbers, at a whole vector.
import { bytes, load, store, wholeBytes } from './lanes'

/** Lanes 0 and 1 of four reals, or of four doubles, and lanes 2 and 3. */
@inline
function lowPair(wide: bool, from: usize): v128 {
  return wide ? v128.load(from) : f64x2.promote_low_f32x4(v128.load64_zero(from))
}

@inline
function scaled(x: v128, mean: v128, inverseSd: v128): v128 {
  return f64x2.mul(f64x2.sub(x, mean), inverseSd)
}

/** Both pairs as four reals. */
@inline
function narrow(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
}

/** The rest of fewer than four numbers, as four: what lies behind them is made 0. */
@inline
function restLow(wide: bool, from: usize, lanes: i32): v128 {
  if (!wide) return f64x2.promote_low_f32x4(load(from, lanes))
  return lanes == 1 ? v128.load64_zero(from) : v128.load(from)
}

@inline
function restHigh(wide: bool, from: usize, lanes: i32): v128 {
  if (lanes < 3) return f64x2.splat(0)
  return wide ? v128.load64_zero(from, 16) : f64x2.promote_low_f32x4(v128.load32_zero(from, 8))
}

/** Absolute values as integers, which order them as numbers, with NaN above all of them. */
@inline
function magnitude(x: v128): v128 {
  return v128.and(x, i32x4.splat(0x7fffffff))
}

/** Four numbers from `from` on, whose pairs have these means and scales; `rest` of them where it is not 0. */
@inline
function four(wide: bool, from: usize, rest: i32, mean0: v128, mean1: v128, scale0: v128, scale1: v128): v128 {
  const low = rest ? restLow(wide, from, rest) : lowPair(wide, from)
  const high = rest ? restHigh(wide, from, rest) : lowPair(wide, from + (wide ? 16 : 8))
  return narrow(scaled(low, mean0, scale0), scaled(high, mean1, scale1))
}

@inline
function standardiseAll(wide: bool, n: i32, period: i32, x: usize, mean: usize, inverseSd: usize, z: usize): f32 {
  const to = bytes(z)
  const whole = wholeBytes(n)
  const round = <usize>period << 3
  let largest = i32x4.splat(0)
  let at: usize = 0
  let i: usize = 0
  if (period <= 8) {
    // One or two columns: all pairs have the same.
    const m = v128.load(mean), scale = v128.load(inverseSd)
    for (; i < whole; i += 16) {
      const values = four(wide, x + (wide ? i << 1 : i), 0, m, m, scale, scale)
      v128.store(to + i, values)
      largest = i32x4.max_s(largest, magnitude(values))
    }
  }
  for (; i < whole; i += 16) {
    const values = four(
      wide, x + (wide ? i << 1 : i), 0, v128.load(mean + at), v128.load(mean + at, 16), v128.load(inverseSd + at),
      v128.load(inverseSd + at, 16))
    v128.store(to + i, values)
    largest = i32x4.max_s(largest, magnitude(values))
    at += 32
    if (at == round) at = 0
  }
  const rest = n & 3
  if (rest) {
    const values = four(
      wide, x + (wide ? i << 1 : i), rest, v128.load(mean + at), v128.load(mean + at, 16), v128.load(inverseSd + at),
      v128.load(inverseSd + at, 16))
    store(to + i, values, rest)
    largest = i32x4.max_s(largest, magnitude(load(to + i, rest)))
  }
  const pairs = i32x4.max_s(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1))
  return f32x4.extract_lane(i32x4.max_s(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2)), 0)
}

export function standardise(n: i32, period: i32, x: usize, mean: usize, inverseSd: usize, z: usize): f32 {
  return standardiseAll(false, n, period, bytes(x), mean << 3, inverseSd << 3, z)
}

export function standardiseDoubles(n: i32, period: i32, x: usize, mean: usize, inverseSd: usize, z: usize): f32 {
  return standardiseAll(true, n, period, x << 3, mean << 3, inverseSd << 3, z)
}

@inline
function unscaled(z: v128, mean: usize, sd: usize): v128 {
  return f64x2.add(f64x2.mul(f64x2.promote_low_f32x4(z), v128.load(sd)), v128.load(mean))
}

export function destandardise(n: i32, period: i32, z: usize, mean: usize, sd: usize, x: usize): void {
  const from = bytes(z)
  mean <<= 3, sd <<= 3, x <<= 3
  const whole = wholeBytes(n)
  const round = <usize>period << 3
  let at: usize = 0
  let i: usize = 0
  for (; i < whole; i += 16) {
    v128.store(x + 2 * i, unscaled(v128.load64_zero(from + i), mean + at, sd + at))
    v128.store(x + 2 * i, unscaled(v128.load64_zero(from + i, 8), mean + at + 16, sd + at + 16), 16)
    at += 32
    if (at == round) at = 0
  }
  const rest = n & 3
  if (rest) {
    const values = load(from + i, rest)
    const low = unscaled(values, mean + at, sd + at)
    if (rest == 1) return v128.store64_lane(x + 2 * i, low, 0)
    v128.store(x + 2 * i, low)
    if (rest == 3) {
      const high = v128.shuffle<f32>(values, values, 2, 3, 2, 3)
      v128.store64_lane(x + 2 * i, unscaled(high, mean + at + 16, sd + at + 16), 0, 16)
    }
  }
}

/** Two reals plus the value, in the first two lanes. */
@inline
function shifted(x: v128, value: v128): v128 {
  return f32x4.demote_f64x2_zero(f64x2.add(f64x2.promote_low_f32x4(x), value))
}

export function shift(n: i32, value: f64, x: usize): void {
  const to = bytes(x)
  const all = f64x2.splat(value)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) {
    v128.store64_lane(to + i, shifted(v128.load64_zero(to + i), all), 0)
    v128.store64_lane(to + i, shifted(v128.load64_zero(to + i, 8), all), 0, 8)
  }
  for (const end = bytes(x + n); to + i < end; i += 4) f32.store(to + i, <f32>(<f64>f32.load(to + i) + value))
}

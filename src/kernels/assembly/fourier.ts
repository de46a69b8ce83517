// Sines and cosines of a column's multiples of one frequency. Those of the first are computed, the others follow by the
// addition theorem; whole quarters of a turn are taken off in double precision, so that a wave is right however far out.
import { bytes, load, store, wholeBytes } from './lanes'
import { cosine4, sine4 } from './math'

const HALF_PI: f64 = 1.5707963267948966
const TURN: f64 = 6.283185307179586

/** Whole quarters of a turn in x, nearest, as f64. */
@inline
function quarters2(x: v128, perQuarter: v128): v128 {
  return f64x2.nearest(f64x2.mul(x, perQuarter))
}

/** What is left of x, in radians within ±π/4; NaN where x is ±∞ or NaN. */
@inline
function rest2(x: v128, perQuarter: v128, quarters: v128): v128 {
  const left = f64x2.sub(f64x2.mul(x, perQuarter), quarters)
  return f32x4.demote_f64x2_zero(f64x2.mul(left, f64x2.splat(HALF_PI)))
}

/** The quarters without whole turns, −2 … 2, as two integers. */
@inline
function quadrant2(quarters: v128): v128 {
  const turns = f64x2.nearest(f64x2.mul(quarters, f64x2.splat(0.25)))
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.sub(quarters, f64x2.mul(turns, f64x2.splat(4))))
}

/** Four rows of a column: `raw` is a constant, and says whether x goes before its waves. */
@inline
function waves4(raw: bool, count: i32, stride: usize, perQuarter: v128, x: usize, y: usize, lanes: i32): void {
  const value = load(x, lanes)
  if (raw) {
    store(y, value, lanes)
    y += stride
  }
  const a = f64x2.promote_low_f32x4(value)
  const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3))
  const qa = quarters2(a, perQuarter), qb = quarters2(b, perQuarter)
  const r = v128.shuffle<f64>(rest2(a, perQuarter, qa), rest2(b, perQuarter, qb), 0, 2)
  const quadrant = v128.shuffle<f64>(quadrant2(qa), quadrant2(qb), 0, 2)
  const s1 = sine4(quadrant, r), c1 = cosine4(quadrant, r)
  let s = s1, c = c1
  for (let k = 1; ; k++, y += 2 * stride) {
    store(y, s, lanes)
    store(y + stride, c, lanes)
    if (k == count) break
    const next = f32x4.add(f32x4.mul(s, c1), f32x4.mul(c, s1))
    c = f32x4.sub(f32x4.mul(c, c1), f32x4.mul(s, s1))
    s = next
  }
}

@inline
function waves(raw: bool, n: i32, features: i32, rows: i32, period: f32, x: usize, y: usize): void {
  const perQuarter = f64x2.splat(4 / <f64>period)
  const count = features >> 1
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let from = bytes(x)
  let to = bytes(y)
  for (let i = 0; i < n; i++, from += stride, to += <usize>features * stride) {
    let t: usize = 0
    for (; t < whole; t += 16) waves4(raw, count, stride, perQuarter, from + t, to + t, 4)
    if (rows & 3) waves4(raw, count, stride, perQuarter, from + t, to + t, rows & 3)
  }
}

export function fourier(n: i32, features: i32, rows: i32, period: f32, x: usize, y: usize): void {
  if (features & 1) waves(true, n, features, rows, period, x, y)
  else waves(false, n, features, rows, period, x, y)
}

/** dy of x itself, then Σₖ kω·(cₖ·dsₖ − sₖ·dcₖ), k from 1 on. */
@inline
function unwave4(raw: bool, count: i32, stride: usize, omega: f64, y: usize, dy: usize, dx: usize, lanes: i32): void {
  let sum = f32x4.splat(0)
  if (raw) {
    sum = load(dy, lanes)
    y += stride
    dy += stride
  }
  for (let k = 1; k <= count; k++, y += 2 * stride, dy += 2 * stride) {
    const gain = f32x4.mul(load(y + stride, lanes), load(dy, lanes))
    const loss = f32x4.mul(load(y, lanes), load(dy + stride, lanes))
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(<f32>(<f64>k * omega)), f32x4.sub(gain, loss)))
  }
  store(dx, sum, lanes)
}

@inline
function unwave(raw: bool, n: i32, features: i32, rows: i32, period: f32, y: usize, dy: usize, dx: usize): void {
  const omega = TURN / <f64>period
  const count = features >> 1
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let out = bytes(y)
  let from = bytes(dy)
  let to = bytes(dx)
  for (let i = 0; i < n; i++) {
    let t: usize = 0
    for (; t < whole; t += 16) unwave4(raw, count, stride, omega, out + t, from + t, to + t, 4)
    if (rows & 3) unwave4(raw, count, stride, omega, out + t, from + t, to + t, rows & 3)
    out += <usize>features * stride
    from += <usize>features * stride
    to += stride
  }
}

export function fourierBackward(
  n: i32, features: i32, rows: i32, period: f32, y: usize, dy: usize, dx: usize,
): void {
  if (features & 1) unwave(true, n, features, rows, period, y, dy, dx)
  else unwave(false, n, features, rows, period, y, dy, dx)
}

// The ways back of ./triangular.ts: its sweeps transposed, and the gradients of the entries that there are,
// dT[i, k] += ±Σₜ d[i, t]·x[k, t], lane l of a sum taking the rows t ≡ l (mod 4) in order, then (l₀ + l₂) + (l₁ + l₃).
import { bytes, load, NONE, sumLanes, sumLanesOf, wholeBytes } from './lanes'
import { sumRow } from './spread'
import { lowerProducts, lowerSolutions, upperProducts, upperSolutions } from './triangular'

@inline
function step(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b))
}

@inline
function addTo(address: usize, value: f32): void {
  f32.store(address, f32.load(address) + value)
}

/** Σₜ d[t]·x[t]; addresses in bytes. */
function dot(rows: i32, d: usize, x: usize): f32 {
  const whole = wholeBytes(rows)
  let sum = f32x4.splat(0)
  let t: usize = 0
  for (; t < whole; t += 16) sum = step(sum, v128.load(d + t), v128.load(x + t))
  if (rows & 3) sum = step(sum, load(d + t, rows & 3), load(x + t, rows & 3))
  return sumLanes(sum)
}

/** Four entries, of two coordinates of d and two of x, the next ones `stride` bytes on, at w, w + one, w + gap, w + gap + one. */
function square(
  rows: i32, sign: f32, d: usize, x: usize, stride: usize, w: usize, one: usize, gap: usize,
): void {
  const whole = wholeBytes(rows)
  const dNext = d + stride, xNext = x + stride
  let a = f32x4.splat(0), b = a, c = a, e = a
  let t: usize = 0
  for (; t < whole; t += 16) {
    const d0 = v128.load(d + t), d1 = v128.load(dNext + t), x0 = v128.load(x + t), x1 = v128.load(xNext + t)
    a = step(a, d0, x0), b = step(b, d0, x1), c = step(c, d1, x0), e = step(e, d1, x1)
  }
  const rest = rows & 3
  if (rest) {
    const d0 = load(d + t, rest), d1 = load(dNext + t, rest), x0 = load(x + t, rest), x1 = load(xNext + t, rest)
    a = step(a, d0, x0), b = step(b, d0, x1), c = step(c, d1, x0), e = step(e, d1, x1)
  }
  const sums = f32x4.mul(sumLanesOf(a, b, c, e), f32x4.splat(sign))
  addTo(w, f32x4.extract_lane(sums, 0))
  addTo(w + one, f32x4.extract_lane(sums, 1))
  addTo(w + gap, f32x4.extract_lane(sums, 2))
  addTo(w + gap + one, f32x4.extract_lane(sums, 3))
}

/** All entries below the diagonal, coordinates counted from the last and weights from their end where `flipped`. */
function triangleGradient(
  flipped: bool, dim: i32, rows: i32, sign: f32, d: usize, x: usize, dWeight: usize,
): void {
  const one: usize = flipped ? -4 : 4
  const stride = flipped ? -bytes(rows) : bytes(rows)
  const last = flipped ? <usize>(dim - 1) * bytes(rows) : 0
  const from = bytes(x) + last
  let w = bytes(dWeight) + (flipped ? bytes((dim * (dim - 1)) >> 1) - 4 : 0)
  let to = bytes(d) + last
  let i = 0
  for (; i + 2 <= dim; i += 2, to += 2 * stride) {
    const gap = one * i
    let at = from
    for (let k = 0; k < i; k += 2, at += 2 * stride) square(rows, sign, to, at, stride, w + one * k, one, gap)
    addTo(w + 2 * gap, sign * dot(rows, to + stride, at))
    w += 2 * gap + one
  }
  if (i < dim) {
    let at = from
    for (let k = 0; k < i; k++, at += stride) addTo(w + one * k, sign * dot(rows, to, at))
  }
}

function biasGradient(dim: i32, rows: i32, sign: f32, d: usize, dBias: usize): void {
  if (dBias == NONE) return
  d = bytes(d), dBias = bytes(dBias)
  for (let i = 0; i < dim; i++, d += bytes(rows), dBias += 4) addTo(dBias, sign * sumRow(rows, d))
}

function diagonalGradient(dim: i32, rows: i32, sign: f32, d: usize, x: usize, dDiagonal: usize): void {
  d = bytes(d), x = bytes(x), dDiagonal = bytes(dDiagonal)
  for (let i = 0; i < dim; i++, d += bytes(rows), x += bytes(rows), dDiagonal += 4) {
    f32.store(dDiagonal, sign * dot(rows, d, x))
  }
}

export function lowerProductBackward(
  dim: i32, rows: i32, weight: usize, x: usize, dy: usize, dx: usize, dWeight: usize, dBias: usize,
): void {
  lowerProducts(true, dim, rows, weight, NONE, dy, dx)
  triangleGradient(false, dim, rows, 1, dy, x, dWeight)
  biasGradient(dim, rows, 1, dy, dBias)
}

export function lowerSolveBackward(
  dim: i32, rows: i32, weight: usize, y: usize, dy: usize, dx: usize, dWeight: usize, dBias: usize,
): void {
  lowerSolutions(true, dim, rows, weight, NONE, dy, dx)
  triangleGradient(false, dim, rows, -1, dx, y, dWeight)
  biasGradient(dim, rows, -1, dx, dBias)
}

export function upperProductBackward(
  dim: i32, rows: i32, weight: usize, diagonal: usize, x: usize, dy: usize, dx: usize, dWeight: usize, dDiagonal: usize,
): void {
  upperProducts(true, dim, rows, weight, diagonal, dy, dx)
  triangleGradient(true, dim, rows, 1, dy, x, dWeight)
  diagonalGradient(dim, rows, 1, dy, x, dDiagonal)
}

export function upperSolveBackward(
  dim: i32, rows: i32, weight: usize, diagonal: usize, y: usize, dy: usize, dx: usize, dWeight: usize, dDiagonal: usize,
): void {
  upperSolutions(true, dim, rows, weight, diagonal, dy, dx)
  triangleGradient(true, dim, rows, -1, dx, y, dWeight)
  diagonalGradient(dim, rows, -1, dx, y, dDiagonal)
}

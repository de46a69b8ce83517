// Products with triangular matrices and solutions by substitution, the matrices stored without their zeros, row by row.
//
// A lower triangle's output i is made of inputs k < i. So is an upper one's where coordinates are counted from the last,
// and its array is then a lower one's read from its end; so are the transposes, which go along columns. All four are the
// same sweep, whose coordinates go `stride` bytes and weights `one` = ±4 bytes at a time. Every sum begins with output i's
// own term and takes k in order, so that the blocking does not show in the bits.
import { bytes, load, NONE, store } from './lanes'

@inline
function step(solve: bool, sum: v128, w: v128, x: v128): v128 {
  const product = f32x4.mul(w, x)
  return solve ? f32x4.sub(sum, product) : f32x4.add(sum, product)
}

/** What the sum of an output begins with. */
@inline
function own(solve: bool, unit: bool, x: v128, diagonal: v128, bias: v128): v128 {
  if (!unit) return solve ? x : f32x4.mul(x, diagonal)
  return solve ? f32x4.sub(x, bias) : f32x4.add(x, bias)
}

@inline
function finished(solve: bool, unit: bool, sum: v128, diagonal: v128): v128 {
  return solve && !unit ? f32x4.div(sum, diagonal) : sum
}

/**
 * Outputs i and, where `outs` is 2, i + 1 in `vectors` (1 or 4) vectors, of which one alone may have fewer `lanes`. `from`
 * is coordinate 0 of what is summed up, x and y are coordinate i; w is the weight (i, 0), the next one `along` on, and
 * that one's next `along` + `bend`; the weight (i + 1, 0) is `gap` behind w. d and b are the diagonal and the bias there.
 */
@inline
function block(
  solve: bool, unit: bool, outs: i32, vectors: i32, lanes: i32,
  i: i32, from: usize, stride: usize, w: usize, along: usize, bend: usize, gap: usize,
  d0: v128, d1: v128, b0: v128, b1: v128, x: usize, y: usize,
): void {
  let p0 = own(solve, unit, load(x, lanes), d0, b0), p1 = p0, p2 = p0, p3 = p0
  let q0 = p0, q1 = p0, q2 = p0, q3 = p0
  if (vectors > 1) {
    p1 = own(solve, unit, v128.load(x, 16), d0, b0)
    p2 = own(solve, unit, v128.load(x, 32), d0, b0)
    p3 = own(solve, unit, v128.load(x, 48), d0, b0)
  }
  if (outs > 1) {
    q0 = own(solve, unit, load(x + stride, lanes), d1, b1)
    if (vectors > 1) {
      q1 = own(solve, unit, v128.load(x + stride, 16), d1, b1)
      q2 = own(solve, unit, v128.load(x + stride, 32), d1, b1)
      q3 = own(solve, unit, v128.load(x + stride, 48), d1, b1)
    }
  }
  for (let k = 0; k < i; k++) {
    const x0 = load(from, lanes)
    const u = v128.load32_splat(w)
    const v = outs > 1 ? v128.load32_splat(w + gap) : u
    p0 = step(solve, p0, u, x0)
    if (outs > 1) q0 = step(solve, q0, v, x0)
    if (vectors > 1) {
      const x1 = v128.load(from, 16), x2 = v128.load(from, 32), x3 = v128.load(from, 48)
      p1 = step(solve, p1, u, x1), p2 = step(solve, p2, u, x2), p3 = step(solve, p3, u, x3)
      if (outs > 1) q1 = step(solve, q1, v, x1), q2 = step(solve, q2, v, x2), q3 = step(solve, q3, v, x3)
    }
    from += stride, w += along, along += bend
  }
  p0 = finished(solve, unit, p0, d0)
  store(y, p0, lanes)
  if (vectors > 1) {
    p1 = finished(solve, unit, p1, d0), p2 = finished(solve, unit, p2, d0), p3 = finished(solve, unit, p3, d0)
    v128.store(y, p1, 16), v128.store(y, p2, 32), v128.store(y, p3, 48)
  }
  if (outs > 1) {
    // Of output i + 1 the summand k = i is left.
    const v = v128.load32_splat(w + gap)
    store(y + stride, finished(solve, unit, step(solve, q0, v, solve ? p0 : load(from, lanes)), d1), lanes)
    if (vectors > 1) {
      const x1 = solve ? p1 : v128.load(from, 16)
      const x2 = solve ? p2 : v128.load(from, 32)
      const x3 = solve ? p3 : v128.load(from, 48)
      v128.store(y + stride, finished(solve, unit, step(solve, q1, v, x1), d1), 16)
      v128.store(y + stride, finished(solve, unit, step(solve, q2, v, x2), d1), 32)
      v128.store(y + stride, finished(solve, unit, step(solve, q3, v, x3), d1), 48)
    }
  }
}

@inline
function splatOr(address: usize, value: f32): v128 {
  return address == NONE ? f32x4.splat(value) : v128.load32_splat(address)
}

/** All outputs of the `vectors` and `lanes` of a block, which stay in the first cache meanwhile. */
@inline
function column(
  solve: bool, unit: bool, vectors: i32, lanes: i32,
  turned: bool, dim: i32, w: usize, one: usize, diagonal: usize, bias: usize, x: usize, y: usize, stride: usize,
): void {
  const from = solve ? y : x
  const along = turned ? one * (dim - 2) : one
  const bend: usize = turned ? -one : 0
  const biasStep: usize = bias == NONE ? 0 : one
  const zero = f32x4.splat(0)
  let i = 0
  for (; i + 2 <= dim; i += 2, x += 2 * stride, y += 2 * stride) {
    const d0 = unit ? zero : v128.load32_splat(diagonal), d1 = unit ? zero : v128.load32_splat(diagonal + one)
    const b0 = unit ? splatOr(bias, 0) : zero, b1 = unit && bias != NONE ? v128.load32_splat(bias + one) : zero
    const gap = turned ? one : one * i
    block(solve, unit, 2, vectors, lanes, i, from, stride, w, along, bend, gap, d0, d1, b0, b1, x, y)
    w += turned ? 2 * one : one * (2 * i + 1)
    diagonal += 2 * one
    bias += 2 * biasStep
  }
  if (i < dim) {
    const d = unit ? zero : v128.load32_splat(diagonal), b = unit ? splatOr(bias, 0) : zero
    block(solve, unit, 1, vectors, lanes, i, from, stride, w, along, bend, 0, d, d, b, b, x, y)
  }
}

/**
 * y = T x + bias, or y = T⁻¹ (x − bias), and T transposed where `turned`; `flipped` where coordinates go from the last to
 * the first. Offsets in reals; a unit triangle has no diagonal, another one no bias.
 */
@inline
function sweep(
  solve: bool, unit: bool, turned: bool, flipped: bool,
  dim: i32, rows: i32, weight: usize, diagonal: usize, bias: usize, x: usize, y: usize,
): void {
  const one: usize = flipped ? -4 : 4
  const stride = flipped ? -bytes(rows) : bytes(rows)
  const last = flipped ? dim - 1 : 0
  let from = bytes(x) + <usize>last * bytes(rows)
  let to = bytes(y) + <usize>last * bytes(rows)
  let w = bytes(weight) + (flipped ? bytes((dim * (dim - 1)) >> 1) - 4 : 0)
  // The weight (1, 0) comes first; along columns output 0 is one before it.
  if (turned) w -= one
  diagonal = bytes(diagonal + last)
  if (bias != NONE) bias = bytes(bias + last)
  let left = rows
  for (; left >= 16; left -= 16, from += 64, to += 64) {
    column(solve, unit, 4, 4, turned, dim, w, one, diagonal, bias, from, to, stride)
  }
  for (; left > 0; left -= 4, from += 16, to += 16) {
    column(solve, unit, 1, min(left, 4), turned, dim, w, one, diagonal, bias, from, to, stride)
  }
}

export function lowerProducts(
  turned: bool, dim: i32, rows: i32, weight: usize, bias: usize, x: usize, y: usize,
): void {
  sweep(false, true, turned, turned, dim, rows, weight, 0, bias, x, y)
}

export function lowerSolutions(
  turned: bool, dim: i32, rows: i32, weight: usize, bias: usize, x: usize, y: usize,
): void {
  sweep(true, true, turned, turned, dim, rows, weight, 0, bias, x, y)
}

export function upperProducts(
  turned: bool, dim: i32, rows: i32, weight: usize, diagonal: usize, x: usize, y: usize,
): void {
  sweep(false, false, turned, !turned, dim, rows, weight, diagonal, NONE, x, y)
}

export function upperSolutions(
  turned: bool, dim: i32, rows: i32, weight: usize, diagonal: usize, x: usize, y: usize,
): void {
  sweep(true, false, turned, !turned, dim, rows, weight, diagonal, NONE, x, y)
}

export function lowerProduct(dim: i32, rows: i32, weight: usize, bias: usize, x: usize, y: usize): void {
  lowerProducts(false, dim, rows, weight, bias, x, y)
}

export function lowerSolve(dim: i32, rows: i32, weight: usize, bias: usize, x: usize, y: usize): void {
  lowerSolutions(false, dim, rows, weight, bias, x, y)
}

export function upperProduct(dim: i32, rows: i32, weight: usize, diagonal: usize, x: usize, y: usize): void {
  upperProducts(false, dim, rows, weight, diagonal, x, y)
}

export function upperSolve(dim: i32, rows: i32, weight: usize, diagonal: usize, x: usize, y: usize): void {
  upperSolutions(false, dim, rows, weight, diagonal, x, y)
}

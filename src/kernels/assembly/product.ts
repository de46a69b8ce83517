// The inner loop of every product of matrices here: blocks of y = start + W x, x and y with their second index along the
// vectors. Every sum takes k in order, multiply then add, so that the blocking does not show in the bits.
//
// A block of 2 × 16 sums fits the registers, and its loop is the shortest: one k a turn. Unrolled further, the engine
// moves all loads of a turn to its beginning and spills.
import { load, store } from './lanes'

@inline
function step(sum: v128, w: v128, x: v128): v128 {
  return f32x4.add(sum, f32x4.mul(w, x))
}

/**
 * y[o, …] = start_o + Σₖ w[o, k]·x[k, …], or w[k, o] where `turned`, for `outs` (1 or 2) rows of y and `vectors` (1 or 4)
 * vectors, of which one alone may have fewer `lanes`. depth ≥ 1; strides in bytes.
 */
@inline
function block(
  turned: bool, outs: i32, vectors: i32, lanes: i32,
  depth: i32, x: usize, xStride: usize, w: usize, wStride: usize, start0: v128, start1: v128, y: usize, yStride: usize,
): void {
  const end = x + <usize>depth * xStride
  let w1 = w + wStride
  let a0 = start0, a1 = start0, a2 = start0, a3 = start0
  let b0 = start1, b1 = start1, b2 = start1, b3 = start1
  do {
    const x0 = load(x, lanes)
    const p = v128.load32_splat(w)
    const q = outs == 1 ? p : turned ? v128.load32_splat(w, 4) : v128.load32_splat(w1)
    a0 = step(a0, p, x0)
    if (outs > 1) b0 = step(b0, q, x0)
    if (vectors > 1) {
      const x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48)
      a1 = step(a1, p, x1), a2 = step(a2, p, x2), a3 = step(a3, p, x3)
      if (outs > 1) b1 = step(b1, q, x1), b2 = step(b2, q, x2), b3 = step(b3, q, x3)
    }
    x += xStride
    if (turned) w += wStride
    else w += 4, w1 += 4
  } while (x != end)
  store(y, a0, lanes)
  if (outs > 1) store(y + yStride, b0, lanes)
  if (vectors > 1) {
    store(y + 16, a1, 4), store(y + 32, a2, 4), store(y + 48, a3, 4)
    if (outs > 1) {
      store(y + yStride + 16, b1, 4)
      store(y + yStride + 32, b2, 4)
      store(y + yStride + 48, b3, 4)
    }
  }
}

/**
 * One vector of `outs` (1 or 4) rows of y = W x: with two rows, each would wait for its additions. depth ≥ 1; strides in
 * bytes.
 */
@inline
function slimBlock(
  outs: i32, depth: i32, x: usize, xStride: usize, w: usize, wStride: usize, y: usize, yStride: usize,
): void {
  const end = x + <usize>depth * xStride
  let w1 = w + wStride
  let w2 = w1 + wStride
  let w3 = w2 + wStride
  let a = f32x4.splat(0), b = a, c = a, d = a
  do {
    const x0 = v128.load(x)
    a = step(a, v128.load32_splat(w), x0)
    w += 4
    if (outs > 1) {
      b = step(b, v128.load32_splat(w1), x0)
      c = step(c, v128.load32_splat(w2), x0)
      d = step(d, v128.load32_splat(w3), x0)
      w1 += 4, w2 += 4, w3 += 4
    }
    x += xStride
  } while (x != end)
  v128.store(y, a)
  if (outs > 1) {
    v128.store(y + yStride, b)
    v128.store(y + 2 * yStride, c)
    v128.store(y + 3 * yStride, d)
  }
}

/** Few columns, up to a multiple of 4, of `outs` (1 or 4) rows of y = W x. */
@inline
export function slimBand(
  outs: i32, columns: i32, depth: i32, x: usize, xStride: usize, w: usize, wStride: usize, y: usize, yStride: usize,
): void {
  for (; columns > 0; columns -= 4, x += 16, y += 16) slimBlock(outs, depth, x, xStride, w, wStride, y, yStride)
}

/** All `width` columns of `outs` (1 or 2) rows of y, as `block`. x [depth, width], y [outs, width]. */
@inline
export function band(
  outs: i32, width: i32,
  depth: i32, x: usize, xStride: usize, w: usize, wStride: usize, start0: v128, start1: v128, y: usize, yStride: usize,
): void {
  let left = width
  for (; left >= 16; left -= 16, x += 64, y += 64) {
    block(false, outs, 4, 4, depth, x, xStride, w, wStride, start0, start1, y, yStride)
  }
  for (; left >= 4; left -= 4, x += 16, y += 16) {
    block(false, outs, 1, 4, depth, x, xStride, w, wStride, start0, start1, y, yStride)
  }
  if (left) block(false, outs, 1, left, depth, x, xStride, w, wStride, start0, start1, y, yStride)
}

/** `outs` rows of y of the `vectors` and `lanes` of a block, whose part of x stays in the first cache meanwhile. */
@inline
function columnTurned(
  vectors: i32, lanes: i32,
  outs: i32, depth: i32, x: usize, xStride: usize, w: usize, wStride: usize, y: usize, yStride: usize,
): void {
  const zero = f32x4.splat(0)
  let o = 0
  for (; o + 2 <= outs; o += 2, w += 8, y += 2 * yStride) {
    block(true, 2, vectors, lanes, depth, x, xStride, w, wStride, zero, zero, y, yStride)
  }
  if (o < outs) block(true, 1, vectors, lanes, depth, x, xStride, w, wStride, zero, zero, y, yStride)
}

/** y = Wᵀ x: `outs` rows of y of `width` columns, w [depth, outs]. */
@inline
export function productTurned(
  outs: i32, width: i32, depth: i32, x: usize, xStride: usize, w: usize, wStride: usize, y: usize, yStride: usize,
): void {
  let left = width
  for (; left >= 16; left -= 16, x += 64, y += 64) {
    columnTurned(4, 4, outs, depth, x, xStride, w, wStride, y, yStride)
  }
  for (; left >= 4; left -= 4, x += 16, y += 16) {
    columnTurned(1, 4, outs, depth, x, xStride, w, wStride, y, yStride)
  }
  if (left) columnTurned(1, left, outs, depth, x, xStride, w, wStride, y, yStride)
}

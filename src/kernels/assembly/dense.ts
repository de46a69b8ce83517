// y[o, t] = bias[o] + Σᵢ weight[o, i] x[i, t], register-blocked: four outputs by eight rows keep eight sums in
// registers, so that six loads feed sixteen operations. Whatever the block, one output's sum starts at its bias and
// runs over i upwards. Strides and `lane`, the distance of two features, are in bytes.
import { loadPart, splat, storePart } from './vector'

@inline
function first(bias: usize, o: i32): v128 {
  return bias ? v128.load32_splat(bias + (<usize>o << 2)) : splat(0)
}

@inline
function addProduct(sum: v128, w: v128, x: v128): v128 {
  return f32x4.add(sum, f32x4.mul(w, x))
}

/** Outputs o … o + 3 on rows t … t + 7. */
@inline
function block4x8(
  b0: v128, b1: v128, b2: v128, b3: v128, inDim: i32, x: usize, w: usize, outStride: usize, inStride: usize,
  y: usize, lane: usize,
): void {
  let s00 = b0, s01 = b0, s10 = b1, s11 = b1, s20 = b2, s21 = b2, s30 = b3, s31 = b3
  const twice = outStride << 1
  for (let i = 0; i < inDim; i++, x += lane, w += inStride) {
    const x0 = v128.load(x)
    const x1 = v128.load(x, 16)
    const w0 = v128.load32_splat(w)
    s00 = addProduct(s00, w0, x0)
    s01 = addProduct(s01, w0, x1)
    const w1 = v128.load32_splat(w + outStride)
    s10 = addProduct(s10, w1, x0)
    s11 = addProduct(s11, w1, x1)
    const w2 = v128.load32_splat(w + twice)
    s20 = addProduct(s20, w2, x0)
    s21 = addProduct(s21, w2, x1)
    const w3 = v128.load32_splat(w + outStride + twice)
    s30 = addProduct(s30, w3, x0)
    s31 = addProduct(s31, w3, x1)
  }
  v128.store(y, s00)
  v128.store(y, s01, 16)
  y += lane
  v128.store(y, s10)
  v128.store(y, s11, 16)
  y += lane
  v128.store(y, s20)
  v128.store(y, s21, 16)
  y += lane
  v128.store(y, s30)
  v128.store(y, s31, 16)
}

/** One output on rows t … t + 15. */
@inline
function block1x16(b: v128, inDim: i32, x: usize, w: usize, inStride: usize, y: usize, lane: usize): void {
  let s0 = b, s1 = b, s2 = b, s3 = b
  for (let i = 0; i < inDim; i++, x += lane, w += inStride) {
    const weight = v128.load32_splat(w)
    s0 = addProduct(s0, weight, v128.load(x))
    s1 = addProduct(s1, weight, v128.load(x, 16))
    s2 = addProduct(s2, weight, v128.load(x, 32))
    s3 = addProduct(s3, weight, v128.load(x, 48))
  }
  v128.store(y, s0)
  v128.store(y, s1, 16)
  v128.store(y, s2, 32)
  v128.store(y, s3, 48)
}

/** One output on n ≤ 4 rows. */
@inline
function block1x4(b: v128, n: i32, inDim: i32, x: usize, w: usize, inStride: usize, y: usize, lane: usize): void {
  let s = b
  for (let i = 0; i < inDim; i++, x += lane, w += inStride) {
    s = addProduct(s, v128.load32_splat(w), n < 4 ? loadPart(x, n) : v128.load(x))
  }
  if (n < 4) storePart(y, s, n)
  else v128.store(y, s)
}

/** One output on rows t and following. */
function restOfOutput(
  t: i32, b: v128, inDim: i32, rows: i32, x: usize, w: usize, inStride: usize, y: usize, lane: usize,
): void {
  for (; t <= rows - 16; t += 16) block1x16(b, inDim, x + (<usize>t << 2), w, inStride, y + (<usize>t << 2), lane)
  for (; t < rows; t += 4) {
    block1x4(b, min(4, rows - t), inDim, x + (<usize>t << 2), w, inStride, y + (<usize>t << 2), lane)
  }
}

export function dense(
  outDim: i32, inDim: i32, rows: i32, x: usize, weight: usize, outStride: usize, inStride: usize, bias: usize,
  y: usize,
): void {
  const lane = <usize>rows << 2
  let o = 0
  for (; o <= outDim - 4; o += 4) {
    const w = weight + <usize>o * outStride
    const out = y + <usize>o * lane
    const b0 = first(bias, o)
    const b1 = first(bias, o + 1)
    const b2 = first(bias, o + 2)
    const b3 = first(bias, o + 3)
    let t = 0
    for (; t <= rows - 8; t += 8) {
      const at = <usize>t << 2
      block4x8(b0, b1, b2, b3, inDim, x + at, w, outStride, inStride, out + at, lane)
    }
    if (t < rows) {
      restOfOutput(t, b0, inDim, rows, x, w, inStride, out, lane)
      restOfOutput(t, b1, inDim, rows, x, w + outStride, inStride, out + lane, lane)
      restOfOutput(t, b2, inDim, rows, x, w + 2 * outStride, inStride, out + 2 * lane, lane)
      restOfOutput(t, b3, inDim, rows, x, w + 3 * outStride, inStride, out + 3 * lane, lane)
    }
  }
  for (; o < outDim; o++) {
    restOfOutput(0, first(bias, o), inDim, rows, x, weight + <usize>o * outStride, inStride, y + <usize>o * lane, lane)
  }
}

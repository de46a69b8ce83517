// y[o, t] = bias[o] + Σᵢ weight[o, i]·x[i, t]: every sum starts from the bias and takes i in order, multiply then add,
// so the blocking below does not show in the bits.
import { bytes, load, NONE, store } from './lanes'

/** One product into an accumulator, with the weight in all lanes. */
@inline
function step(sum: v128, weight: v128, x: v128): v128 {
  return f32x4.add(sum, f32x4.mul(weight, x))
}

@inline
function first(bias: usize, o: usize): v128 {
  return bias == NONE ? f32x4.splat(0) : v128.load32_splat(bias + o * 4)
}

/**
 * A block of `outs` outputs (1, 2 or 4) by one or two vectors of rows, all sums in registers. `lanes` is the number
 * of rows in the last vector. outs and two are constants: what they rule out is not compiled.
 */
@inline
function block(
  outs: i32, two: bool, lanes: i32,
  inDim: i32, x: usize, weight: usize, outStride: usize, inStride: usize, bias: usize, y: usize, stride: usize,
): void {
  let a0 = first(bias, 0)
  let a1 = a0
  let b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
  if (outs > 1) b0 = b1 = first(bias, 1)
  if (outs > 2) c0 = c1 = first(bias, 2)
  if (outs > 2) d0 = d1 = first(bias, 3)
  for (let i = 0; i < inDim; i++, x += stride, weight += inStride) {
    const x0 = load(x, two ? 4 : lanes)
    const x1 = two ? load(x + 16, lanes) : x0
    let w = v128.load32_splat(weight)
    a0 = step(a0, w, x0)
    if (two) a1 = step(a1, w, x1)
    if (outs > 1) {
      w = v128.load32_splat(weight + outStride)
      b0 = step(b0, w, x0)
      if (two) b1 = step(b1, w, x1)
    }
    if (outs > 2) {
      w = v128.load32_splat(weight + 2 * outStride)
      c0 = step(c0, w, x0)
      if (two) c1 = step(c1, w, x1)
      w = v128.load32_splat(weight + 3 * outStride)
      d0 = step(d0, w, x0)
      if (two) d1 = step(d1, w, x1)
    }
  }
  put(two, lanes, y, a0, a1)
  if (outs > 1) put(two, lanes, y + stride, b0, b1)
  if (outs > 2) put(two, lanes, y + 2 * stride, c0, c1)
  if (outs > 2) put(two, lanes, y + 3 * stride, d0, d1)
}

@inline
function put(two: bool, lanes: i32, y: usize, v0: v128, v1: v128): void {
  store(y, v0, two ? 4 : lanes)
  if (two) store(y + 16, v1, lanes)
}

/** All rows of `outs` outputs. */
@inline
function band(
  outs: i32, inDim: i32, rows: i32,
  x: usize, weight: usize, outStride: usize, inStride: usize, bias: usize, y: usize,
): void {
  const stride = bytes(rows)
  let t = 0
  for (; t + 8 <= rows; t += 8, x += 32, y += 32) {
    block(outs, true, 4, inDim, x, weight, outStride, inStride, bias, y, stride)
  }
  if (t + 4 <= rows) {
    block(outs, false, 4, inDim, x, weight, outStride, inStride, bias, y, stride)
    t += 4, x += 16, y += 16
  }
  if (t < rows) block(outs, false, rows - t, inDim, x, weight, outStride, inStride, bias, y, stride)
}

export function dense(
  outDim: i32, inDim: i32, rows: i32,
  x: usize, weight: usize, outStride: usize, inStride: usize, bias: usize, y: usize,
): void {
  x = bytes(x), weight = bytes(weight), y = bytes(y), outStride = bytes(outStride), inStride = bytes(inStride)
  const biasStep: usize = bias == NONE ? 0 : 4
  if (bias != NONE) bias = bytes(bias)
  const stride = bytes(rows)
  let o = 0
  for (; o + 4 <= outDim; o += 4, weight += 4 * outStride, bias += 4 * biasStep, y += 4 * stride) {
    band(4, inDim, rows, x, weight, outStride, inStride, bias, y)
  }
  if (o + 2 <= outDim) {
    band(2, inDim, rows, x, weight, outStride, inStride, bias, y)
    o += 2, weight += 2 * outStride, bias += 2 * biasStep, y += 2 * stride
  }
  if (o < outDim) band(1, inDim, rows, x, weight, outStride, inStride, bias, y)
}

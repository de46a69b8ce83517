// dWeight[o, i] += Σₜ dy[o, t] x[i, t]: four outputs by two inputs keep eight sums of four lanes each, joined at the
// end in a fixed order. Each sum runs over t upwards whatever block it is in.
import { addTo, loadPart, splat } from './vector'

@inline
function addProduct(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b))
}

@inline
function block4x2(rows: i32, x: usize, dy: usize, lane: usize, dw: usize, outStride: usize): void {
  let s00 = splat(0), s01 = splat(0), s10 = splat(0), s11 = splat(0)
  let s20 = splat(0), s21 = splat(0), s30 = splat(0), s31 = splat(0)
  const twice = lane << 1
  let t = 0
  for (; t <= rows - 4; t += 4, x += 16, dy += 16) {
    const x0 = v128.load(x)
    const x1 = v128.load(x + lane)
    const d0 = v128.load(dy)
    s00 = addProduct(s00, d0, x0)
    s01 = addProduct(s01, d0, x1)
    const d1 = v128.load(dy + lane)
    s10 = addProduct(s10, d1, x0)
    s11 = addProduct(s11, d1, x1)
    const d2 = v128.load(dy + twice)
    s20 = addProduct(s20, d2, x0)
    s21 = addProduct(s21, d2, x1)
    const d3 = v128.load(dy + lane + twice)
    s30 = addProduct(s30, d3, x0)
    s31 = addProduct(s31, d3, x1)
  }
  const n = rows - t
  if (n > 0) {
    const x0 = loadPart(x, n)
    const x1 = loadPart(x + lane, n)
    const d0 = loadPart(dy, n)
    const d1 = loadPart(dy + lane, n)
    const d2 = loadPart(dy + twice, n)
    const d3 = loadPart(dy + lane + twice, n)
    s00 = addProduct(s00, d0, x0)
    s01 = addProduct(s01, d0, x1)
    s10 = addProduct(s10, d1, x0)
    s11 = addProduct(s11, d1, x1)
    s20 = addProduct(s20, d2, x0)
    s21 = addProduct(s21, d2, x1)
    s30 = addProduct(s30, d3, x0)
    s31 = addProduct(s31, d3, x1)
  }
  addTo(dw, s00)
  addTo(dw + 4, s01)
  dw += outStride
  addTo(dw, s10)
  addTo(dw + 4, s11)
  dw += outStride
  addTo(dw, s20)
  addTo(dw + 4, s21)
  dw += outStride
  addTo(dw, s30)
  addTo(dw + 4, s31)
}

@inline
function block1x1(rows: i32, x: usize, dy: usize, dw: usize): void {
  let s = splat(0)
  let t = 0
  for (; t <= rows - 4; t += 4, x += 16, dy += 16) s = addProduct(s, v128.load(dy), v128.load(x))
  if (t < rows) s = addProduct(s, loadPart(dy, rows - t), loadPart(x, rows - t))
  addTo(dw, s)
}

/** Four outputs by one input: what is left of an odd number of inputs. */
@inline
function block4x1(rows: i32, x: usize, dy: usize, lane: usize, dw: usize, outStride: usize): void {
  let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0)
  const twice = lane << 1
  let t = 0
  for (; t <= rows - 4; t += 4, x += 16, dy += 16) {
    const x0 = v128.load(x)
    s0 = addProduct(s0, v128.load(dy), x0)
    s1 = addProduct(s1, v128.load(dy + lane), x0)
    s2 = addProduct(s2, v128.load(dy + twice), x0)
    s3 = addProduct(s3, v128.load(dy + lane + twice), x0)
  }
  const n = rows - t
  if (n > 0) {
    const x0 = loadPart(x, n)
    s0 = addProduct(s0, loadPart(dy, n), x0)
    s1 = addProduct(s1, loadPart(dy + lane, n), x0)
    s2 = addProduct(s2, loadPart(dy + twice, n), x0)
    s3 = addProduct(s3, loadPart(dy + lane + twice, n), x0)
  }
  addTo(dw, s0)
  addTo(dw + outStride, s1)
  addTo(dw + 2 * outStride, s2)
  addTo(dw + 3 * outStride, s3)
}

@inline
function rowSum(rows: i32, dy: usize, total: usize): void {
  let s = splat(0)
  let t = 0
  for (; t <= rows - 4; t += 4, dy += 16) s = f32x4.add(s, v128.load(dy))
  if (t < rows) s = f32x4.add(s, loadPart(dy, rows - t))
  addTo(total, s)
}

/** `outStride` in bytes; `dBias` 0 where there is none. */
export function denseWeightGradient(
  outDim: i32, inDim: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize, dBias: usize,
): void {
  const lane = <usize>rows << 2
  let o = 0
  for (; o <= outDim - 4; o += 4) {
    const dOut = dy + <usize>o * lane
    const dw = dWeight + <usize>o * outStride
    let i = 0
    for (; i <= inDim - 2; i += 2) {
      block4x2(rows, x + <usize>i * lane, dOut, lane, dw + (<usize>i << 2), outStride)
    }
    if (i < inDim) block4x1(rows, x + <usize>i * lane, dOut, lane, dw + (<usize>i << 2), outStride)
  }
  for (; o < outDim; o++) {
    const dw = dWeight + <usize>o * outStride
    for (let i = 0; i < inDim; i++) block1x1(rows, x + <usize>i * lane, dy + <usize>o * lane, dw + (<usize>i << 2))
  }
  if (dBias) for (o = 0; o < outDim; o++) rowSum(rows, dy + <usize>o * lane, dBias + (<usize>o << 2))
}

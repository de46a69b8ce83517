// dWeight[o, i] += Σₜ dy[o, t]·x[i, t], the sum rounded before it is added. Two ways, by outDim and inDim alone:
// - few outputs or inputs: lane l of an accumulator takes the rows t ≡ l (mod 4) in order, then (l₀ + l₂) + (l₁ + l₃);
// - wide layers: the product of dy with the transposed x, every sum taking t in order.
import { bytes, load, NONE, sumLanes, sumLanesOf, wholeBytes } from './lanes'
import { addRow } from './memory'
import { band as productBand, slimBand } from './product'
import { turn } from './transpose'

/** From so many outputs and inputs on, turning x pays: it is read once an output. */
const WIDE_OUT = 8
const WIDE_IN = 16

@inline
function step(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b))
}

/** *to += Σ a, *(to + 4) += Σ b; the same order as sumLanes. */
@inline
function addPair(to: usize, a: v128, b: v128): void {
  const halves = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7))
  const sums = f32x4.add(v128.shuffle<f32>(halves, halves, 0, 2, 0, 2), v128.shuffle<f32>(halves, halves, 1, 3, 1, 3))
  v128.store64_lane(to, f32x4.add(v128.load64_zero(to), sums), 0)
}

@inline
function addOne(to: usize, a: v128): void {
  f32.store(to, f32.load(to) + sumLanes(a))
}

/** A block of `outs` (1, 2 or 4) by `ins` (1 or 2) entries; both are constants. */
@inline
function block(outs: i32, ins: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize): void {
  const stride = bytes(rows)
  let a0 = f32x4.splat(0)
  let a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
  const whole = wholeBytes(rows)
  let t: usize = 0
  for (; t < whole; t += 16) {
    const x0 = v128.load(x + t)
    const x1 = ins > 1 ? v128.load(x + t + stride) : x0
    let d = v128.load(dy + t)
    a0 = step(a0, d, x0)
    if (ins > 1) a1 = step(a1, d, x1)
    if (outs > 1) {
      d = v128.load(dy + t + stride)
      b0 = step(b0, d, x0)
      if (ins > 1) b1 = step(b1, d, x1)
    }
    if (outs > 2) {
      d = v128.load(dy + t + 2 * stride)
      c0 = step(c0, d, x0)
      if (ins > 1) c1 = step(c1, d, x1)
      d = v128.load(dy + t + 3 * stride)
      d0 = step(d0, d, x0)
      if (ins > 1) d1 = step(d1, d, x1)
    }
  }
  const rest = rows & 3
  if (rest) {
    const x0 = load(x + t, rest)
    const x1 = ins > 1 ? load(x + t + stride, rest) : x0
    let d = load(dy + t, rest)
    a0 = step(a0, d, x0)
    if (ins > 1) a1 = step(a1, d, x1)
    if (outs > 1) {
      d = load(dy + t + stride, rest)
      b0 = step(b0, d, x0)
      if (ins > 1) b1 = step(b1, d, x1)
    }
    if (outs > 2) {
      d = load(dy + t + 2 * stride, rest)
      c0 = step(c0, d, x0)
      if (ins > 1) c1 = step(c1, d, x1)
      d = load(dy + t + 3 * stride, rest)
      d0 = step(d0, d, x0)
      if (ins > 1) d1 = step(d1, d, x1)
    }
  }
  put(ins, dWeight, a0, a1)
  if (outs > 1) put(ins, dWeight + outStride, b0, b1)
  if (outs > 2) put(ins, dWeight + 2 * outStride, c0, c1)
  if (outs > 2) put(ins, dWeight + 3 * outStride, d0, d1)
}

@inline
function put(ins: i32, to: usize, a: v128, b: v128): void {
  if (ins > 1) addPair(to, a, b)
  else addOne(to, a)
}

/** All columns of `outs` rows of the matrix. */
@inline
function band(outs: i32, inDim: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize): void {
  const stride = bytes(rows)
  let i = 0
  for (; i + 2 <= inDim; i += 2, x += 2 * stride, dWeight += 8) block(outs, 2, rows, x, dy, dWeight, outStride)
  if (i < inDim) block(outs, 1, rows, x, dy, dWeight, outStride)
}

/** Σₜ dy[o, t] of four outputs at once: a single sum would wait for each of its additions. */
@inline
function fourBiases(rows: i32, dy: usize, dBias: usize): void {
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let a = f32x4.splat(0), b = a, c = a, d = a
  let t: usize = 0
  for (; t < whole; t += 16) {
    const from = dy + t
    a = f32x4.add(a, v128.load(from))
    b = f32x4.add(b, v128.load(from + stride))
    c = f32x4.add(c, v128.load(from + 2 * stride))
    d = f32x4.add(d, v128.load(from + 3 * stride))
  }
  if (rows & 3) {
    const from = dy + t
    a = f32x4.add(a, load(from, rows & 3))
    b = f32x4.add(b, load(from + stride, rows & 3))
    c = f32x4.add(c, load(from + 2 * stride, rows & 3))
    d = f32x4.add(d, load(from + 3 * stride, rows & 3))
  }
  v128.store(dBias, f32x4.add(v128.load(dBias), sumLanesOf(a, b, c, d)))
}

function biasGradient(outDim: i32, rows: i32, dy: usize, dBias: usize): void {
  const stride = bytes(rows)
  for (; outDim >= 4; outDim -= 4, dy += 4 * stride, dBias += 16) fourBiases(rows, dy, dBias)
  const whole = wholeBytes(rows)
  for (; outDim > 0; outDim--, dy += stride, dBias += 4) {
    let sum = f32x4.splat(0)
    let t: usize = 0
    for (; t < whole; t += 16) sum = f32x4.add(sum, v128.load(dy + t))
    if (rows & 3) sum = f32x4.add(sum, load(dy + t, rows & 3))
    addOne(dBias, sum)
  }
}

/** Columns of x that are turned at a time: as many as a block of the product has. */
const PANEL: i32 = 16

/**
 * The wide way; addresses in bytes. `scratch` takes a panel of x, [rows, PANEL], and behind it its sums [outDim, PANEL]:
 * side by side they stay in the first cache, where rows a power of two apart would push one another out. Added to
 * dWeight in a pass of their own, the sums cost less than at the end of every block.
 */
function wide(
  outDim: i32, inDim: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize, scratch: usize,
): void {
  const stride = bytes(rows)
  for (; inDim >= PANEL; inDim -= PANEL, x += <usize>PANEL * stride, dWeight += bytes(PANEL)) {
    panel(outDim, rows, x, dy, dWeight, outStride, scratch)
  }
  if (inDim > 0) slimPanel(inDim, outDim, rows, x, dy, dWeight, outStride, scratch)
}

@inline
function panel(
  outDim: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize, scratch: usize,
): void {
  const stride = bytes(rows)
  const width = bytes(PANEL)
  const zero = f32x4.splat(0)
  turn(PANEL, rows, x, stride, scratch, width)
  const sums = scratch + <usize>rows * width
  let to = sums
  let o = 0
  for (; o + 2 <= outDim; o += 2, dy += 2 * stride, to += 2 * width) {
    productBand(2, PANEL, rows, scratch, width, dy, stride, zero, zero, to, width)
  }
  if (o < outDim) productBand(1, PANEL, rows, scratch, width, dy, stride, zero, zero, to, width)
  addSums(PANEL, outDim, sums, dWeight, outStride)
}

/** The same for fewer inputs; what else is in a vector of the panel goes along, for a part of one takes longer. */
@inline
function slimPanel(
  columns: i32, outDim: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize, scratch: usize,
): void {
  const stride = bytes(rows)
  const width = bytes(PANEL)
  turn(columns, rows, x, stride, scratch, width)
  const sums = scratch + <usize>rows * width
  let to = sums
  let o = 0
  for (; o + 4 <= outDim; o += 4, dy += 4 * stride, to += 4 * width) {
    slimBand(4, columns, rows, scratch, width, dy, stride, to, width)
  }
  for (; o < outDim; o++, dy += stride, to += width) {
    slimBand(1, columns, rows, scratch, width, dy, stride, to, width)
  }
  addSums(columns, outDim, sums, dWeight, outStride)
}

@inline
function addSums(columns: i32, outDim: i32, sums: usize, dWeight: usize, outStride: usize): void {
  for (let o = 0; o < outDim; o++, sums += bytes(PANEL), dWeight += outStride) addRow(columns, sums, dWeight)
}

export function denseWeightGradient(
  outDim: i32, inDim: i32, rows: i32, x: usize, dy: usize, dWeight: usize, outStride: usize, dBias: usize,
  scratch: usize,
): void {
  x = bytes(x), dy = bytes(dy), dWeight = bytes(dWeight), outStride = bytes(outStride)
  const stride = bytes(rows)
  if (dBias != NONE) biasGradient(outDim, rows, dy, bytes(dBias))
  if (outDim >= WIDE_OUT && inDim >= WIDE_IN) {
    if (rows > 0) wide(outDim, inDim, rows, x, dy, dWeight, outStride, bytes(scratch))
    return
  }
  let o = 0
  for (; o + 4 <= outDim; o += 4, dy += 4 * stride, dWeight += 4 * outStride) {
    band(4, inDim, rows, x, dy, dWeight, outStride)
  }
  if (o + 2 <= outDim) {
    band(2, inDim, rows, x, dy, dWeight, outStride)
    o += 2, dy += 2 * stride, dWeight += 2 * outStride
  }
  if (o < outDim) band(1, inDim, rows, x, dy, dWeight, outStride)
}

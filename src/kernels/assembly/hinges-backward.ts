// The way back of `hinges`. Its gradients are sums over the rows where a unit is above 0, and so over pieces right or left
// of its knot: rows are added up piece by piece, of each output dy and dy·x, and these sums from either side.
import { drawLines, leftSlopes, lines, outputBytes, outputRow, turnedWeights, unitNumbers } from './hinge-lines'
import { bytes, load, store, sumLanes, sumLanesOf, wholeBytes } from './lanes'
import { addRow } from './memory'
import { turn } from './transpose'

/** Behind the lines: of every piece two rows of outputs, the sums of dy and of dy·x. */
@inline
function pieceSums(scratch: usize, hidden: i32, width: usize): usize {
  return lines(scratch, hidden, width) + <usize>(hidden + 1) * 2 * width
}

/** Likewise of every unit, over the rows where it is above 0. */
@inline
function unitSums(scratch: usize, hidden: i32, width: usize): usize {
  return pieceSums(scratch, hidden, width) + <usize>(hidden + 1) * 2 * width
}

@inline
function addTo(to: usize, value: v128): void {
  v128.store(to, f32x4.add(v128.load(to), value))
}

/** Adds four outputs of a row to the sums of its piece; returns their share of dx. */
@inline
function addOutputs(sums: usize, line: usize, width: usize, x: v128, dy: v128, dx: v128): v128 {
  addTo(sums, dy)
  addTo(sums + width, f32x4.mul(x, dy))
  return f32x4.add(dx, f32x4.mul(v128.load(line), dy))
}

/** All outputs of four rows; those that are missing of the last four are 0. */
@inline
function fourRows(
  outDim: i32, hidden: i32, x: usize, piece: usize, dy: usize, stride: usize, dx: usize, scratch: usize, lanes: i32,
): void {
  const width = outputBytes(outDim)
  const value = load(x, lanes)
  const number = i32x4.trunc_sat_f32x4_s(load(piece, lanes))
  const at = i32x4.mul(number, i32x4.splat(<i32>(2 * width)))
  const toSums = pieceSums(scratch, hidden, width) - lines(scratch, hidden, width)
  const from = lines(scratch, hidden, width)
  let line0 = from + i32x4.extract_lane(at, 0)
  let line1 = from + i32x4.extract_lane(at, 1)
  let line2 = from + i32x4.extract_lane(at, 2)
  let line3 = from + i32x4.extract_lane(at, 3)
  const x0 = v128.shuffle<f32>(value, value, 0, 0, 0, 0)
  const x1 = v128.shuffle<f32>(value, value, 1, 1, 1, 1)
  const x2 = v128.shuffle<f32>(value, value, 2, 2, 2, 2)
  const x3 = v128.shuffle<f32>(value, value, 3, 3, 3, 3)
  const zero = f32x4.splat(0)
  let dx0 = zero, dx1 = zero, dx2 = zero, dx3 = zero
  for (let left = outDim; left > 0; left -= 4, dy += 4 * stride) {
    const a = load(dy, lanes)
    const b = left > 1 ? load(dy + stride, lanes) : zero
    const c = left > 2 ? load(dy + 2 * stride, lanes) : zero
    const d = left > 3 ? load(dy + 3 * stride, lanes) : zero
    const low = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
    const nextLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
    dx0 = addOutputs(line0 + toSums, line0, width, x0, v128.shuffle<f32>(low, nextLow, 0, 1, 4, 5), dx0)
    dx1 = addOutputs(line1 + toSums, line1, width, x1, v128.shuffle<f32>(low, nextLow, 2, 3, 6, 7), dx1)
    const high = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
    const nextHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
    dx2 = addOutputs(line2 + toSums, line2, width, x2, v128.shuffle<f32>(high, nextHigh, 0, 1, 4, 5), dx2)
    dx3 = addOutputs(line3 + toSums, line3, width, x3, v128.shuffle<f32>(high, nextHigh, 2, 3, 6, 7), dx3)
    line0 += 16, line1 += 16, line2 += 16, line3 += 16
  }
  store(dx, sumLanesOf(dx0, dx1, dx2, dx3), lanes)
}

/** Of four outputs, from the sums of pieces those of units; the sum of dy over all rows becomes the row of outputs. */
@inline
function sumActive(hidden: i32, width: usize, scratch: usize, column: usize): void {
  const units = unitNumbers(scratch, hidden)
  const slopes = leftSlopes(scratch, hidden)
  const active = unitSums(scratch, hidden, width) + column
  const end = bytes(hidden)
  let from = pieceSums(scratch, hidden, width) + column
  let sum = f32x4.splat(0)
  let byX = sum
  for (let at: usize = 0; at < end; at += 4, from += 2 * width) {
    sum = f32x4.add(sum, v128.load(from))
    byX = f32x4.add(byX, v128.load(from + width))
    if (!(f32.load(slopes + at) < 0)) continue
    const to = active + <usize>i32.load(units + at) * 2 * width
    v128.store(to, sum)
    v128.store(to + width, byX)
  }
  v128.store(outputRow(scratch, hidden) + column, f32x4.add(sum, v128.load(from)))
  sum = f32x4.splat(0)
  byX = sum
  for (let at = end; at > 0; from -= 2 * width) {
    at -= 4
    sum = f32x4.add(sum, v128.load(from))
    byX = f32x4.add(byX, v128.load(from + width))
    if (f32.load(slopes + at) < 0) continue
    const to = active + <usize>i32.load(units + at) * 2 * width
    v128.store(to, sum)
    v128.store(to + width, byX)
  }
}

/** A unit's gradients; those of its weights are left in the first of its two rows of sums. */
@inline
function unitGradient(
  width: usize, slope: usize, offset: usize, weights: usize, active: usize, dSlope: usize, dOffset: usize,
): void {
  const a = v128.load32_splat(slope)
  const b = v128.load32_splat(offset)
  let toSlope = f32x4.splat(0)
  let toOffset = toSlope
  for (let column: usize = 0; column < width; column += 16) {
    const w = v128.load(weights + column)
    const sum = v128.load(active + column)
    const byX = v128.load(active + width + column)
    toSlope = f32x4.add(toSlope, f32x4.mul(w, byX))
    toOffset = f32x4.add(toOffset, f32x4.mul(w, sum))
    v128.store(active + column, f32x4.add(f32x4.mul(a, byX), f32x4.mul(b, sum)))
  }
  f32.store(dSlope, f32.load(dSlope) + sumLanes(toSlope))
  f32.store(dOffset, f32.load(dOffset) + sumLanes(toOffset))
}

/** The gradient of the weights, turned, goes where the lines were. */
function addWeightGradient(outDim: i32, hidden: i32, scratch: usize, dWeight: usize): void {
  const width = outputBytes(outDim)
  const stride = bytes(hidden)
  let from = lines(scratch, hidden, width)
  turn(hidden, outDim, unitSums(scratch, hidden, width), 2 * width, from, stride)
  for (let o = 0; o < outDim; o++, from += stride, dWeight += stride) addRow(hidden, from, dWeight)
}

export function hingesBackward(
  outDim: i32, hidden: i32, rows: i32, x: usize, piece: usize, slope: usize, offset: usize, weight: usize, dy: usize,
  dx: usize, dSlope: usize, dOffset: usize, dWeight: usize, dBias: usize, scratch: usize,
): void {
  x = bytes(x), piece = bytes(piece), slope = bytes(slope), offset = bytes(offset), dy = bytes(dy), dx = bytes(dx)
  dSlope = bytes(dSlope), dOffset = bytes(dOffset), scratch = bytes(scratch)
  const width = outputBytes(outDim)
  const row = outputRow(scratch, hidden)
  memory.fill(row, 0, width)
  drawLines(outDim, hidden, slope, offset, bytes(weight), scratch)
  memory.fill(pieceSums(scratch, hidden, width), 0, <usize>(hidden + 1) * 2 * width)
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) fourRows(outDim, hidden, x + i, piece + i, dy + i, stride, dx + i, scratch, 4)
  if (rows & 3) fourRows(outDim, hidden, x + i, piece + i, dy + i, stride, dx + i, scratch, rows & 3)
  for (let column: usize = 0; column < width; column += 16) sumActive(hidden, width, scratch, column)
  let weights = turnedWeights(scratch, hidden, width)
  let active = unitSums(scratch, hidden, width)
  for (let unit = 0; unit < hidden; unit++, weights += width, active += 2 * width) {
    const at = bytes(unit)
    unitGradient(width, slope + at, offset + at, weights, active, dSlope + at, dOffset + at)
  }
  addWeightGradient(outDim, hidden, scratch, bytes(dWeight))
  addRow(outDim, row, bytes(dBias))
}

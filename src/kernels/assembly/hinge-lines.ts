// What the ways there and back of `hinges` share: knots in their order, and between two of them the line of every output.
//
// In scratch, one after another, arrays of units padded to 4 and of outputs padded to 8: the knots by unit; by place in
// their order the knots, the units' numbers, slopes and offsets of those that are above 0 right of their knot (else 0)
// and of those left of it; a row of outputs; weights turned, [hidden, outputs]; and for every piece k two rows of outputs,
// P and Q of the line P·x + Q. No unit is ever taken out of a sum: nothing cancels that does not in the layer.
import { bytes, load } from './lanes'
import { turn } from './transpose'

/** Bytes of an array of units. */
@inline
function unitBytes(hidden: i32): usize {
  return bytes((hidden + 3) & ~3)
}

/** Bytes of a row of outputs. */
@inline
export function outputBytes(outDim: i32): usize {
  return bytes((outDim + 7) & ~7)
}

@inline
export function sortedKnots(scratch: usize, hidden: i32): usize {
  return scratch + unitBytes(hidden)
}

@inline
export function unitNumbers(scratch: usize, hidden: i32): usize {
  return scratch + 2 * unitBytes(hidden)
}

@inline
function rightSlopes(scratch: usize, hidden: i32): usize {
  return scratch + 3 * unitBytes(hidden)
}

@inline
function rightOffsets(scratch: usize, hidden: i32): usize {
  return scratch + 4 * unitBytes(hidden)
}

/** Negative for the units that are above 0 left of their knot, 0 for the others. */
@inline
export function leftSlopes(scratch: usize, hidden: i32): usize {
  return scratch + 5 * unitBytes(hidden)
}

@inline
function leftOffsets(scratch: usize, hidden: i32): usize {
  return scratch + 6 * unitBytes(hidden)
}

@inline
export function outputRow(scratch: usize, hidden: i32): usize {
  return scratch + 7 * unitBytes(hidden)
}

@inline
export function turnedWeights(scratch: usize, hidden: i32, width: usize): usize {
  return outputRow(scratch, hidden) + width
}

@inline
export function lines(scratch: usize, hidden: i32, width: usize): usize {
  return turnedWeights(scratch, hidden, width) + <usize>hidden * width
}

/** −offset/slope; where there is no slope ∓∞, so that the unit is what it is on all pieces. Missing lanes are ∞. */
@inline
function knots4(slope: usize, offset: usize, to: usize, lanes: i32): void {
  const a = load(slope, lanes)
  const b = load(offset, lanes)
  const zero = f32x4.splat(0)
  const infinity = f32x4.splat(f32.POSITIVE_INFINITY)
  const flat = v128.bitselect(f32x4.neg(infinity), infinity, f32x4.gt(b, zero))
  const knot = v128.bitselect(flat, f32x4.div(f32x4.neg(b), a), f32x4.eq(a, zero))
  // NaN has no place in an order.
  v128.store(to, v128.bitselect(knot, infinity, f32x4.eq(knot, knot)))
}

/** How many knots lie below the unit's, of equal ones those of the units before it. */
@inline
function placeOf(unit: i32, hidden: i32, knots: usize): i32 {
  const own = v128.load32_splat(knots + bytes(unit))
  const block = bytes(unit & ~3)
  let count = i32x4.splat(0)
  let at: usize = 0
  for (; at < block; at += 16) count = i32x4.sub(count, f32x4.le(v128.load(knots + at), own))
  const others = v128.load(knots + at)
  const before = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(unit & 3))
  count = i32x4.sub(count, v128.or(f32x4.lt(others, own), v128.and(f32x4.eq(others, own), before)))
  for (at += 16; at < unitBytes(hidden); at += 16) {
    count = i32x4.sub(count, f32x4.lt(v128.load(knots + at), own))
  }
  const pairs = i32x4.add(count, v128.shuffle<i32>(count, count, 2, 3, 0, 1))
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1)
}

/** Fills the arrays of units; addresses in bytes, as everywhere here. */
function order(hidden: i32, slope: usize, offset: usize, scratch: usize): void {
  const whole = bytes(hidden & ~3)
  for (let i: usize = 0; i < whole; i += 16) knots4(slope + i, offset + i, scratch + i, 4)
  if (hidden & 3) knots4(slope + whole, offset + whole, scratch + whole, hidden & 3)
  for (let unit = 0; unit < hidden; unit++) {
    const at = bytes(placeOf(unit, hidden, scratch))
    const a = f32.load(slope + bytes(unit))
    const b = f32.load(offset + bytes(unit))
    const left = a < 0
    f32.store(sortedKnots(scratch, hidden) + at, f32.load(scratch + bytes(unit)))
    i32.store(unitNumbers(scratch, hidden) + at, unit)
    f32.store(rightSlopes(scratch, hidden) + at, left ? 0 : a)
    f32.store(rightOffsets(scratch, hidden) + at, left ? 0 : b)
    f32.store(leftSlopes(scratch, hidden) + at, left ? a : 0)
    f32.store(leftOffsets(scratch, hidden) + at, left ? b : 0)
  }
}

/** The lines of eight outputs: first what units right of their knots make, from left to right, then the others. */
@inline
function eightLines(hidden: i32, width: usize, scratch: usize, column: usize): void {
  const units = unitNumbers(scratch, hidden)
  const weights = turnedWeights(scratch, hidden, width) + column
  const end = bytes(hidden)
  let line = lines(scratch, hidden, width) + column
  let p0 = f32x4.splat(0)
  let p1 = p0
  let q0 = v128.load(outputRow(scratch, hidden) + column)
  let q1 = v128.load(outputRow(scratch, hidden) + column, 16)
  for (let at: usize = 0; at < end; at += 4, line += 2 * width) {
    putLine(line, width, p0, p1, q0, q1)
    const w = weights + <usize>i32.load(units + at) * width
    const a = v128.load32_splat(rightSlopes(scratch, hidden) + at)
    const b = v128.load32_splat(rightOffsets(scratch, hidden) + at)
    p0 = f32x4.add(p0, f32x4.mul(v128.load(w), a)), p1 = f32x4.add(p1, f32x4.mul(v128.load(w, 16), a))
    q0 = f32x4.add(q0, f32x4.mul(v128.load(w), b)), q1 = f32x4.add(q1, f32x4.mul(v128.load(w, 16), b))
  }
  putLine(line, width, p0, p1, q0, q1)
  p0 = f32x4.splat(0), p1 = p0, q0 = p0, q1 = p0
  for (let at = end; at > 0; ) {
    at -= 4, line -= 2 * width
    const w = weights + <usize>i32.load(units + at) * width
    const a = v128.load32_splat(leftSlopes(scratch, hidden) + at)
    const b = v128.load32_splat(leftOffsets(scratch, hidden) + at)
    p0 = f32x4.add(p0, f32x4.mul(v128.load(w), a)), p1 = f32x4.add(p1, f32x4.mul(v128.load(w, 16), a))
    q0 = f32x4.add(q0, f32x4.mul(v128.load(w), b)), q1 = f32x4.add(q1, f32x4.mul(v128.load(w, 16), b))
    putLine(
      line, width, f32x4.add(v128.load(line), p0), f32x4.add(v128.load(line, 16), p1),
      f32x4.add(v128.load(line + width), q0), f32x4.add(v128.load(line + width, 16), q1))
  }
}

@inline
function putLine(line: usize, width: usize, p0: v128, p1: v128, q0: v128, q1: v128): void {
  v128.store(line, p0)
  v128.store(line, p1, 16)
  v128.store(line + width, q0)
  v128.store(line + width, q1, 16)
}

/** Fills scratch as above; the row of outputs is what lines begin with. */
export function drawLines(
  outDim: i32, hidden: i32, slope: usize, offset: usize, weight: usize, scratch: usize,
): void {
  const width = outputBytes(outDim)
  order(hidden, slope, offset, scratch)
  const turned = turnedWeights(scratch, hidden, width)
  if (outDim & 7) memory.fill(turned, 0, <usize>hidden * width)
  turn(outDim, hidden, weight, bytes(hidden), turned, width)
  for (let column: usize = 0; column < width; column += 32) eightLines(hidden, width, scratch, column)
}

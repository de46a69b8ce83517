// The way back of narrow-coupling.ts, which has the layout of its parameters and the order of its sums. What the hidden
// units go through time and again lies in scratch side by side, in blocks of four rows: one address for all.
import { bytes, load, store, sumLanes, sumLanesOf, wholeBytes } from './lanes'
import { otherThan, unbend4 } from './leaky-relu'
import { exps } from './math'

/** A block: the kept coordinate, the gradients (da, dt) of the output layer, and that of the kept coordinate so far. */
const BLOCK: usize = 64
// Rows that a last block lacks are 0, as `load` and `store` have it.

@inline
function addSum(to: usize, sum: v128): void {
  f32.store(to, f32.load(to) + sumLanes(sum))
}

/**
 * One hidden unit over all rows: adds its part of dKept, returns the gradients of its weight, its bias and its two output
 * weights. One unit and one vector a turn is what the registers hold: four sums, three weights, the rows.
 */
@inline
function hiddenUnit(rows: i32, params: usize, size: usize, block: usize, h: usize): v128 {
  const w = v128.load32_splat(params)
  const toA = v128.load32_splat(params + 2 * size)
  const toT = v128.load32_splat(params + 3 * size)
  let dw = f32x4.splat(0), db = dw, dToA = dw, dToT = dw
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16, block += BLOCK) {
    const dA = v128.load(block, 16)
    const dT = v128.load(block, 32)
    const unit = v128.load(h + i)
    dToA = f32x4.add(dToA, f32x4.mul(dA, unit))
    dToT = f32x4.add(dToT, f32x4.mul(dT, unit))
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(unit, unit))
    const d = f32x4.mul(f32x4.add(f32x4.mul(toA, dA), f32x4.mul(toT, dT)), slope)
    dw = f32x4.add(dw, f32x4.mul(d, v128.load(block)))
    db = f32x4.add(db, d)
    v128.store(block, f32x4.add(v128.load(block, 48), f32x4.mul(w, d)), 48)
  }
  if (rows & 3) {
    const dA = v128.load(block, 16)
    const dT = v128.load(block, 32)
    const unit = load(h + i, rows & 3)
    dToA = f32x4.add(dToA, f32x4.mul(dA, unit))
    dToT = f32x4.add(dToT, f32x4.mul(dT, unit))
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(unit, unit))
    const d = f32x4.mul(f32x4.add(f32x4.mul(toA, dA), f32x4.mul(toT, dT)), slope)
    dw = f32x4.add(dw, f32x4.mul(d, v128.load(block)))
    db = f32x4.add(db, d)
    v128.store(block, f32x4.add(v128.load(block, 48), f32x4.mul(w, d)), 48)
  }
  return sumLanesOf(dw, db, dToA, dToT)
}

/** Adds what four hidden units have returned to their parameters' gradients, which lie `size` bytes apart. */
@inline
function addUnits(dParams: usize, size: usize, units: usize): void {
  const a = v128.load(units), b = v128.load(units, 16), c = v128.load(units, 32), d = v128.load(units, 48)
  const abFirst = v128.shuffle<f32>(a, b, 0, 4, 1, 5), abLast = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const cdFirst = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cdLast = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  addTo(dParams, v128.shuffle<f64>(abFirst, cdFirst, 0, 2))
  addTo(dParams + size, v128.shuffle<f64>(abFirst, cdFirst, 1, 3))
  addTo(dParams + 2 * size, v128.shuffle<f64>(abLast, cdLast, 0, 2))
  addTo(dParams + 3 * size, v128.shuffle<f64>(abLast, cdLast, 1, 3))
}

@inline
function addTo(to: usize, value: v128): void {
  v128.store(to, f32x4.add(v128.load(to), value))
}

/** Likewise of a single unit. */
@inline
function addUnit(dParams: usize, size: usize, unit: usize): void {
  for (let i = 0; i < 4; i++, dParams += size, unit += 4) f32.store(dParams, f32.load(dParams) + f32.load(unit))
}

/**
 * From (dz, dLogDet) to the gradient of the moved coordinate and, in the blocks, of the output layer; adds up its sums
 * over rows and df's. With `bend` (a constant) through the leaky ReLU before, whose output x is: returns its sum.
 */
@inline
function outputs(
  bend: bool, slope: v128, expF: f32, rows: i32, params: usize, dParams: usize, kept: usize, x: usize, z: usize,
  a: usize, u: usize, e: usize, dz: usize, dLogDet: usize, dx: usize, block: usize,
): f32 {
  const bound = f32x4.splat(expF)
  const other = otherThan(slope)
  let sumA = f32x4.splat(0), sumT = sumA, sumF = sumA, sumBend = sumA
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16, block += BLOCK) {
    const dOut = v128.load(dz + i)
    const det = v128.load(dLogDet + i)
    const ds = f32x4.add(f32x4.mul(dOut, v128.load(z + i)), det)
    const dShifted = f32x4.mul(dOut, v128.load(e + i))
    const tanh = v128.load(u + i)
    const inner = f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh))
    const dScale = f32x4.mul(ds, inner)
    sumF = f32x4.add(sumF, f32x4.mul(ds, f32x4.sub(f32x4.mul(tanh, bound), f32x4.mul(v128.load(a + i), inner))))
    sumA = f32x4.add(sumA, dScale)
    sumT = f32x4.add(sumT, dShifted)
    v128.store(block, v128.load(kept + i))
    v128.store(block, dScale, 16)
    v128.store(block, dShifted, 32)
    v128.store(block, f32x4.splat(0), 48)
    if (bend) sumBend = f32x4.add(sumBend, unbend4(slope, other, v128.load(x + i), dShifted, det, dx + i, 4))
    else v128.store(dx + i, dShifted)
  }
  const rest = rows & 3
  if (rest) {
    const dOut = load(dz + i, rest)
    const det = load(dLogDet + i, rest)
    const ds = f32x4.add(f32x4.mul(dOut, load(z + i, rest)), det)
    const dShifted = f32x4.mul(dOut, load(e + i, rest))
    const tanh = load(u + i, rest)
    const inner = f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh))
    const dScale = f32x4.mul(ds, inner)
    sumF = f32x4.add(sumF, f32x4.mul(ds, f32x4.sub(f32x4.mul(tanh, bound), f32x4.mul(load(a + i, rest), inner))))
    sumA = f32x4.add(sumA, dScale)
    sumT = f32x4.add(sumT, dShifted)
    v128.store(block, load(kept + i, rest))
    v128.store(block, dScale, 16)
    v128.store(block, dShifted, 32)
    v128.store(block, f32x4.splat(0), 48)
    if (bend) sumBend = f32x4.add(sumBend, unbend4(slope, other, load(x + i, rest), dShifted, det, dx + i, rest))
    else store(dx + i, dShifted, rest)
  }
  addSum(dParams, sumA)
  addSum(dParams + 4, sumT)
  addSum(dParams + 8, sumF)
  return sumLanes(sumBend)
}

/** Rows i…i+3 of the kept coordinate: what z brings and what the blocks have added up; returns what they add to the sum. */
@inline
function kept4(bend: bool, slope: v128, other: v128, dz: usize, block: usize, dLogDet: usize, dx: usize, lanes: i32): v128 {
  const d = f32x4.add(load(dz, lanes), v128.load(block, 48))
  if (bend) return unbend4(slope, other, v128.load(block), d, load(dLogDet, lanes), dx, lanes)
  store(dx, d, lanes)
  return d
}

/** All rows of the kept coordinate, dx from dz; with `bend` returns the leaky ReLU's sum. */
@inline
function keptRows(bend: bool, slope: v128, rows: i32, dz: usize, block: usize, dLogDet: usize, dx: usize): f32 {
  const other = otherThan(slope)
  const whole = wholeBytes(rows)
  let sum = f32x4.splat(0)
  let i: usize = 0
  for (; i < whole; i += 16, block += BLOCK) {
    const part = kept4(bend, slope, other, dz + i, block, dLogDet + i, dx + i, 4)
    if (bend) sum = f32x4.add(sum, part)
  }
  if (rows & 3) {
    const part = kept4(bend, slope, other, dz + i, block, dLogDet + i, dx + i, rows & 3)
    if (bend) sum = f32x4.add(sum, part)
  }
  return sumLanes(sum)
}

/** All arguments but the counts are addresses. */
@inline
function backward(
  bend: bool, raw: f32, hidden: i32, rows: i32, params: usize, dParams: usize, kept: usize, x: usize, z: usize,
  h: usize, a: usize, u: usize, e: usize, dzKept: usize, dz: usize, dLogDet: usize, dxKept: usize, dx: usize,
  blocks: usize,
): f32 {
  const size = <usize>hidden << 2
  const powers = exps(raw, f32.load(params + 4 * size + 8), 0)
  const slope = f32x4.splat(f32x4.extract_lane(powers, 0))
  const sum = outputs(
    bend, slope, f32x4.extract_lane(powers, 1), rows, params + 4 * size, dParams + 4 * size, kept, x, z, a, u, e, dz,
    dLogDet, dx, blocks)
  const stride = bytes(rows)
  // What units return waits behind the blocks: a decision in between would be guessed wrong, and cost as much as it saves.
  const units = blocks + BLOCK * ((rows + 3) >> 2)
  for (let unit: usize = 0; unit < size; unit += 4, h += stride) {
    v128.store(units + 4 * unit, hiddenUnit(rows, params + unit, size, blocks, h))
  }
  let unit: usize = 0
  for (; unit < (size & ~15); unit += 16) addUnits(dParams + unit, size, units + 4 * unit)
  for (; unit < size; unit += 4) addUnit(dParams + unit, size, units + 4 * unit)
  return sum + keptRows(bend, slope, rows, dzKept, blocks, dLogDet, dxKept)
}

export function narrowCouplingBackward(
  hidden: i32, rows: i32, params: usize, dParams: usize, kept: usize, z: usize, h: usize, a: usize, u: usize, e: usize,
  dzKept: usize, dz: usize, dLogDet: usize, dxKept: usize, dx: usize, scratch: usize,
): void {
  backward(
    false, 0, hidden, rows, bytes(params), bytes(dParams), bytes(kept), 0, bytes(z), bytes(h), bytes(a),
    bytes(u), bytes(e), bytes(dzKept), bytes(dz), bytes(dLogDet), bytes(dxKept), bytes(dx), bytes(scratch))
}

export function leakyNarrowCouplingBackward(
  hidden: i32, rows: i32, raw: usize, dRaw: usize, params: usize, dParams: usize, kept: usize, x: usize, z: usize,
  h: usize, a: usize, u: usize, e: usize, dzKept: usize, dz: usize, dLogDet: usize, dxKept: usize, dx: usize,
  scratch: usize,
): void {
  const sum = backward(
    true, f32.load(bytes(raw)), hidden, rows, bytes(params), bytes(dParams), bytes(kept), bytes(x), bytes(z), bytes(h), bytes(a),
    bytes(u), bytes(e), bytes(dzKept), bytes(dz), bytes(dLogDet), bytes(dxKept), bytes(dx), bytes(scratch))
  f32.store(bytes(dRaw), f32.load(bytes(dRaw)) + sum)
}

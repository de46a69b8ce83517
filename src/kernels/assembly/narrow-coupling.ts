// A whole coupling of one kept and one moved coordinate whose conditioner has one hidden tanh layer. A tanh takes a scaled
// argument here, and a short form where weights show that it will do; every other element and every sum is computed in the
// order of the separate kernels (dense, affineCouple and the backward passes), with their bits where rows is a multiple of
// 4. The forward takes short passes over the tile, which is in the cache: one long one would need more constants than there
// are registers, and wait for its chain of tanh, tanh, exp.
// Parameters: weight 0 [H, 1], bias 0 [H], weight 1 [2, H], bias 1 [2], f.
import { couple, squash, squashNear, squashShort, uncouple } from './couple'
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { factor, otherThan } from './leaky-relu'
import {
  exps, SCALED_TANH_ONE, scaledTanh, SHORT_TANH, SHORT_TANH_SCALE, shortTanh, TANH_FAR, TANH_NEAR, TANH_SCALE, TANH_SHORT,
  tanhArgument, tanhEvenOf, tanhOddOf, tanhQuotientOf,
} from './math'
import { band } from './product'

/**
 * A unit is short where |b| + |w|·USUAL ≤ SHORT_TANH: its tanh is a short one for |kept| ≤ USUAL, and that of all others
 * elsewhere. Its own numbers alone decide, so that those of a row do not know which rows are beside it.
 */
const USUAL: f32 = 6.0

/** The scaled argument of the tanh, w·kept + b, with w and b scaled. */
@inline
function argument(kind: i32, w: v128, b: v128, kept: v128): v128 {
  return tanhArgument(kind, f32x4.add(b, f32x4.mul(w, kept)))
}

// Where a unit's first rows will be, its scaled w and b wait, and the address of the next unit in its list.
const BIAS: usize = 4
const NEXT: usize = 8

/**
 * Hidden units of all rows, h = tanh(b + w·kept): `count` of them, from `unit` on; rows is a multiple of 4 above 4. A
 * vector's chain of dependent operations is longer than a core can look ahead, so a turn takes three vectors by a third of
 * it each; a unit's last two turns begin the next one.
 */
@inline
function hiddenUnits(kind: i32, count: i32, unit: usize, rows: i32, kept: usize): void {
  const end = bytes(rows) - 32
  let weight = v128.load32_splat(unit)
  let bias = v128.load32_splat(unit, BIAS)
  const y0 = argument(kind, weight, bias, v128.load(kept))
  const z0 = f32x4.mul(y0, y0)
  let a = tanhOddOf(kind, y0, z0)
  let q = tanhEvenOf(kind, z0)
  let y = argument(kind, weight, bias, v128.load(kept, 16))
  let z = f32x4.mul(y, y)
  do {
    const next = <usize>i32.load(unit, NEXT)
    for (let i: usize = 0; i != end; i += 16) {
      const ahead = argument(kind, weight, bias, v128.load(kept + i, 32))
      const aheadA = tanhOddOf(kind, y, z)
      const aheadQ = tanhEvenOf(kind, z)
      v128.store(unit + i, tanhQuotientOf(kind, a, q))
      a = aheadA, q = aheadQ
      y = ahead
      z = f32x4.mul(y, y)
    }
    weight = v128.load32_splat(next)
    bias = v128.load32_splat(next, BIAS)
    const first = argument(kind, weight, bias, v128.load(kept))
    const lastA = tanhOddOf(kind, y, z)
    const lastQ = tanhEvenOf(kind, z)
    v128.store(unit + end, tanhQuotientOf(kind, a, q))
    z = f32x4.mul(first, first)
    a = tanhOddOf(kind, first, z)
    q = tanhEvenOf(kind, z)
    v128.store(unit + end, tanhQuotientOf(kind, lastA, lastQ), 16)
    y = argument(kind, weight, bias, v128.load(kept, 16))
    z = f32x4.mul(y, y)
    unit = next
  } while (--count)
}

// Functions of their own: in one the compiler would merge the loops, and ask in each turn which it is.
function shortUnits(count: i32, unit: usize, rows: i32, kept: usize): void {
  hiddenUnits(TANH_SHORT, count, unit, rows, kept)
}

function nearUnits(count: i32, unit: usize, rows: i32, kept: usize): void {
  hiddenUnits(TANH_NEAR, count, unit, rows, kept)
}

function farUnits(count: i32, unit: usize, rows: i32, kept: usize): void {
  hiddenUnits(TANH_FAR, count, unit, rows, kept)
}

@inline
function isShort(w: v128, b: v128): v128 {
  return f32x4.le(f32x4.add(f32x4.abs(b), f32x4.mul(f32x4.abs(w), f32x4.splat(USUAL))), f32x4.splat(SHORT_TANH))
}

/** Lanes where a short unit's tanh is not a short one. */
@inline
function unusual(kept: v128): v128 {
  return f32x4.gt(f32x4.abs(kept), f32x4.splat(USUAL))
}

/** Any unit on any row, from w and b as they are. */
@inline
function anyUnit(w: v128, b: v128, kept: v128): v128 {
  const scale = f32x4.splat(TANH_SCALE)
  return scaledTanh(f32x4.add(f32x4.mul(b, scale), f32x4.mul(f32x4.mul(w, scale), kept)))
}

/** A short unit on usual rows. */
@inline
function shortUnit(w: v128, b: v128, kept: v128): v128 {
  const scale = f32x4.splat(SHORT_TANH_SCALE)
  return shortTanh(f32x4.add(f32x4.mul(b, scale), f32x4.mul(f32x4.mul(w, scale), kept)))
}

/** All units one by one, for any rows. */
function singleUnits(rows: i32, w: usize, b: usize, kept: usize, h: usize): void {
  const end = bytes(rows)
  for (const last = b; w < last; w += 4, b += 4, h += end) {
    const weight = v128.load32_splat(w)
    const bias = v128.load32_splat(b)
    const short = isShort(weight, bias)
    for (let i: usize = 0; i < end; i += 16) {
      const lanes = min(4, <i32>((end - i) >> 2))
      const value = load(kept + i, lanes)
      const usual = v128.andnot(short, unusual(value))
      store(h + i, v128.bitselect(shortUnit(weight, bias, value), anyUnit(weight, bias, value), usual), lanes)
    }
  }
}

/** Puts right what short units have made of rows that are not usual; `list` is scratch, for four bytes a vector. */
function unusualRows(rows: i32, w: usize, b: usize, kept: usize, h: usize, list: usize): void {
  const stride = bytes(rows)
  let end = list
  for (let i: usize = 0; i < stride; i += 16) {
    i32.store(end, <i32>i)
    end += v128.any_true(unusual(v128.load(kept + i))) ? 4 : 0
  }
  for (const last = b; w < last; w += 4, b += 4, h += stride) {
    const weight = v128.load32_splat(w)
    const bias = v128.load32_splat(b)
    if (!v128.any_true(isShort(weight, bias))) continue
    for (let at = list; at < end; at += 4) {
      const i = <usize>i32.load(at)
      const value = v128.load(kept + i)
      v128.store(h + i, v128.bitselect(anyUnit(weight, bias, value), v128.load(h + i), unusual(value)))
    }
  }
}

/**
 * Puts w and b, scaled, of the up to four units from w on where the first rows of each will be. Returns a bit for each
 * that is short, and four higher for each other that is near for all |kept| ≤ reach: rounding keeps order, and NaN is far.
 */
@inline
function placeUnits(w: usize, units: i32, size: usize, reach: v128, h: usize, stride: usize): i32 {
  const weight = load(w, units)
  const bias = load(w + size, units)
  const short = isShort(weight, bias)
  const scale = v128.bitselect(f32x4.splat(SHORT_TANH_SCALE), f32x4.splat(TANH_SCALE), short)
  const weights = f32x4.mul(weight, scale)
  const biases = f32x4.mul(bias, scale)
  const first = v128.shuffle<f32>(weights, biases, 0, 4, 1, 5)
  const last = v128.shuffle<f32>(weights, biases, 2, 6, 3, 7)
  v128.store64_lane(h, first, 0)
  if (units > 1) v128.store64_lane(h + stride, first, 1)
  if (units > 2) v128.store64_lane(h + 2 * stride, last, 0)
  if (units > 3) v128.store64_lane(h + 3 * stride, last, 1)
  const farthest = f32x4.add(f32x4.abs(biases), f32x4.mul(f32x4.abs(weights), reach))
  const near = v128.andnot(f32x4.le(farthest, f32x4.splat(SCALED_TANH_ONE)), short)
  return i32x4.bitmask(short) | (i32x4.bitmask(near) << 4)
}

/** All hidden units, kind by kind; `scratch` takes the rows of an array. */
@inline
function sortedUnits(hidden: i32, rows: i32, params: usize, reach: f32, kept: usize, h: usize, scratch: usize): void {
  const stride = bytes(rows)
  const size = <usize>hidden << 2
  const reaches = f32x4.splat(reach)
  // Where the address of the next unit of each kind is to be put.
  let short = scratch, near = scratch + 4, far = scratch + 8
  let shortCount = 0, nearCount = 0
  for (let first = 0, unit = h; first < hidden; first += 4) {
    const units = min(4, hidden - first)
    let bits = placeUnits(params + ((<usize>first) << 2), units, size, reaches, unit, stride)
    for (let i = 0; i < units; i++, unit += stride, bits >>= 1) {
      // Selections: a branch would be guessed wrong.
      const next = unit + NEXT
      const isNear = bits & 16
      i32.store(select(short, select(near, far, isNear), bits & 1), <i32>unit)
      far = select(far, next, bits & 17)
      near = select(next, near, isNear)
      short = select(next, short, bits & 1)
      nearCount += isNear >> 4
      shortCount += bits & 1
    }
  }
  // The last of a list begins itself anew, for nothing.
  i32.store(short, <i32>(short - NEXT))
  i32.store(near, <i32>(near - NEXT))
  i32.store(far, <i32>(far - NEXT))
  const farCount = hidden - shortCount - nearCount
  if (shortCount) shortUnits(shortCount, i32.load(scratch), rows, kept)
  if (nearCount) nearUnits(nearCount, i32.load(scratch, 4), rows, kept)
  if (farCount) farUnits(farCount, i32.load(scratch, 8), rows, kept)
  if (shortCount && reach > USUAL) unusualRows(rows, params, params + size, kept, h, scratch)
}

/** The largest magnitude of what `low` and `high` are the lane-wise minimum and maximum of. */
@inline
function largest(low: v128, high: v128): f32 {
  const farthest = f32x4.pmax(f32x4.neg(low), high)
  const pairs = f32x4.pmax(farthest, v128.shuffle<f32>(farthest, farthest, 2, 3, 0, 1))
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1))
}

/** Copies the rows; returns their largest |kept|, NaN left out. */
@inline
function copyAndReach(rows: i32, kept: usize, copy: usize): f32 {
  const whole = wholeBytes(rows)
  let low = f32x4.splat(0), high = low
  let i: usize = 0
  for (; i < (whole & ~31); i += 32) {
    const v0 = v128.load(kept + i)
    const v1 = v128.load(kept + i, 16)
    v128.store(copy + i, v0)
    v128.store(copy + i, v1, 16)
    low = f32x4.pmin(f32x4.pmin(low, v0), v1)
    high = f32x4.pmax(f32x4.pmax(high, v0), v1)
  }
  for (; i < <usize>rows << 2; i += 16) {
    const lanes = min(4, rows - <i32>(i >> 2))
    const value = load(kept + i, lanes)
    store(copy + i, value, lanes)
    low = f32x4.pmin(low, value)
    high = f32x4.pmax(high, value)
  }
  return largest(low, high)
}

/** A vector of rows of both coordinates through the leaky ReLU; returns the kept one. */
@inline
function bend4(
  slope: v128, other: v128, count: v128, kept: usize, x: usize, bentKept: usize, bent: usize, copy: usize,
  logDet: usize, lanes: i32,
): v128 {
  const zero = f32x4.splat(0)
  const keptValue = load(kept, lanes)
  const value = load(x, lanes)
  const keptPositive = f32x4.gt(keptValue, zero)
  const positive = f32x4.gt(value, zero)
  const result = f32x4.mul(keptValue, factor(slope, other, keptPositive))
  store(bentKept, result, lanes)
  store(copy, result, lanes)
  store(bent, f32x4.mul(value, factor(slope, other, positive)), lanes)
  const counts = f32x4.add(load(logDet, lanes), v128.andnot(count, keptPositive))
  store(logDet, f32x4.add(counts, v128.andnot(count, positive)), lanes)
  return result
}

/**
 * All rows through the leaky ReLU of slope α = e^raw, the kept coordinate to `copy` too; returns its largest magnitude, NaN
 * left out.
 */
@inline
function bendAndReach(
  rows: i32, raw: f32, alpha: f32, kept: usize, x: usize, bentKept: usize, bent: usize, copy: usize, logDet: usize,
): f32 {
  const count = f32x4.splat(raw)
  const slope = f32x4.splat(alpha)
  const other = otherThan(slope)
  const whole = wholeBytes(rows)
  let low = f32x4.splat(0), high = low
  let i: usize = 0
  for (; i < (whole & ~31); i += 32) {
    const v0 = bend4(slope, other, count, kept + i, x + i, bentKept + i, bent + i, copy + i, logDet + i, 4)
    const v1 = bend4(
      slope, other, count, kept + i + 16, x + i + 16, bentKept + i + 16, bent + i + 16, copy + i + 16, logDet + i + 16, 4)
    low = f32x4.pmin(f32x4.pmin(low, v0), v1)
    high = f32x4.pmax(f32x4.pmax(high, v0), v1)
  }
  for (; i < <usize>rows << 2; i += 16) {
    const lanes = min(4, rows - <i32>(i >> 2))
    const value = bend4(slope, other, count, kept + i, x + i, bentKept + i, bent + i, copy + i, logDet + i, lanes)
    low = f32x4.pmin(low, value)
    high = f32x4.pmax(high, value)
  }
  return largest(low, high)
}

/** Both layers of the conditioner, h, a and t, for |kept| ≤ reach; all arguments but the counts are addresses. */
@inline
function condition(
  reach: f32, hidden: i32, rows: i32, params: usize, kept: usize, h: usize, a: usize, t: usize,
): void {
  const size = <usize>hidden << 2
  const stride = bytes(rows)
  if (rows & 3 || rows <= 4) singleUnits(rows, params, params + size, kept, h)
  else sortedUnits(hidden, rows, params, reach, kept, h, a)
  const output = params + 2 * size
  const startA = v128.load32_splat(output + 2 * size)
  const startT = v128.load32_splat(output + 2 * size + 4)
  band(2, rows, hidden, h, stride, output, size, startA, startT, a, t - a)
}

/** Room for what sums are rounded by. */
const OF_A_SUM: f32 = 0.9999

/** Σ |w| over n weights and |bias|, which |a| cannot exceed but by rounding, as hidden units are within ±1. */
@inline
function outputReach(n: i32, w: usize, bias: f32): f32 {
  let sum = f32x4.splat(0)
  const whole = wholeBytes(n)
  for (let i: usize = 0; i < whole; i += 16) sum = f32x4.add(sum, f32x4.abs(v128.load(w + i)))
  if (n & 3) sum = f32x4.add(sum, f32x4.abs(load(w + whole, n & 3)))
  return sumLanes(sum) + abs(bias)
}

/** u of all rows, by a shorter tanh or without the clamp where a cannot be as far: NaN is. */
@inline
function squashOutput(hidden: i32, rows: i32, params: usize, inverseBound: f32, a: usize, u: usize): void {
  const size = <usize>hidden << 2
  const farthest = outputReach(hidden, params + 2 * size, f32.load(params + 4 * size)) * inverseBound
  if (farthest <= OF_A_SUM * SHORT_TANH) squashShort(rows, inverseBound, a, u)
  else if (farthest * TANH_SCALE <= OF_A_SUM * SCALED_TANH_ONE) squashNear(rows, inverseBound, a, u)
  else squash(rows, inverseBound, a, u)
}

// Every e^… of a call at once, and at its beginning: nothing waits for it then.

export function narrowCoupling(
  hidden: i32, rows: i32, params: usize, kept: usize, x: usize, zKept: usize, z: usize, logDet: usize,
  h: usize, a: usize, u: usize, e: usize,
): void {
  params = bytes(params), kept = bytes(kept), z = bytes(z), a = bytes(a), u = bytes(u)
  const f = f32.load(params + (<usize>hidden << 4) + 8)
  const powers = exps(0, -f, f)
  const reach = copyAndReach(rows, kept, bytes(zKept))
  condition(reach, hidden, rows, params, kept, bytes(h), a, z)
  squashOutput(hidden, rows, params, f32x4.extract_lane(powers, 1), a, u)
  couple(rows, f32x4.extract_lane(powers, 2), u, z, bytes(x), z, bytes(logDet), bytes(e))
}

export function leakyNarrowCoupling(
  hidden: i32, rows: i32, raw: usize, params: usize, kept: usize, x: usize, bentKept: usize, bent: usize,
  zKept: usize, z: usize, logDet: usize, h: usize, a: usize, u: usize, e: usize,
): void {
  params = bytes(params), bentKept = bytes(bentKept), bent = bytes(bent), z = bytes(z), logDet = bytes(logDet)
  a = bytes(a), u = bytes(u)
  const logSlope = f32.load(bytes(raw))
  const f = f32.load(params + (<usize>hidden << 4) + 8)
  const powers = exps(logSlope, -f, f)
  const reach = bendAndReach(
    rows, logSlope, f32x4.extract_lane(powers, 0), bytes(kept), bytes(x), bentKept, bent, bytes(zKept), logDet)
  condition(reach, hidden, rows, params, bentKept, bytes(h), a, z)
  squashOutput(hidden, rows, params, f32x4.extract_lane(powers, 1), a, u)
  couple(rows, f32x4.extract_lane(powers, 2), u, z, bent, z, logDet, bytes(e))
}

export function narrowCouplingInverse(
  hidden: i32, rows: i32, params: usize, kept: usize, z: usize, xKept: usize, x: usize, logDet: usize,
  h: usize, a: usize, t: usize, u: usize, e: usize,
): void {
  params = bytes(params), kept = bytes(kept), a = bytes(a), t = bytes(t), u = bytes(u)
  const f = f32.load(params + (<usize>hidden << 4) + 8)
  const powers = exps(0, -f, f)
  const reach = copyAndReach(rows, kept, bytes(xKept))
  condition(reach, hidden, rows, params, kept, bytes(h), a, t)
  squashOutput(hidden, rows, params, f32x4.extract_lane(powers, 1), a, u)
  uncouple(rows, f32x4.extract_lane(powers, 2), u, t, bytes(z), bytes(x), bytes(logDet), bytes(e))
}

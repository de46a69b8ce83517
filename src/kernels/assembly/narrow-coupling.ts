// A whole coupling of one kept and one moved coordinate whose conditioner has one hidden tanh layer. Behind the hidden
// units, whose tanh takes a scaled argument, every element and every sum is computed in the order of the separate kernels
// (dense, affineCouple and the backward passes), so the bits are theirs where rows is a multiple of 4. The forward takes
// short passes over the tile, which is in the cache: one long one would need more constants than there are registers, and
// wait for its chain of tanh, tanh, exp.
// Parameters: weight 0 [H, 1], bias 0 [H], weight 1 [2, H], bias 1 [2], f.
import { couple, squash } from './couple'
import { bytes, load, store, wholeBytes } from './lanes'
import { factor, otherThan } from './leaky-relu'
import { exps, SCALED_TANH_ONE, scaledTanh, scaledTanhNear, TANH_SCALE } from './math'
import { band } from './product'

@inline
function activation4(near: bool, w: v128, b: v128, kept: v128): v128 {
  const x = f32x4.add(b, f32x4.mul(w, kept))
  return near ? scaledTanhNear(x) : scaledTanh(x)
}

/**
 * Hidden units of all rows, h = tanh(b + w·kept), with b and w scaled as scaledTanh takes them. Four vectors a turn as
 * in the kernel tanh.
 */
@inline
function hiddenUnits(near: bool, count: usize, rows: i32, w: usize, b: usize, kept: usize, h: usize): void {
  const whole = wholeBytes(rows)
  for (const end = w + (count << 2); w < end; w += 4, b += 4, h += bytes(rows)) {
    const weight = f32x4.splat(f32.load(w) * TANH_SCALE)
    const bias = f32x4.splat(f32.load(b) * TANH_SCALE)
    let i: usize = 0
    for (; i < (whole & ~63); i += 64) {
      const h0 = activation4(near, weight, bias, v128.load(kept + i))
      const h1 = activation4(near, weight, bias, v128.load(kept + i, 16))
      const h2 = activation4(near, weight, bias, v128.load(kept + i, 32))
      const h3 = activation4(near, weight, bias, v128.load(kept + i, 48))
      v128.store(h + i, h0)
      v128.store(h + i, h1, 16)
      v128.store(h + i, h2, 32)
      v128.store(h + i, h3, 48)
    }
    for (; i < whole; i += 16) v128.store(h + i, activation4(near, weight, bias, v128.load(kept + i)))
    if (rows & 3) store(h + i, activation4(near, weight, bias, load(kept + i, rows & 3)), rows & 3)
  }
}

// Two functions: in one the compiler would merge the loops, and ask in each turn which it is.
/** Where the sum is at most SCALED_TANH_ONE in every row tanh needs no clamp, and has the same bits. */
function nearUnits(count: usize, rows: i32, w: usize, b: usize, kept: usize, h: usize): void {
  hiddenUnits(true, count, rows, w, b, kept, h)
}

function farUnits(count: usize, rows: i32, w: usize, b: usize, kept: usize, h: usize): void {
  hiddenUnits(false, count, rows, w, b, kept, h)
}

/** Whether that is so of the up to four units from w on for all |kept| ≤ reach: rounding keeps order, and NaN is far. */
@inline
function areNear(w: usize, end: usize, size: usize, reach: v128): bool {
  const units = min(4, <i32>((end - w) >> 2))
  const scale = f32x4.splat(TANH_SCALE)
  const weights = f32x4.abs(f32x4.mul(load(w, units), scale))
  const biases = f32x4.abs(f32x4.mul(load(w + size, units), scale))
  return v128.all_true<i32>(f32x4.le(f32x4.add(biases, f32x4.mul(weights, reach)), f32x4.splat(SCALED_TANH_ONE)))
}

@inline
function largest(a: v128): f32 {
  const pairs = f32x4.pmax(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1))
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1))
}

/** Copies the rows; returns their largest |kept|, NaN left out. */
@inline
function copyAndReach(rows: i32, kept: usize, copy: usize): f32 {
  const magnitude = i32x4.splat(0x7fffffff)
  const whole = wholeBytes(rows)
  let reach = f32x4.splat(0)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    const v0 = v128.load(kept + i)
    const v1 = v128.load(kept + i, 16)
    const v2 = v128.load(kept + i, 32)
    const v3 = v128.load(kept + i, 48)
    v128.store(copy + i, v0)
    v128.store(copy + i, v1, 16)
    v128.store(copy + i, v2, 32)
    v128.store(copy + i, v3, 48)
    reach = f32x4.pmax(reach, v128.and(v0, magnitude))
    reach = f32x4.pmax(reach, v128.and(v1, magnitude))
    reach = f32x4.pmax(reach, v128.and(v2, magnitude))
    reach = f32x4.pmax(reach, v128.and(v3, magnitude))
  }
  for (; i < whole; i += 16) {
    const value = v128.load(kept + i)
    v128.store(copy + i, value)
    reach = f32x4.pmax(reach, v128.and(value, magnitude))
  }
  if (rows & 3) {
    const value = load(kept + i, rows & 3)
    store(copy + i, value, rows & 3)
    reach = f32x4.pmax(reach, v128.and(value, magnitude))
  }
  return largest(reach)
}

/** Rows i…i+3 of both coordinates through the leaky ReLU; returns the kept one's magnitude. */
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
  return v128.and(result, i32x4.splat(0x7fffffff))
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
  let reach = f32x4.splat(0)
  let i: usize = 0
  for (; i < whole; i += 16) {
    reach = f32x4.pmax(reach, bend4(slope, other, count, kept + i, x + i, bentKept + i, bent + i, copy + i, logDet + i, 4))
  }
  if (rows & 3) {
    reach = f32x4.pmax(
      reach, bend4(slope, other, count, kept + i, x + i, bentKept + i, bent + i, copy + i, logDet + i, rows & 3))
  }
  return largest(reach)
}

/** Both layers of the conditioner, h, a and t, for |kept| ≤ reach; all arguments but the counts are addresses. */
@inline
function condition(
  reach: f32, hidden: i32, rows: i32, params: usize, kept: usize, h: usize, a: usize, t: usize,
): void {
  const size = <usize>hidden << 2
  const stride = bytes(rows)
  const end = params + size
  const reaches = f32x4.splat(reach)
  for (let w = params, to = h; w < end; ) {
    const from = w
    const near = areNear(w, end, size, reaches)
    do w += 16
    while (w < end && areNear(w, end, size, reaches) == near)
    const count = (min(w, end) - from) >> 2
    if (near) nearUnits(count, rows, from, from + size, kept, to)
    else farUnits(count, rows, from, from + size, kept, to)
    to += count * stride
  }
  const output = params + 2 * size
  const startA = v128.load32_splat(output + 2 * size)
  const startT = v128.load32_splat(output + 2 * size + 4)
  band(2, rows, hidden, h, stride, output, size, startA, startT, a, t - a)
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
  squash(rows, f32x4.extract_lane(powers, 1), a, u)
  couple(false, rows, f, f32x4.extract_lane(powers, 2), u, z, bytes(x), z, bytes(logDet), bytes(e))
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
  squash(rows, f32x4.extract_lane(powers, 1), a, u)
  couple(false, rows, f, f32x4.extract_lane(powers, 2), u, z, bent, z, logDet, bytes(e))
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
  squash(rows, f32x4.extract_lane(powers, 1), a, u)
  couple(true, rows, f, f32x4.extract_lane(powers, 2), u, t, bytes(z), bytes(x), bytes(logDet), bytes(e))
}

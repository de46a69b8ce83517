// A whole coupling of one kept and one moved coordinate whose conditioner has one hidden tanh layer. Every element and
// every sum is computed in the order of the separate kernels (dense, tanh, affineCouple and their backward passes), so
// the bits are theirs where rows is a multiple of 4. The forward takes four short passes over the tile, which is in
// the cache: one long one would need more constants than there are registers, and wait for its chain of tanh, tanh, exp.
// Parameters: weight 0 [H, 1], bias 0 [H], weight 1 [2, H], bias 1 [2], f.
import { logScale } from './couple'
import { bytes, load, store, wholeBytes } from './lanes'
import { exp4, tanh4 } from './math'

@inline
function weight(params: usize, index: usize): v128 {
  return v128.load32_splat(params + (index << 2))
}

/** One hidden unit of all rows: h = tanh(b + w·kept) */
@inline
function hiddenUnit(rows: i32, w: v128, b: v128, kept: usize, h: usize): void {
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(h + i, tanh4(f32x4.add(b, f32x4.mul(w, v128.load(kept + i)))))
  if (rows & 3) store(h + i, tanh4(f32x4.add(b, f32x4.mul(w, load(kept + i, rows & 3)))), rows & 3)
}

/**
 * The outputs of one or two vectors of rows (`two` is a constant), `lanes` rows in the last one: a, and t, to which x
 * is added where `shift` (a constant) says so. `params` points to the output layer.
 */
@inline
function outputUnits(
  two: bool, shift: bool, lanes: i32, size: usize, params: usize, h: usize, stride: usize, x: usize, a: usize, t: usize,
): void {
  let a0 = v128.load32_splat(params + 2 * size)
  let t0 = v128.load32_splat(params + 2 * size + 4)
  let a1 = a0
  let t1 = t0
  for (let at: usize = params; at < params + size; at += 4, h += stride) {
    const toA = v128.load32_splat(at)
    const toT = v128.load32_splat(at + size)
    const h0 = load(h, two ? 4 : lanes)
    a0 = f32x4.add(a0, f32x4.mul(toA, h0))
    t0 = f32x4.add(t0, f32x4.mul(toT, h0))
    if (two) {
      const h1 = load(h + 16, lanes)
      a1 = f32x4.add(a1, f32x4.mul(toA, h1))
      t1 = f32x4.add(t1, f32x4.mul(toT, h1))
    }
  }
  store(a, a0, two ? 4 : lanes)
  store(t, shift ? f32x4.add(load(x, two ? 4 : lanes), t0) : t0, two ? 4 : lanes)
  if (two) {
    store(a + 16, a1, lanes)
    store(t + 16, shift ? f32x4.add(load(x + 16, lanes), t1) : t1, lanes)
  }
}

/** z = x + t and e = s become z = (x + t)·e^s and e = e^s; logDet += s. */
@inline
function scale4(z: usize, logDet: usize, e: usize, lanes: i32): void {
  const s = load(e, lanes)
  const scale = exp4(s)
  store(z, f32x4.mul(load(z, lanes), scale), lanes)
  store(logDet, f32x4.add(load(logDet, lanes), s), lanes)
  store(e, scale, lanes)
}

/** Both layers of the conditioner, h, a and t (or x + t); all arguments but the counts are addresses. */
@inline
function condition(
  shift: bool, hidden: i32, rows: i32, params: usize, kept: usize, x: usize, h: usize, a: usize, t: usize,
): void {
  const size = <usize>hidden << 2
  const stride = bytes(rows)
  for (let unit = 0; unit < hidden; unit++) {
    hiddenUnit(rows, weight(params, unit), weight(params + size, unit), kept, h + <usize>unit * stride)
  }
  const output = params + 2 * size
  let i: usize = 0
  for (; i < (stride & ~31); i += 32) outputUnits(true, shift, 4, size, output, h + i, stride, x + i, a + i, t + i)
  if (rows & 4) {
    outputUnits(false, shift, 4, size, output, h + i, stride, x + i, a + i, t + i)
    i += 16
  }
  if (rows & 3) outputUnits(false, shift, rows & 3, size, output, h + i, stride, x + i, a + i, t + i)
}

export function narrowCoupling(
  hidden: i32, rows: i32, params: usize, kept: usize, x: usize, z: usize, logDet: usize,
  h: usize, a: usize, u: usize, e: usize,
): void {
  params = bytes(params), z = bytes(z), logDet = bytes(logDet), a = bytes(a), e = bytes(e)
  condition(true, hidden, rows, params, bytes(kept), bytes(x), bytes(h), a, z)
  logScale(rows, params + (<usize>hidden << 4) + 8, a, bytes(u), e)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) scale4(z + i, logDet + i, e + i, 4)
  if (rows & 3) scale4(z + i, logDet + i, e + i, rows & 3)
}

/** x = z·e^−s − t; e = s becomes e^−s; logDet −= s. */
@inline
function unscale4(t: usize, z: usize, x: usize, logDet: usize, e: usize, lanes: i32): void {
  const s = load(e, lanes)
  const scale = exp4(f32x4.neg(s))
  store(x, f32x4.sub(f32x4.mul(load(z, lanes), scale), load(t, lanes)), lanes)
  store(logDet, f32x4.sub(load(logDet, lanes), s), lanes)
  store(e, scale, lanes)
}

export function narrowCouplingInverse(
  hidden: i32, rows: i32, params: usize, kept: usize, z: usize, x: usize, logDet: usize,
  h: usize, a: usize, t: usize, u: usize, e: usize,
): void {
  params = bytes(params), z = bytes(z), x = bytes(x), logDet = bytes(logDet), a = bytes(a), t = bytes(t), e = bytes(e)
  condition(false, hidden, rows, params, bytes(kept), z, bytes(h), a, t)
  logScale(rows, params + (<usize>hidden << 4) + 8, a, bytes(u), e)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) unscale4(t + i, z + i, x + i, logDet + i, e + i, 4)
  if (rows & 3) unscale4(t + i, z + i, x + i, logDet + i, e + i, rows & 3)
}

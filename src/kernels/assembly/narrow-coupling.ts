// A whole coupling of one kept and one moved coordinate whose conditioner has one hidden tanh layer. Every element and
// every sum is computed in the order of the separate kernels (dense, tanh, affineCouple and their backward passes), so
// the bits are theirs where rows is a multiple of 4. The forward takes four short passes over the tile, which is in
// the cache: one long one would need more constants than there are registers, and wait for its chain of tanh, tanh, exp.
// Parameters: weight 0 [H, 1], bias 0 [H], weight 1 [2, H], bias 1 [2], f.
import { couple, logScale } from './couple'
import { bytes, load, store, wholeBytes } from './lanes'
import { tanh4 } from './math'
import { band } from './product'

/** One hidden unit of all rows, h = tanh(b + w·kept), four vectors a turn as in the kernel tanh. */
@inline
function hiddenUnit(rows: i32, w: v128, b: v128, kept: usize, h: usize): void {
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    const h0 = tanh4(f32x4.add(b, f32x4.mul(w, v128.load(kept + i))))
    const h1 = tanh4(f32x4.add(b, f32x4.mul(w, v128.load(kept + i, 16))))
    const h2 = tanh4(f32x4.add(b, f32x4.mul(w, v128.load(kept + i, 32))))
    const h3 = tanh4(f32x4.add(b, f32x4.mul(w, v128.load(kept + i, 48))))
    v128.store(h + i, h0)
    v128.store(h + i, h1, 16)
    v128.store(h + i, h2, 32)
    v128.store(h + i, h3, 48)
  }
  for (; i < whole; i += 16) v128.store(h + i, tanh4(f32x4.add(b, f32x4.mul(w, v128.load(kept + i)))))
  if (rows & 3) store(h + i, tanh4(f32x4.add(b, f32x4.mul(w, load(kept + i, rows & 3)))), rows & 3)
}

/** Both layers of the conditioner, h, a and t, and a copy of kept; all arguments but the counts are addresses. */
@inline
function condition(
  hidden: i32, rows: i32, params: usize, kept: usize, copy: usize, h: usize, a: usize, t: usize,
): void {
  const size = <usize>hidden << 2
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(copy + i, v128.load(kept + i))
  if (rows & 3) store(copy + i, load(kept + i, rows & 3), rows & 3)
  for (let unit: usize = 0; unit < size; unit += 4) {
    hiddenUnit(rows, v128.load32_splat(params + unit), v128.load32_splat(params + size + unit), kept, h + (unit >> 2) * stride)
  }
  const output = params + 2 * size
  const startA = v128.load32_splat(output + 2 * size)
  const startT = v128.load32_splat(output + 2 * size + 4)
  band(2, rows, hidden, h, stride, output, size, startA, startT, a, t - a)
}

export function narrowCoupling(
  hidden: i32, rows: i32, params: usize, kept: usize, x: usize, zKept: usize, z: usize, logDet: usize,
  h: usize, a: usize, u: usize, e: usize,
): void {
  params = bytes(params), z = bytes(z), a = bytes(a), e = bytes(e)
  const f = params + (<usize>hidden << 4) + 8
  condition(hidden, rows, params, bytes(kept), bytes(zKept), bytes(h), a, z)
  logScale(false, rows, f, a, bytes(u), e, bytes(logDet))
  couple(false, rows, f, z, bytes(x), z, e)
}

export function narrowCouplingInverse(
  hidden: i32, rows: i32, params: usize, kept: usize, z: usize, xKept: usize, x: usize, logDet: usize,
  h: usize, a: usize, t: usize, u: usize, e: usize,
): void {
  params = bytes(params), a = bytes(a), t = bytes(t), e = bytes(e)
  const f = params + (<usize>hidden << 4) + 8
  condition(hidden, rows, params, bytes(kept), bytes(xKept), bytes(h), a, t)
  logScale(true, rows, f, a, bytes(u), e, bytes(logDet))
  couple(true, rows, f, t, bytes(z), bytes(x), e)
}

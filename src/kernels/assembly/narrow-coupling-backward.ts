// The way back of narrow-coupling.ts, which has the layout of its parameters and the order of its sums.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { exp4 } from './math'

/** Sums over rows of the output layer's side: da, dt and df. */
let sumA: v128 = f32x4.splat(0)
let sumT: v128 = f32x4.splat(0)
let sumF: v128 = f32x4.splat(0)

@inline
function outputRows(
  lanes: i32, bound: v128, a: usize, u: usize, e: usize, z: usize, dz: usize, dLogDet: usize, dx: usize,
  dKept: usize, da: usize, dt: usize,
): void {
  const dOut = load(dz, lanes)
  const ds = f32x4.add(f32x4.mul(dOut, load(z, lanes)), load(dLogDet, lanes))
  const dShifted = f32x4.mul(dOut, load(e, lanes))
  const tanh = load(u, lanes)
  const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh))
  const dScale = f32x4.mul(ds, slope)
  const part = f32x4.mul(ds, f32x4.sub(f32x4.mul(tanh, bound), f32x4.mul(load(a, lanes), slope)))
  store(dx, dShifted, lanes)
  store(dt, dShifted, lanes)
  store(da, dScale, lanes)
  store(dKept, f32x4.splat(0), lanes)
  sumA = f32x4.add(sumA, dScale)
  sumT = f32x4.add(sumT, dShifted)
  sumF = f32x4.add(sumF, part)
}

@inline
function addSum(to: usize, sum: v128): void {
  f32.store(to, f32.load(to) + sumLanes(sum))
}

/**
 * One or two hidden units (`two` is a constant) over the bytes [from, to) of each row array, `lanes` (a constant for
 * whole vectors) at a time: their parameters' gradients, and their part of dKept.
 */
@inline
function hiddenUnits(
  two: bool, lanes: i32, from: usize, to: usize, params: usize, dParams: usize, size: usize, stride: usize,
  kept: usize, h: usize, da: usize, dt: usize, dKept: usize,
): void {
  const w0 = v128.load32_splat(params)
  const toA0 = v128.load32_splat(params + 2 * size)
  const toT0 = v128.load32_splat(params + 3 * size)
  const w1 = two ? v128.load32_splat(params + 4) : w0
  const toA1 = two ? v128.load32_splat(params + 2 * size + 4) : toA0
  const toT1 = two ? v128.load32_splat(params + 3 * size + 4) : toT0
  let dw0 = f32x4.splat(0)
  let db0 = dw0, dA0 = dw0, dT0 = dw0, dw1 = dw0, db1 = dw0, dA1 = dw0, dT1 = dw0
  for (let i = from; i < to; i += 16) {
    const dA = load(da + i, lanes)
    const dT = load(dt + i, lanes)
    const k = load(kept + i, lanes)
    let dk = load(dKept + i, lanes)
    const h0 = load(h + i, lanes)
    dA0 = f32x4.add(dA0, f32x4.mul(dA, h0))
    dT0 = f32x4.add(dT0, f32x4.mul(dT, h0))
    const d0 = f32x4.mul(
      f32x4.add(f32x4.mul(toA0, dA), f32x4.mul(toT0, dT)), f32x4.sub(f32x4.splat(1), f32x4.mul(h0, h0)))
    dw0 = f32x4.add(dw0, f32x4.mul(d0, k))
    db0 = f32x4.add(db0, d0)
    dk = f32x4.add(dk, f32x4.mul(w0, d0))
    if (two) {
      const h1 = load(h + stride + i, lanes)
      dA1 = f32x4.add(dA1, f32x4.mul(dA, h1))
      dT1 = f32x4.add(dT1, f32x4.mul(dT, h1))
      const d1 = f32x4.mul(
        f32x4.add(f32x4.mul(toA1, dA), f32x4.mul(toT1, dT)), f32x4.sub(f32x4.splat(1), f32x4.mul(h1, h1)))
      dw1 = f32x4.add(dw1, f32x4.mul(d1, k))
      db1 = f32x4.add(db1, d1)
      dk = f32x4.add(dk, f32x4.mul(w1, d1))
    }
    store(dKept + i, dk, lanes)
  }
  addSum(dParams, dw0)
  addSum(dParams + size, db0)
  addSum(dParams + 2 * size, dA0)
  addSum(dParams + 3 * size, dT0)
  if (two) {
    addSum(dParams + 4, dw1)
    addSum(dParams + size + 4, db1)
    addSum(dParams + 2 * size + 4, dA1)
    addSum(dParams + 3 * size + 4, dT1)
  }
}

export function narrowCouplingBackward(
  hidden: i32, rows: i32, params: usize, dParams: usize, kept: usize, z: usize, h: usize, a: usize, u: usize, e: usize,
  dzKept: usize, dz: usize, dLogDet: usize, dxKept: usize, dx: usize, da: usize, dt: usize,
): void {
  params = bytes(params), dParams = bytes(dParams), kept = bytes(kept), z = bytes(z), h = bytes(h), a = bytes(a)
  u = bytes(u), e = bytes(e), dzKept = bytes(dzKept), dz = bytes(dz), dLogDet = bytes(dLogDet)
  dxKept = bytes(dxKept), dx = bytes(dx), da = bytes(da), dt = bytes(dt)
  const size = <usize>hidden << 2
  const bound = exp4(v128.load32_splat(params + 4 * size + 8))
  sumA = sumT = sumF = f32x4.splat(0)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) {
    outputRows(4, bound, a + i, u + i, e + i, z + i, dz + i, dLogDet + i, dx + i, dxKept + i, da + i, dt + i)
  }
  if (rows & 3) {
    outputRows(rows & 3, bound, a + i, u + i, e + i, z + i, dz + i, dLogDet + i, dx + i, dxKept + i, da + i, dt + i)
  }
  addSum(dParams + 4 * size, sumA)
  addSum(dParams + 4 * size + 4, sumT)
  addSum(dParams + 4 * size + 8, sumF)
  const stride = bytes(rows)
  for (let unit: usize = 0; unit < size; unit += 8, h += 2 * stride) {
    const p = params + unit
    const dp = dParams + unit
    if (unit + 4 < size) {
      hiddenUnits(true, 4, 0, whole, p, dp, size, stride, kept, h, da, dt, dxKept)
      if (rows & 3) hiddenUnits(true, rows & 3, whole, stride, p, dp, size, stride, kept, h, da, dt, dxKept)
    } else {
      hiddenUnits(false, 4, 0, whole, p, dp, size, stride, kept, h, da, dt, dxKept)
      if (rows & 3) hiddenUnits(false, rows & 3, whole, stride, p, dp, size, stride, kept, h, da, dt, dxKept)
    }
  }
  for (i = 0; i < whole; i += 16) v128.store(dxKept + i, f32x4.add(v128.load(dzKept + i), v128.load(dxKept + i)))
  if (rows & 3) store(dxKept + i, f32x4.add(load(dzKept + i, rows & 3), load(dxKept + i, rows & 3)), rows & 3)
}

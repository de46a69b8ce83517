// The way back of narrow-coupling.ts, which has the layout of its parameters and the order of its sums.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { splatExp } from './math'

@inline
function addSum(to: usize, sum: v128): void {
  f32.store(to, f32.load(to) + sumLanes(sum))
}

/**
 * One hidden unit over all rows: its parameters' gradients, and its part of dKept. One unit and one vector a turn is
 * what the registers hold: four sums, three weights, the rows.
 */
@inline
function hiddenUnit(
  rows: i32, params: usize, dParams: usize, size: usize, kept: usize, h: usize, da: usize, dt: usize, dKept: usize,
): void {
  const w = v128.load32_splat(params)
  const toA = v128.load32_splat(params + 2 * size)
  const toT = v128.load32_splat(params + 3 * size)
  let dw = f32x4.splat(0), db = dw, dToA = dw, dToT = dw
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) {
    const dA = v128.load(da + i)
    const dT = v128.load(dt + i)
    const unit = v128.load(h + i)
    dToA = f32x4.add(dToA, f32x4.mul(dA, unit))
    dToT = f32x4.add(dToT, f32x4.mul(dT, unit))
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(unit, unit))
    const d = f32x4.mul(f32x4.add(f32x4.mul(toA, dA), f32x4.mul(toT, dT)), slope)
    dw = f32x4.add(dw, f32x4.mul(d, v128.load(kept + i)))
    db = f32x4.add(db, d)
    v128.store(dKept + i, f32x4.add(v128.load(dKept + i), f32x4.mul(w, d)))
  }
  const rest = rows & 3
  if (rest) {
    const dA = load(da + i, rest)
    const dT = load(dt + i, rest)
    const unit = load(h + i, rest)
    dToA = f32x4.add(dToA, f32x4.mul(dA, unit))
    dToT = f32x4.add(dToT, f32x4.mul(dT, unit))
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(unit, unit))
    const d = f32x4.mul(f32x4.add(f32x4.mul(toA, dA), f32x4.mul(toT, dT)), slope)
    dw = f32x4.add(dw, f32x4.mul(d, load(kept + i, rest)))
    db = f32x4.add(db, d)
    store(dKept + i, f32x4.add(load(dKept + i, rest), f32x4.mul(w, d)), rest)
  }
  addSum(dParams, dw)
  addSum(dParams + size, db)
  addSum(dParams + 2 * size, dToA)
  addSum(dParams + 3 * size, dToT)
}

/** From (dz, dLogDet) to dx and the gradients (da, dt) of the output layer, with their sums over rows and df's. */
@inline
function outputs(
  rows: i32, params: usize, dParams: usize, a: usize, u: usize, e: usize, z: usize,
  dz: usize, dLogDet: usize, dx: usize, da: usize, dt: usize,
): void {
  const bound = splatExp(f32.load(params + 8))
  let sumA = f32x4.splat(0), sumT = sumA, sumF = sumA
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) {
    const dOut = v128.load(dz + i)
    const ds = f32x4.add(f32x4.mul(dOut, v128.load(z + i)), v128.load(dLogDet + i))
    const dShifted = f32x4.mul(dOut, v128.load(e + i))
    const tanh = v128.load(u + i)
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh))
    const dScale = f32x4.mul(ds, slope)
    sumF = f32x4.add(sumF, f32x4.mul(ds, f32x4.sub(f32x4.mul(tanh, bound), f32x4.mul(v128.load(a + i), slope))))
    sumA = f32x4.add(sumA, dScale)
    sumT = f32x4.add(sumT, dShifted)
    v128.store(dx + i, dShifted)
    v128.store(dt + i, dShifted)
    v128.store(da + i, dScale)
  }
  const rest = rows & 3
  if (rest) {
    const dOut = load(dz + i, rest)
    const ds = f32x4.add(f32x4.mul(dOut, load(z + i, rest)), load(dLogDet + i, rest))
    const dShifted = f32x4.mul(dOut, load(e + i, rest))
    const tanh = load(u + i, rest)
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh))
    const dScale = f32x4.mul(ds, slope)
    sumF = f32x4.add(sumF, f32x4.mul(ds, f32x4.sub(f32x4.mul(tanh, bound), f32x4.mul(load(a + i, rest), slope))))
    sumA = f32x4.add(sumA, dScale)
    sumT = f32x4.add(sumT, dShifted)
    store(dx + i, dShifted, rest)
    store(dt + i, dShifted, rest)
    store(da + i, dScale, rest)
  }
  addSum(dParams, sumA)
  addSum(dParams + 4, sumT)
  addSum(dParams + 8, sumF)
}

export function narrowCouplingBackward(
  hidden: i32, rows: i32, params: usize, dParams: usize, kept: usize, z: usize, h: usize, a: usize, u: usize, e: usize,
  dzKept: usize, dz: usize, dLogDet: usize, dxKept: usize, dx: usize, da: usize, dt: usize,
): void {
  params = bytes(params), dParams = bytes(dParams), kept = bytes(kept), z = bytes(z), h = bytes(h), a = bytes(a)
  u = bytes(u), e = bytes(e), dzKept = bytes(dzKept), dz = bytes(dz), dLogDet = bytes(dLogDet)
  dxKept = bytes(dxKept), dx = bytes(dx), da = bytes(da), dt = bytes(dt)
  const size = <usize>hidden << 2
  outputs(rows, params + 4 * size, dParams + 4 * size, a, u, e, z, dz, dLogDet, dx, da, dt)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) v128.store(dxKept + i, f32x4.splat(0))
  if (rows & 3) store(dxKept + i, f32x4.splat(0), rows & 3)
  const stride = bytes(rows)
  for (let unit: usize = 0; unit < size; unit += 4, h += stride) {
    hiddenUnit(rows, params + unit, dParams + unit, size, kept, h, da, dt, dxKept)
  }
  for (i = 0; i < whole; i += 16) v128.store(dxKept + i, f32x4.add(v128.load(dzKept + i), v128.load(dxKept + i)))
  if (rows & 3) store(dxKept + i, f32x4.add(load(dzKept + i, rows & 3), load(dxKept + i, rows & 3)), rows & 3)
}

import { expNormal, tanh } from './math'
import { addTo, loadPart, splat, storePart } from './vector'

/** e^±f in every lane. */
@inline
function bounds(f: usize, sign: f32): v128 {
  return expNormal(splat(sign * load<f32>(f)))
}

export function affineCouple(
  rows: i32, f: usize, a: usize, t: usize, x: usize, z: usize, logDet: usize, u: usize, e: usize,
): void {
  const bound = bounds(f, 1)
  const inverseBound = bounds(f, -1)
  let i = 0
  for (; i <= rows - 4; i += 4, a += 16, t += 16, x += 16, z += 16, logDet += 16, u += 16, e += 16) {
    const tanhs = tanh(f32x4.mul(v128.load(a), inverseBound))
    const s = f32x4.mul(tanhs, bound)
    const scale = expNormal(s)
    v128.store(z, f32x4.mul(f32x4.add(v128.load(x), v128.load(t)), scale))
    v128.store(logDet, f32x4.add(v128.load(logDet), s))
    v128.store(u, tanhs)
    v128.store(e, scale)
  }
  const n = rows - i
  if (n > 0) {
    const tanhs = tanh(f32x4.mul(loadPart(a, n), inverseBound))
    const s = f32x4.mul(tanhs, bound)
    const scale = expNormal(s)
    storePart(z, f32x4.mul(f32x4.add(loadPart(x, n), loadPart(t, n)), scale), n)
    storePart(logDet, f32x4.add(loadPart(logDet, n), s), n)
    storePart(u, tanhs, n)
    storePart(e, scale, n)
  }
}

export function affineCoupleInverse(
  rows: i32, f: usize, a: usize, t: usize, z: usize, x: usize, logDet: usize, u: usize, e: usize,
): void {
  const bound = bounds(f, 1)
  const inverseBound = bounds(f, -1)
  let i = 0
  for (; i <= rows - 4; i += 4, a += 16, t += 16, x += 16, z += 16, logDet += 16, u += 16, e += 16) {
    const tanhs = tanh(f32x4.mul(v128.load(a), inverseBound))
    const s = f32x4.mul(tanhs, bound)
    const scale = expNormal(f32x4.neg(s))
    v128.store(x, f32x4.sub(f32x4.mul(v128.load(z), scale), v128.load(t)))
    v128.store(logDet, f32x4.sub(v128.load(logDet), s))
    v128.store(u, tanhs)
    v128.store(e, scale)
  }
  const n = rows - i
  if (n > 0) {
    const tanhs = tanh(f32x4.mul(loadPart(a, n), inverseBound))
    const s = f32x4.mul(tanhs, bound)
    const scale = expNormal(f32x4.neg(s))
    storePart(x, f32x4.sub(f32x4.mul(loadPart(z, n), scale), loadPart(t, n)), n)
    storePart(logDet, f32x4.sub(loadPart(logDet, n), s), n)
    storePart(u, tanhs, n)
    storePart(e, scale, n)
  }
}

/** ∂s/∂a = 1 − u² */
@inline
function clampSlope(u: v128): v128 {
  return f32x4.sub(splat(1), f32x4.mul(u, u))
}

/** ds · ∂s/∂f = ds · (u e^f − a (1 − u²)) */
@inline
function boundGradient(ds: v128, a: v128, u: v128, slope: v128, bound: v128): v128 {
  return f32x4.mul(ds, f32x4.sub(f32x4.mul(u, bound), f32x4.mul(a, slope)))
}

export function affineCoupleBackward(
  rows: i32, f: usize, a: usize, u: usize, e: usize, z: usize,
  dz: usize, dLogDet: usize, dx: usize, da: usize, dt: usize, df: usize,
): void {
  const bound = bounds(f, 1)
  let sum = splat(0)
  let i = 0
  for (; i <= rows - 4; i += 4) {
    const at = <usize>i << 2
    const dOut = v128.load(dz + at)
    const tanhs = v128.load(u + at)
    const slope = clampSlope(tanhs)
    const dScaled = f32x4.mul(dOut, v128.load(e + at))
    const ds = f32x4.add(f32x4.mul(dOut, v128.load(z + at)), v128.load(dLogDet + at))
    sum = f32x4.add(sum, boundGradient(ds, v128.load(a + at), tanhs, slope, bound))
    v128.store(dx + at, dScaled)
    v128.store(dt + at, dScaled)
    v128.store(da + at, f32x4.mul(ds, slope))
  }
  const n = rows - i
  if (n > 0) {
    const at = <usize>i << 2
    const dOut = loadPart(dz + at, n)
    const tanhs = loadPart(u + at, n)
    const slope = clampSlope(tanhs)
    const dScaled = f32x4.mul(dOut, loadPart(e + at, n))
    const ds = f32x4.add(f32x4.mul(dOut, loadPart(z + at, n)), loadPart(dLogDet + at, n))
    sum = f32x4.add(sum, boundGradient(ds, loadPart(a + at, n), tanhs, slope, bound))
    storePart(dx + at, dScaled, n)
    storePart(dt + at, dScaled, n)
    storePart(da + at, f32x4.mul(ds, slope), n)
  }
  addTo(df, sum)
}

export function affineCoupleInverseBackward(
  rows: i32, f: usize, a: usize, t: usize, u: usize, e: usize, x: usize,
  dx: usize, dLogDet: usize, dz: usize, da: usize, dt: usize, df: usize,
): void {
  const bound = bounds(f, 1)
  let sum = splat(0)
  let i = 0
  for (; i <= rows - 4; i += 4) {
    const at = <usize>i << 2
    const dOut = v128.load(dx + at)
    const tanhs = v128.load(u + at)
    const slope = clampSlope(tanhs)
    const shifted = f32x4.add(v128.load(x + at), v128.load(t + at))
    const ds = f32x4.sub(f32x4.neg(f32x4.mul(dOut, shifted)), v128.load(dLogDet + at))
    sum = f32x4.add(sum, boundGradient(ds, v128.load(a + at), tanhs, slope, bound))
    v128.store(dz + at, f32x4.mul(dOut, v128.load(e + at)))
    v128.store(dt + at, f32x4.neg(dOut))
    v128.store(da + at, f32x4.mul(ds, slope))
  }
  const n = rows - i
  if (n > 0) {
    const at = <usize>i << 2
    const dOut = loadPart(dx + at, n)
    const tanhs = loadPart(u + at, n)
    const slope = clampSlope(tanhs)
    const shifted = f32x4.add(loadPart(x + at, n), loadPart(t + at, n))
    const ds = f32x4.sub(f32x4.neg(f32x4.mul(dOut, shifted)), loadPart(dLogDet + at, n))
    sum = f32x4.add(sum, boundGradient(ds, loadPart(a + at, n), tanhs, slope, bound))
    storePart(dz + at, f32x4.mul(dOut, loadPart(e + at, n)), n)
    storePart(dt + at, f32x4.neg(dOut), n)
    storePart(da + at, f32x4.mul(ds, slope), n)
  }
  addTo(df, sum)
}

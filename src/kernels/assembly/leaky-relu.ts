import { expNormal } from './math'
import { addTo, loadPart, splat, storePart } from './vector'

/** value where `side` > 0, slope · value elsewhere (0 and NaN included). */
@inline
function leaky(value: v128, side: v128, slope: v128): v128 {
  return v128.bitselect(value, f32x4.mul(value, slope), f32x4.gt(side, splat(0)))
}

/** gain where `side` is not > 0, else 0. */
@inline
function gained(gain: v128, side: v128): v128 {
  return v128.andnot(gain, f32x4.gt(side, splat(0)))
}

function apply(dim: i32, rows: i32, gain: f32, x: usize, z: usize, logDet: usize): void {
  const gains = splat(gain)
  const slope = expNormal(gains)
  for (let j = 0; j < dim; j++) {
    let total = logDet
    let t = 0
    for (; t <= rows - 4; t += 4, x += 16, z += 16, total += 16) {
      const v = v128.load(x)
      v128.store(z, leaky(v, v, slope))
      v128.store(total, f32x4.add(v128.load(total), gained(gains, v)))
    }
    const n = rows - t
    if (n > 0) {
      const v = loadPart(x, n)
      storePart(z, leaky(v, v, slope), n)
      storePart(total, f32x4.add(loadPart(total, n), gained(gains, v)), n)
      x += <usize>n << 2
      z += <usize>n << 2
    }
  }
}

export function leakyReLU(dim: i32, rows: i32, raw: usize, x: usize, z: usize, logDet: usize): void {
  apply(dim, rows, load<f32>(raw), x, z, logDet)
}

export function leakyReLUInverse(dim: i32, rows: i32, raw: usize, z: usize, x: usize, logDet: usize): void {
  apply(dim, rows, -load<f32>(raw), z, x, logDet)
}

/** Returns Σ over out ≤ 0 of (dOut · out + dLogDet); dIn = dOut where out > 0, else slope · dOut. */
@inline
function differentiate(dim: i32, rows: i32, gain: f32, out: usize, dOut: usize, dLogDet: usize, dIn: usize): v128 {
  const slope = expNormal(splat(gain))
  let sum = splat(0)
  for (let j = 0; j < dim; j++) {
    let dTotal = dLogDet
    let t = 0
    for (; t <= rows - 4; t += 4, out += 16, dOut += 16, dTotal += 16, dIn += 16) {
      const o = v128.load(out)
      const d = v128.load(dOut)
      sum = f32x4.add(sum, gained(f32x4.add(f32x4.mul(d, o), v128.load(dTotal)), o))
      v128.store(dIn, leaky(d, o, slope))
    }
    const n = rows - t
    if (n > 0) {
      const o = loadPart(out, n)
      const d = loadPart(dOut, n)
      sum = f32x4.add(sum, gained(f32x4.add(f32x4.mul(d, o), loadPart(dTotal, n)), o))
      storePart(dIn, leaky(d, o, slope), n)
      const bytes = <usize>n << 2
      out += bytes
      dOut += bytes
      dIn += bytes
    }
  }
  return sum
}

export function leakyReLUBackward(
  dim: i32, rows: i32, raw: usize, z: usize, dz: usize, dLogDet: usize, dx: usize, dRaw: usize,
): void {
  addTo(dRaw, differentiate(dim, rows, load<f32>(raw), z, dz, dLogDet, dx))
}

export function leakyReLUInverseBackward(
  dim: i32, rows: i32, raw: usize, x: usize, dx: usize, dLogDet: usize, dz: usize, dRaw: usize,
): void {
  addTo(dRaw, f32x4.neg(differentiate(dim, rows, -load<f32>(raw), x, dx, dLogDet, dz)))
}

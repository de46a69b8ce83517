import { loadPart, splat, storePart } from './vector'

const HALF_LN_2PI: f32 = 0.918938533

@inline
function logDensity(logDet: v128, squares: v128, constant: v128): v128 {
  return f32x4.sub(f32x4.sub(logDet, f32x4.mul(splat(0.5), squares)), constant)
}

export function gaussian(dim: i32, rows: i32, z: usize, logDet: usize, logProb: usize): void {
  const lane = <usize>rows << 2
  const constant = splat(<f32>dim * HALF_LN_2PI)
  for (let t = 0; t < rows; t += 4, z += 16, logDet += 16, logProb += 16) {
    const n = rows - t
    let squares = splat(0)
    let at = z
    for (let j = 0; j < dim; j++, at += lane) {
      const v = n >= 4 ? v128.load(at) : loadPart(at, n)
      squares = f32x4.add(squares, f32x4.mul(v, v))
    }
    if (n >= 4) v128.store(logProb, logDensity(v128.load(logDet), squares, constant))
    else storePart(logProb, logDensity(loadPart(logDet, n), squares, constant), n)
  }
}

/** −z · weight, and 0 where the weight is 0. */
@inline
function weighted(z: v128, weight: v128): v128 {
  return v128.and(f32x4.neg(f32x4.mul(z, weight)), f32x4.ne(weight, splat(0)))
}

export function gaussianBackward(dim: i32, rows: i32, z: usize, dLogProb: usize, dz: usize): void {
  for (let j = 0; j < dim; j++) {
    let weight = dLogProb
    let t = 0
    for (; t <= rows - 4; t += 4, z += 16, dz += 16, weight += 16) {
      v128.store(dz, weighted(v128.load(z), v128.load(weight)))
    }
    const n = rows - t
    if (n > 0) {
      storePart(dz, weighted(loadPart(z, n), loadPart(weight, n)), n)
      z += <usize>n << 2
      dz += <usize>n << 2
    }
  }
}

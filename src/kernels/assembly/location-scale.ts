// y = (z − location)·e^−logScale, coordinate by coordinate. Numbers are shared by all rows where `each` is 1.
import { bytes, load, NONE, numberOf, store } from './lanes'
import { exp4, splatExp } from './math'

@inline
function standardise(
  shared: bool, dim: i32, rows: i32, z: usize, location: usize, logScale: usize, logDet: usize, y: usize, total: usize,
): void {
  const stride = bytes(rows)
  const step: usize = shared ? 4 : stride
  for (let j = 0; j < dim; j++, z += stride, y += stride, location += step, logScale += step, logDet = total) {
    const scale = shared ? splatExp(-f32.load(logScale)) : f32x4.splat(0)
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const log = numberOf(shared, logScale, at, lanes)
      const centred = f32x4.sub(load(z + at, lanes), numberOf(shared, location, at, lanes))
      store(y + at, f32x4.mul(centred, shared ? scale : exp4(f32x4.neg(log))), lanes)
      store(total + at, f32x4.sub(load(logDet + at, lanes), log), lanes)
    }
  }
}

export function locationScale(
  dim: i32, rows: i32, each: i32, z: usize, location: usize, logScale: usize, logDet: usize, y: usize, total: usize,
): void {
  z = bytes(z), location = bytes(location), logScale = bytes(logScale), logDet = bytes(logDet)
  y = bytes(y), total = bytes(total)
  if (each == 1) standardise(true, dim, rows, z, location, logScale, logDet, y, total)
  else standardise(false, dim, rows, z, location, logScale, logDet, y, total)
}

@inline
function backward(
  shared: bool, dim: i32, rows: i32,
  y: usize, logScale: usize, dy: usize, dTotal: usize, dz: usize, dLocation: usize, dLogScale: usize,
): void {
  const stride = bytes(rows)
  const step: usize = shared ? 4 : stride
  for (let j = 0; j < dim; j++, logScale += step) {
    const row = <usize>j * stride
    const scale = shared ? splatExp(-f32.load(logScale)) : f32x4.splat(0)
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const weight = load(dTotal + at, lanes)
      // By selection, not by the product: a row of weight 0 may hold an infinite y.
      const none = f32x4.eq(weight, f32x4.splat(0))
      const d = load(dy + row + at, lanes)
      const inverse = shared ? scale : exp4(f32x4.neg(load(logScale + at, lanes)))
      const dIn = v128.andnot(f32x4.mul(d, inverse), none)
      store(dz + row + at, dIn, lanes)
      if (dLocation) store(dLocation + row + at, f32x4.neg(dIn), lanes)
      if (dLogScale) {
        const dLog = f32x4.neg(f32x4.add(f32x4.mul(d, load(y + row + at, lanes)), weight))
        store(dLogScale + row + at, v128.andnot(dLog, none), lanes)
      }
    }
  }
}

export function locationScaleBackward(
  dim: i32, rows: i32, each: i32,
  y: usize, logScale: usize, dy: usize, dTotal: usize, dz: usize, dLocation: usize, dLogScale: usize,
): void {
  y = bytes(y), logScale = bytes(logScale), dy = bytes(dy), dTotal = bytes(dTotal), dz = bytes(dz)
  dLocation = dLocation == NONE ? 0 : bytes(dLocation)
  dLogScale = dLogScale == NONE ? 0 : bytes(dLogScale)
  if (each == 1) backward(true, dim, rows, y, logScale, dy, dTotal, dz, dLocation, dLogScale)
  else backward(false, dim, rows, y, logScale, dy, dTotal, dz, dLocation, dLogScale)
}

@inline
function place(shared: bool, dim: i32, rows: i32, y: usize, location: usize, logScale: usize, z: usize): void {
  const stride = bytes(rows)
  const step: usize = shared ? 4 : stride
  for (let j = 0; j < dim; j++, z += stride, y += stride, location += step, logScale += step) {
    const scale = shared ? splatExp(f32.load(logScale)) : f32x4.splat(0)
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const scaled = f32x4.mul(load(y + at, lanes), shared ? scale : exp4(load(logScale + at, lanes)))
      store(z + at, f32x4.add(numberOf(shared, location, at, lanes), scaled), lanes)
    }
  }
}

export function locationScaleInverse(
  dim: i32, rows: i32, each: i32, y: usize, location: usize, logScale: usize, z: usize,
): void {
  y = bytes(y), location = bytes(location), logScale = bytes(logScale), z = bytes(z)
  if (each == 1) place(true, dim, rows, y, location, logScale, z)
  else place(false, dim, rows, y, location, logScale, z)
}

// y = A(z − μ), A lower-triangular with its rows up to the diagonal one after another, the diagonal as ln Aᵢᵢ. Numbers are
// shared by all rows where `each` is 1. Addresses are in bytes but in what is exported; `step` is from one number to the next.
import { bytes, load, NONE, numberOf, store } from './lanes'
import { exp4, splatExp } from './math'

/** Numbers of the rows of A before row i. */
@inline
function rowStart(i: i32): i32 {
  return (i * (i + 1)) >>> 1
}

@inline
function centred4(shared: bool, z: usize, mean: usize, at: usize, lanes: i32): v128 {
  return f32x4.sub(load(z + at, lanes), numberOf(shared, mean, at, lanes))
}

/** yᵢ of rows t …, with the first number of row i of A at `row`; `all` is Aᵢᵢ where shared. */
@inline
function whiten4(
  shared: bool, i: i32, stride: usize, step: usize, all: v128,
  z: usize, mean: usize, row: usize, logDet: usize, y: usize, total: usize, at: usize, lanes: i32,
): void {
  const last = row + <usize>i * step
  const log = numberOf(shared, last, at, lanes)
  let sum = f32x4.splat(0)
  let from = z, center = mean
  for (let a = row; a < last; a += step, from += stride, center += step) {
    sum = f32x4.add(sum, f32x4.mul(numberOf(shared, a, at, lanes), centred4(shared, from, center, at, lanes)))
  }
  const own = f32x4.mul(shared ? all : exp4(log), centred4(shared, from, center, at, lanes))
  store(y + at, f32x4.add(own, sum), lanes)
  store(total + at, f32x4.add(load(logDet + at, lanes), log), lanes)
}

@inline
function whitenAll(
  shared: bool, dim: i32, rows: i32,
  z: usize, mean: usize, factor: usize, logDet: usize, y: usize, total: usize,
): void {
  const stride = bytes(rows), step: usize = shared ? 4 : stride
  const whole = stride & ~15, rest = rows & 3
  for (let i = 0; i < dim; i++, y += stride, logDet = total) {
    const row = factor + <usize>rowStart(i) * step
    const all = shared ? splatExp(f32.load(row + <usize>i * step)) : f32x4.splat(0)
    for (let at: usize = 0; at < whole; at += 16) {
      whiten4(shared, i, stride, step, all, z, mean, row, logDet, y, total, at, 4)
    }
    if (rest) whiten4(shared, i, stride, step, all, z, mean, row, logDet, y, total, whole, rest)
  }
}

export function whiten(
  dim: i32, rows: i32, each: i32,
  z: usize, mean: usize, factor: usize, logDet: usize, y: usize, total: usize,
): void {
  z = bytes(z), mean = bytes(mean), factor = bytes(factor), logDet = bytes(logDet), y = bytes(y), total = bytes(total)
  if (each == 1) whitenAll(true, dim, rows, z, mean, factor, logDet, y, total)
  else whitenAll(false, dim, rows, z, mean, factor, logDet, y, total)
}

/** dzⱼ of rows t …, and the gradients by μⱼ and column j of A where there are places for them, 0 where there are none. */
@inline
function backward4(
  shared: bool, j: i32, dim: i32, stride: usize, step: usize, all: v128,
  z: usize, mean: usize, factor: usize, dy: usize, dTotal: usize, dz: usize, dMean: usize, dFactor: usize,
  at: usize, lanes: i32,
): void {
  const weight = load(dTotal + at, lanes)
  // By selection, not by the product: a row of weight 0 may hold an infinite z.
  const none = f32x4.eq(weight, f32x4.splat(0))
  const centred = centred4(shared, z, mean, at, lanes)
  const place = <usize>(rowStart(j) + j)
  const diagonal = shared ? all : exp4(load(factor + place * step + at, lanes))
  let d = load(dy + <usize>j * stride + at, lanes)
  let sum = f32x4.mul(diagonal, d)
  if (dFactor) {
    const toLog = f32x4.add(f32x4.mul(sum, centred), weight)
    store(dFactor + place * stride + at, v128.andnot(toLog, none), lanes)
  }
  for (let i = j + 1; i < dim; i++) {
    const below = <usize>(rowStart(i) + j)
    d = load(dy + <usize>i * stride + at, lanes)
    sum = f32x4.add(sum, f32x4.mul(numberOf(shared, factor + below * step, at, lanes), d))
    if (dFactor) store(dFactor + below * stride + at, v128.andnot(f32x4.mul(d, centred), none), lanes)
  }
  store(dz + at, v128.andnot(sum, none), lanes)
  if (dMean) store(dMean + at, v128.andnot(f32x4.neg(sum), none), lanes)
}

@inline
function backwardAll(
  shared: bool, dim: i32, rows: i32,
  z: usize, mean: usize, factor: usize, dy: usize, dTotal: usize, dz: usize, dMean: usize, dFactor: usize,
): void {
  const stride = bytes(rows), step: usize = shared ? 4 : stride
  const whole = stride & ~15, rest = rows & 3
  for (let j = 0; j < dim; j++, z += stride, mean += step, dz += stride) {
    const all = shared ? splatExp(f32.load(factor + <usize>(rowStart(j) + j) * step)) : f32x4.splat(0)
    for (let at: usize = 0; at < whole; at += 16) {
      backward4(shared, j, dim, stride, step, all, z, mean, factor, dy, dTotal, dz, dMean, dFactor, at, 4)
    }
    if (rest) backward4(shared, j, dim, stride, step, all, z, mean, factor, dy, dTotal, dz, dMean, dFactor, whole, rest)
    if (dMean) dMean += stride
  }
}

export function whitenBackward(
  dim: i32, rows: i32, each: i32,
  z: usize, mean: usize, factor: usize, dy: usize, dTotal: usize, dz: usize, dMean: usize, dFactor: usize,
): void {
  z = bytes(z), mean = bytes(mean), factor = bytes(factor), dy = bytes(dy), dTotal = bytes(dTotal), dz = bytes(dz)
  dMean = dMean == NONE ? 0 : bytes(dMean)
  dFactor = dFactor == NONE ? 0 : bytes(dFactor)
  if (each == 1) backwardAll(true, dim, rows, z, mean, factor, dy, dTotal, dz, dMean, dFactor)
  else backwardAll(false, dim, rows, z, mean, factor, dy, dTotal, dz, dMean, dFactor)
}

/** zᵢ − μᵢ of rows t …, from those of the coordinates before. */
@inline
function solve4(
  shared: bool, i: i32, stride: usize, step: usize, all: v128,
  y: usize, row: usize, z: usize, at: usize, lanes: i32,
): void {
  const last = row + <usize>i * step
  let rest = load(y + <usize>i * stride + at, lanes)
  let from = z
  for (let a = row; a < last; a += step, from += stride) {
    rest = f32x4.sub(rest, f32x4.mul(numberOf(shared, a, at, lanes), load(from + at, lanes)))
  }
  const inverse = shared ? all : exp4(f32x4.neg(load(last + at, lanes)))
  store(from + at, f32x4.mul(rest, inverse), lanes)
}

@inline
function solveAll(shared: bool, dim: i32, rows: i32, y: usize, mean: usize, factor: usize, z: usize): void {
  const stride = bytes(rows), step: usize = shared ? 4 : stride
  const whole = stride & ~15, rest = rows & 3
  for (let i = 0; i < dim; i++) {
    const row = factor + <usize>rowStart(i) * step
    const all = shared ? splatExp(-f32.load(row + <usize>i * step)) : f32x4.splat(0)
    for (let at: usize = 0; at < whole; at += 16) solve4(shared, i, stride, step, all, y, row, z, at, 4)
    if (rest) solve4(shared, i, stride, step, all, y, row, z, whole, rest)
  }
  for (let i = 0; i < dim; i++, z += stride, mean += step) {
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      store(z + at, f32x4.add(load(z + at, lanes), numberOf(shared, mean, at, lanes)), lanes)
    }
  }
}

export function whitenInverse(
  dim: i32, rows: i32, each: i32, y: usize, mean: usize, factor: usize, z: usize,
): void {
  y = bytes(y), mean = bytes(mean), factor = bytes(factor), z = bytes(z)
  if (each == 1) solveAll(true, dim, rows, y, mean, factor, z)
  else solveAll(false, dim, rows, y, mean, factor, z)
}

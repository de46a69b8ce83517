import { bytes, load, store, wholeBytes } from './lanes'

const LN_2PI: f64 = 1.8378770664093453

@inline
function putLogProb(squares: v128, logDet: usize, logProb: usize, constant: v128, lanes: i32): void {
  const half = f32x4.mul(squares, f32x4.splat(0.5))
  store(logProb, f32x4.sub(f32x4.sub(load(logDet, lanes), half), constant), lanes)
}

@inline
function pairLogProb4(stride: usize, z: usize, logDet: usize, logProb: usize, constant: v128): void {
  const one = v128.load(z)
  const other = v128.load(z + stride)
  putLogProb(f32x4.add(f32x4.mul(one, one), f32x4.mul(other, other)), logDet, logProb, constant, 4)
}

@inline
function logProb4(dim: i32, stride: usize, z: usize, logDet: usize, logProb: usize, constant: v128, lanes: i32): void {
  let squares = f32x4.splat(0)
  let from = z
  for (let j = 0; j < dim; j++, from += stride) {
    const value = load(from, lanes)
    squares = f32x4.add(squares, f32x4.mul(value, value))
  }
  putLogProb(squares, logDet, logProb, constant, lanes)
}

export function gaussian(dim: i32, rows: i32, z: usize, logDet: usize, logProb: usize): void {
  const from = bytes(z)
  const det = bytes(logDet)
  const to = bytes(logProb)
  const stride = bytes(rows)
  const constant = f32x4.splat(<f32>(0.5 * <f64>dim * LN_2PI))
  const whole = wholeBytes(rows)
  let t: usize = 0
  // A loop over two coordinates costs more than what it does.
  if (dim == 2) for (; t < whole; t += 16) pairLogProb4(stride, from + t, det + t, to + t, constant)
  for (; t < whole; t += 16) logProb4(dim, stride, from + t, det + t, to + t, constant, 4)
  if (rows & 3) logProb4(dim, stride, from + t, det + t, to + t, constant, rows & 3)
}

@inline
function backward4(z: usize, weight: v128, dz: usize, lanes: i32): void {
  // By selection, not by the product: a row of weight 0 may hold an infinite z.
  const product = f32x4.neg(f32x4.mul(load(z, lanes), weight))
  store(dz, v128.andnot(product, f32x4.eq(weight, f32x4.splat(0))), lanes)
}

export function gaussianBackward(dim: i32, rows: i32, z: usize, dLogProb: usize, dz: usize): void {
  const from = bytes(z)
  const to = bytes(dz)
  const weight = bytes(dLogProb)
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  for (let j = 0; j < dim; j++) {
    const row = <usize>j * stride
    let t: usize = 0
    for (; t < whole; t += 16) backward4(from + row + t, v128.load(weight + t), to + row + t, 4)
    if (rows & 3) backward4(from + row + t, load(weight + t, rows & 3), to + row + t, rows & 3)
  }
}

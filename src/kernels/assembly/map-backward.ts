// The ways back through a map of one coordinate, from what the map wrote on the way there: its slope f′ and bend ∂ln f′/∂x,
// and of each of its numbers θ what f and ln f′ gain by it.
import { bytes, load, store } from './lanes'
import { MAX_FINITE } from './math'

export function mapBackward(rows: i32, slope: usize, bend: usize, dz: usize, dLogDet: usize, dx: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const straight = f32x4.mul(load(bytes(dz + t), lanes), load(bytes(slope + t), lanes))
    const bent = f32x4.mul(load(bytes(dLogDet + t), lanes), load(bytes(bend + t), lanes))
    store(bytes(dx + t), f32x4.add(straight, bent), lanes)
  }
}

export function mapInverseBackward(rows: i32, slope: usize, bend: usize, dx: usize, dLogDet: usize, dz: usize): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const bent = f32x4.mul(load(bytes(dLogDet + t), lanes), load(bytes(bend + t), lanes))
    const quotient = f32x4.div(f32x4.sub(load(bytes(dx + t), lanes), bent), load(bytes(slope + t), lanes))
    const held = f32x4.pmax(f32x4.pmin(quotient, f32x4.splat(MAX_FINITE)), f32x4.splat(-MAX_FINITE))
    store(bytes(dz + t), held, lanes)
  }
}

/** dz·f_θ + dLogDet·g_θ */
@inline
function gain4(fTheta: usize, gTheta: usize, dz: usize, dLogDet: usize, lanes: i32): v128 {
  const value = f32x4.mul(load(dz, lanes), load(fTheta, lanes))
  return f32x4.add(value, f32x4.mul(load(dLogDet, lanes), load(gTheta, lanes)))
}

export function numberBackward(
  rows: i32, fTheta: usize, gTheta: usize, dz: usize, dLogDet: usize, dTheta: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    store(
      bytes(dTheta + t),
      gain4(bytes(fTheta + t), bytes(gTheta + t), bytes(dz + t), bytes(dLogDet + t), lanes),
      lanes,
    )
  }
}

export function numberInverseBackward(
  rows: i32, fTheta: usize, gTheta: usize, dz: usize, dLogDet: usize, dTheta: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    const gain = gain4(bytes(fTheta + t), bytes(gTheta + t), bytes(dz + t), bytes(dLogDet + t), lanes)
    store(bytes(dTheta + t), f32x4.neg(gain), lanes)
  }
}

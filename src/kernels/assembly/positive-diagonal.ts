// A diagonal of positive numbers, softplus(raw) + floor.
import { expOfNegativeAbs, logistic4, logOnePlus, softplus4 } from './functions'
import { bytes, load, store, sumLanes } from './lanes'
import { log4 } from './math'
import { addToAll, sumRow } from './spread'

/** All bits of the first lanes. */
@inline
function firstLanes(lanes: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(lanes))
}

export function positiveDiagonal(
  dim: i32, rows: i32, floor: f32, sign: f32, raw: usize, diagonal: usize, logDet: usize,
): void {
  let logs = f32x4.splat(0)
  for (let i = 0; i < dim; i += 4) {
    const lanes = min(dim - i, 4)
    const x = load(bytes(raw + i), lanes)
    const value = f32x4.add(softplus4(x, logOnePlus(expOfNegativeAbs(x))), f32x4.splat(floor))
    store(bytes(diagonal + i), value, lanes)
    logs = f32x4.add(logs, v128.and(log4(value), firstLanes(lanes)))
  }
  addToAll(rows, sign * sumLanes(logs), bytes(logDet))
}

export function positiveDiagonalBackward(
  dim: i32, rows: i32, sign: f32, raw: usize, diagonal: usize, dDiagonal: usize, dLogDet: usize, dRaw: usize,
): void {
  const dLog = f32x4.splat(sign * sumRow(rows, bytes(dLogDet)))
  for (let i = 0; i < dim; i += 4) {
    const lanes = min(dim - i, 4)
    const x = load(bytes(raw + i), lanes)
    const slope = logistic4(x, expOfNegativeAbs(x))
    // Lanes beyond the diagonal divide by 0 and are not stored.
    const d = f32x4.add(load(bytes(dDiagonal + i), lanes), f32x4.div(dLog, load(bytes(diagonal + i), lanes)))
    const to = bytes(dRaw + i)
    store(to, f32x4.add(load(to, lanes), f32x4.mul(d, slope)), lanes)
  }
}

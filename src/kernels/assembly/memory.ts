import { loadPart, splat, storePart } from './vector'

export function fill(n: i32, value: f32, y: usize): void {
  const v = splat(value)
  let i = 0
  for (; i <= n - 4; i += 4, y += 16) v128.store(y, v)
  if (i < n) storePart(y, v, n - i)
}

export function copy(n: i32, x: usize, y: usize): void {
  memory.copy(y, x, <usize>n << 2)
}

export function add(n: i32, x: usize, y: usize): void {
  let i = 0
  for (; i <= n - 4; i += 4, x += 16, y += 16) v128.store(y, f32x4.add(v128.load(y), v128.load(x)))
  if (i < n) storePart(y, f32x4.add(loadPart(y, n - i), loadPart(x, n - i)), n - i)
}

/** Lanes (0, 1) and (2, 3) are summed apart in float64, and joined at the end. */
export function sum(n: i32, x: usize, total: usize): void {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  let i = 0
  for (; i <= n - 4; i += 4, x += 16) {
    const v = v128.load(x)
    low = f64x2.add(low, f64x2.promote_low_f32x4(v))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<u32>(v, v, 2, 3, 2, 3)))
  }
  if (i < n) {
    const v = loadPart(x, n - i)
    low = f64x2.add(low, f64x2.promote_low_f32x4(v))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<u32>(v, v, 2, 3, 2, 3)))
  }
  const both = f64x2.add(low, high)
  store<f64>(total, load<f64>(total) + (f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)))
}

/** `indices` 0 stands for rows in their own order. */
export function gather(columns: i32, rows: i32, count: i32, source: usize, indices: usize, x: usize): void {
  const lane = <usize>rows << 2
  for (let t = 0; t < rows; t++) {
    const valid = min(t, count - 1)
    const row = indices ? load<u32>(indices + (<usize>valid << 2)) : <u32>valid
    let from = source + ((<usize>row * columns) << 2)
    let to = x + (<usize>t << 2)
    for (let j = 0; j < columns; j++, from += 4, to += lane) store<f32>(to, load<f32>(from))
  }
}

export function scatter(columns: i32, rows: i32, count: i32, x: usize, target: usize): void {
  const lane = <usize>rows << 2
  for (let t = 0; t < count; t++) {
    let from = x + (<usize>t << 2)
    for (let j = 0; j < columns; j++, from += lane, target += 4) store<f32>(target, load<f32>(from))
  }
}

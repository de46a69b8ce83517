// Numbers that are the same for all rows, and the sums of what comes back from rows.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'
import { fill } from './memory'

export function spread(n: i32, rows: i32, x: usize, y: usize): void {
  for (let i = 0; i < n; i++) fill(rows, f32.load(bytes(x + i)), y + i * rows)
}

/** Σₜ x[t], the address in bytes: lane l adds the rows t ≡ l (mod 4) in order; then (l₀ + l₂) + (l₁ + l₃). */
export function sumRow(rows: i32, x: usize): f32 {
  const whole = wholeBytes(rows)
  let sum = f32x4.splat(0)
  let t: usize = 0
  for (; t < whole; t += 16) sum = f32x4.add(sum, v128.load(x + t))
  if (rows & 3) sum = f32x4.add(sum, load(x + t, rows & 3))
  return sumLanes(sum)
}

export function spreadBackward(n: i32, rows: i32, dy: usize, dx: usize): void {
  let from = bytes(dy)
  let to = bytes(dx)
  for (let i = 0; i < n; i++, from += bytes(rows), to += 4) f32.store(to, f32.load(to) + sumRow(rows, from))
}

/** y[t] += by, the address in bytes. */
export function addToAll(rows: i32, by: f32, y: usize): void {
  const all = f32x4.splat(by)
  const whole = wholeBytes(rows)
  let t: usize = 0
  for (; t < whole; t += 16) v128.store(y + t, f32x4.add(v128.load(y + t), all))
  if (rows & 3) store(y + t, f32x4.add(load(y + t, rows & 3), all), rows & 3)
}

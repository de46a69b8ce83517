// Numbers that are the same for all rows, and the sums of what comes back from rows.
import { bytes, load, sumLanes, wholeBytes } from './lanes'
import { fill } from './memory'

export function spread(n: i32, rows: i32, x: usize, y: usize): void {
  for (let i = 0; i < n; i++) fill(rows, f32.load(bytes(x + i)), y + i * rows)
}

/** Lane l adds the rows t ≡ l (mod 4) in order; then (l₀ + l₂) + (l₁ + l₃). */
export function spreadBackward(n: i32, rows: i32, dy: usize, dx: usize): void {
  const whole = wholeBytes(rows)
  const rest = rows & 3
  let from = bytes(dy)
  let to = bytes(dx)
  for (let i = 0; i < n; i++, from += bytes(rows), to += 4) {
    let sum = f32x4.splat(0)
    let t: usize = 0
    for (; t < whole; t += 16) sum = f32x4.add(sum, v128.load(from + t))
    if (rest) sum = f32x4.add(sum, load(from + t, rest))
    f32.store(to, f32.load(to) + sumLanes(sum))
  }
}

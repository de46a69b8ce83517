// Each unit's rows times a number of its own.
import { bytes, load, store, sumLanes, wholeBytes } from './lanes'

export function scaleRows(units: i32, rows: i32, gamma: usize, x: usize, y: usize): void {
  const whole = wholeBytes(rows)
  const rest = rows & 3
  const stride = bytes(rows)
  let from = bytes(x)
  let to = bytes(y)
  for (let i = 0; i < units; i++, from += stride, to += stride) {
    const factor = v128.load32_splat(bytes(gamma + i))
    let t: usize = 0
    for (; t < whole; t += 16) v128.store(to + t, f32x4.mul(factor, v128.load(from + t)))
    if (rest) store(to + t, f32x4.mul(factor, load(from + t, rest)), rest)
  }
}

/** Lane l adds the rows t ≡ l (mod 4) in order; then (l₀ + l₂) + (l₁ + l₃). */
export function scaleRowsBackward(
  units: i32, rows: i32, gamma: usize, x: usize, dy: usize, dx: usize, dGamma: usize,
): void {
  const whole = wholeBytes(rows)
  const rest = rows & 3
  const stride = bytes(rows)
  let given = bytes(x)
  let from = bytes(dy)
  let to = bytes(dx)
  for (let i = 0; i < units; i++, given += stride, from += stride, to += stride) {
    const factor = v128.load32_splat(bytes(gamma + i))
    let sum = f32x4.splat(0)
    let t: usize = 0
    for (; t < whole; t += 16) {
      const slope = v128.load(from + t)
      sum = f32x4.add(sum, f32x4.mul(slope, v128.load(given + t)))
      v128.store(to + t, f32x4.mul(factor, slope))
    }
    if (rest) {
      const slope = load(from + t, rest)
      sum = f32x4.add(sum, f32x4.mul(slope, load(given + t, rest)))
      store(to + t, f32x4.mul(factor, slope), rest)
    }
    const total = bytes(dGamma + i)
    f32.store(total, f32.load(total) + sumLanes(sum))
  }
}

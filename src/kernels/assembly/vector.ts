// Loading and storing the last 1–3 elements of an array: nothing past its end is touched, the spare lanes are 0.

@inline
export function loadPart(at: usize, n: i32): v128 {
  let v = v128.load32_zero(at)
  if (n > 1) v = v128.load_lane<f32>(at + 4, v, 1)
  if (n > 2) v = v128.load_lane<f32>(at + 8, v, 2)
  return v
}

@inline
export function storePart(at: usize, v: v128, n: i32): void {
  v128.store_lane<f32>(at, v, 0)
  if (n > 1) v128.store_lane<f32>(at + 4, v, 1)
  if (n > 2) v128.store_lane<f32>(at + 8, v, 2)
}

@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value)
}

/** Σ of the four lanes, always in the order (0 + 2) + (1 + 3). */
@inline
export function horizontalSum(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3))
}

/** total += Σ lanes, into one element. */
@inline
export function addTo(total: usize, v: v128): void {
  store<f32>(total, load<f32>(total) + horizontalSum(v))
}

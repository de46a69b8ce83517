// Addresses, and vectors of fewer than four lanes.

/** What stands for "no array", as in ../heap.ts. */
export const NONE: usize = -1

@inline
export function bytes(reals: usize): usize {
  return reals << 2
}

/** Bytes of the whole vectors in n reals. Loops count bytes from 0: an end address could be 2³² and wrap to 0. */
@inline
export function wholeBytes(n: i32): usize {
  return (<usize>n << 2) & ~15
}

/** The first 1 to 3 lanes; the others are 0. */
export function loadPart(from: usize, lanes: i32): v128 {
  if (lanes == 1) return v128.load32_zero(from)
  const pair = v128.load64_zero(from)
  return lanes == 2 ? pair : v128.load32_lane(from, pair, 2, 8)
}

/** Stores the first 1 to 3 lanes. */
export function storePart(to: usize, value: v128, lanes: i32): void {
  if (lanes == 1) return v128.store32_lane(to, value, 0)
  v128.store64_lane(to, value, 0)
  if (lanes == 3) v128.store32_lane(to, value, 2, 8)
}

/** Four lanes where `lanes` is the constant 4 (the branch then costs nothing), else the first `lanes`. */
@inline
export function load(from: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(from) : loadPart(from, lanes)
}

@inline
export function store(to: usize, value: v128, lanes: i32): void {
  if (lanes == 4) v128.store(to, value)
  else storePart(to, value, lanes)
}

/** A number of rows t … from the address of the first one's, which is that of all where `shared`; `at` = bytes(t). */
@inline
export function numberOf(shared: bool, number: usize, at: usize, lanes: i32): v128 {
  return shared ? v128.load32_splat(number) : load(number + at, lanes)
}

/** (l₀ + l₂) + (l₁ + l₃) */
@inline
export function sumLanes(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}

/** sumLanes of each of the four. */
@inline
export function sumLanesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3))
}

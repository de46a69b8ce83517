// Philox 4x32-10 (Salmon et al., SC 2011), four counters at a time, and Box–Muller normals from its words.
import { cos, log, sin } from './math'
import { splat, storePart } from './vector'

const MULTIPLIER_0: i32 = 0xd2511f53
const MULTIPLIER_1: i32 = 0xcd9e8d57
const WEYL_0: u32 = 0x9e3779b9
const WEYL_1: u32 = 0xbb67ae85
const ROUNDS = 10

/** Words 0–3 of four blocks after `blocks`: a register each, handed over in globals because functions return one. */
let word0: v128 = i32x4.splat(0)
let word1: v128 = i32x4.splat(0)
let word2: v128 = i32x4.splat(0)
let word3: v128 = i32x4.splat(0)

@inline
function highProduct(x: v128, multiplier: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(x, multiplier)
  const high = i64x2.extmul_high_i32x4_u(x, multiplier)
  return v128.shuffle<u32>(low, high, 1, 3, 5, 7)
}

/** The blocks of counters (index + lane, purpose, draw), the carry into the high word included. */
@inline
function blocks(keyLow: u32, keyHigh: u32, indexLow: u32, indexHigh: u32, purpose: u32, draw: u32): void {
  const lanes = i32x4(0, 1, 2, 3)
  let c0 = i32x4.add(i32x4.splat(indexLow), lanes)
  const wrapped = i32x4.lt_u(c0, i32x4.splat(indexLow))
  let c1 = i32x4.sub(i32x4.splat(indexHigh), wrapped)
  let c2 = i32x4.splat(purpose)
  let c3 = i32x4.splat(draw)
  const m0 = i32x4.splat(MULTIPLIER_0)
  const m1 = i32x4.splat(MULTIPLIER_1)
  for (let round = 0; round < ROUNDS; round++, keyLow += WEYL_0, keyHigh += WEYL_1) {
    const high0 = highProduct(c0, m0)
    const high1 = highProduct(c2, m1)
    const low0 = i32x4.mul(c0, m0)
    const low1 = i32x4.mul(c2, m1)
    c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(keyLow))
    c1 = low1
    c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(keyHigh))
    c3 = low0
  }
  word0 = c0
  word1 = c1
  word2 = c2
  word3 = c3
}

export function philox(
  rows: i32, keyLow: u32, keyHigh: u32, indexLow: u32, indexHigh: u32, purpose: u32, draw: u32, words: usize,
): void {
  for (let t = 0; t < rows; t += 4) {
    const low = indexLow + t
    blocks(keyLow, keyHigh, low, indexHigh + <u32>(low < indexLow), purpose, draw)
    for (let lane = 0; lane < min(4, rows - t); lane++, words += 16) {
      store<u32>(words, laneOf(word0, lane))
      store<u32>(words, laneOf(word1, lane), 4)
      store<u32>(words, laneOf(word2, lane), 8)
      store<u32>(words, laneOf(word3, lane), 12)
    }
  }
}

@inline
function laneOf(v: v128, lane: i32): i32 {
  if (lane == 0) return i32x4.extract_lane(v, 0)
  if (lane == 1) return i32x4.extract_lane(v, 1)
  if (lane == 2) return i32x4.extract_lane(v, 2)
  return i32x4.extract_lane(v, 3)
}

/** √(−2 ln u), u = (w + ½) 2⁻³². */
@inline
function radius(w: v128): v128 {
  const u = f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(w), splat(0.5)), splat(2.3283064365386963e-10))
  return f32x4.sqrt(f32x4.mul(splat(-2), log(u)))
}

/** 2π ⌊w / 2⁸⌋ 2⁻²⁴ */
@inline
function angle(w: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(w, 8)), splat(3.7450704e-7))
}

@inline
function put(at: usize, v: v128, n: i32): void {
  if (n >= 4) v128.store(at, v)
  else storePart(at, v, n)
}

export function normal(
  dim: i32, rows: i32, keyLow: u32, keyHigh: u32, indexLow: u32, indexHigh: u32, purpose: u32, z: usize,
): void {
  const lane = <usize>rows << 2
  for (let t = 0; t < rows; t += 4, z += 16) {
    const n = rows - t
    const low = indexLow + t
    const high = indexHigh + <u32>(low < indexLow)
    let at = z
    for (let j = 0; j < dim; j += 4) {
      blocks(keyLow, keyHigh, low, high, purpose, j >> 2)
      const r = radius(word0)
      const a = angle(word1)
      put(at, f32x4.mul(r, cos(a)), n)
      if (j + 1 < dim) put(at + lane, f32x4.mul(r, sin(a)), n)
      if (j + 2 < dim) {
        const r2 = radius(word2)
        const a2 = angle(word3)
        put(at + 2 * lane, f32x4.mul(r2, cos(a2)), n)
        if (j + 3 < dim) put(at + 3 * lane, f32x4.mul(r2, sin(a2)), n)
      }
      at += 4 * lane
    }
  }
}

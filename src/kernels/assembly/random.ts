// Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11, doi:10.1145/2063384.2063405), four counters side by side, and
// Box-Muller normals from its words.
import { bytes, store } from './lanes'
import { cosine4, log4, sine4 } from './math'

const MULTIPLIER_0: i32 = 0xd2511f53
const MULTIPLIER_1: i32 = 0xcd9e8d57
const WEYL_0: i32 = 0x9e3779b9
const WEYL_1: i32 = 0xbb67ae85
const ROUNDS = 10

// The last block's words, lane = row: four results need somewhere to stand, and globals belong to one thread.
let word0: v128 = i32x4.splat(0)
let word1: v128 = i32x4.splat(0)
let word2: v128 = i32x4.splat(0)
let word3: v128 = i32x4.splat(0)

/** Words of the counters (index + t … index + t + 3, purpose, draw). */
function block(key0: i32, key1: i32, indexLow: i32, indexHigh: i32, t: i32, purpose: i32, draw: i32): void {
  let c0 = i32x4.add(i32x4.splat(indexLow + t), i32x4(0, 1, 2, 3))
  // The sum has wrapped where it is below what was added to: −1 there, so that subtracting carries.
  let c1 = i32x4.sub(i32x4.splat(indexHigh), i32x4.lt_u(c0, i32x4.splat(indexLow)))
  let c2 = i32x4.splat(purpose)
  let c3 = i32x4.splat(draw)
  const multiplier0 = i32x4.splat(MULTIPLIER_0)
  const multiplier1 = i32x4.splat(MULTIPLIER_1)
  for (let round = 0; round < ROUNDS; round++) {
    const even0 = i64x2.extmul_low_i32x4_u(c0, multiplier0)
    const odd0 = i64x2.extmul_high_i32x4_u(c0, multiplier0)
    const even1 = i64x2.extmul_low_i32x4_u(c2, multiplier1)
    const odd1 = i64x2.extmul_high_i32x4_u(c2, multiplier1)
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(even1, odd1, 1, 3, 5, 7), c1), i32x4.splat(key0))
    c1 = v128.shuffle<i32>(even1, odd1, 0, 2, 4, 6)
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(even0, odd0, 1, 3, 5, 7), c3), i32x4.splat(key1))
    c3 = v128.shuffle<i32>(even0, odd0, 0, 2, 4, 6)
    key0 += WEYL_0
    key1 += WEYL_1
  }
  word0 = c0
  word1 = c1
  word2 = c2
  word3 = c3
}

export function philox(
  rows: i32, keyLow: i32, keyHigh: i32, indexLow: i32, indexHigh: i32, purpose: i32, draw: i32, words: usize,
): void {
  let to = bytes(words)
  for (let t = 0; t < rows; t += 4, to += 64) {
    block(keyLow, keyHigh, indexLow, indexHigh, t, purpose, draw)
    const low01 = v128.shuffle<i32>(word0, word1, 0, 4, 1, 5)
    const low23 = v128.shuffle<i32>(word2, word3, 0, 4, 1, 5)
    const high01 = v128.shuffle<i32>(word0, word1, 2, 6, 3, 7)
    const high23 = v128.shuffle<i32>(word2, word3, 2, 6, 3, 7)
    v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2))
    if (t + 1 < rows) v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16)
    if (t + 2 < rows) v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32)
    if (t + 3 < rows) v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48)
  }
}

/** √(−2 ln u), u = (w + ½)·2⁻³², each step rounded to float32 */
@inline
function radius4(word: v128): v128 {
  const u = f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(word), f32x4.splat(0.5)), f32x4.splat(2.3283064365386963e-10))
  return f32x4.sqrt(f32x4.mul(log4(u), f32x4.splat(-2)))
}

/**
 * A Box-Muller pair. The angle is 24 bits of a turn; its quadrant and the signed rest are taken from the integer, so
 * that the only rounding is that of the rest in radians.
 */
@inline
function normalPair(radiusWord: v128, angleWord: v128, even: usize, odd: usize, both: bool, lanes: i32): void {
  const radius = radius4(radiusWord)
  const turn = i32x4.shr_u(angleWord, 8)
  const quadrant = i32x4.shr_u(i32x4.add(turn, i32x4.splat(1 << 21)), 22)
  const rest = f32x4.convert_i32x4_s(i32x4.sub(turn, i32x4.shl(quadrant, 22)))
  const r = f32x4.mul(rest, f32x4.splat(3.7450702829239286e-7))
  store(even, f32x4.mul(radius, cosine4(quadrant, r)), lanes)
  if (both) store(odd, f32x4.mul(radius, sine4(quadrant, r)), lanes)
}

export function normal(
  dim: i32, rows: i32, keyLow: i32, keyHigh: i32, indexLow: i32, indexHigh: i32, purpose: i32, z: usize,
): void {
  const to = bytes(z)
  const stride = bytes(rows)
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4)
    let column = to + bytes(t)
    for (let j = 0; j < dim; j += 4, column += stride << 2) {
      block(keyLow, keyHigh, indexLow, indexHigh, t, purpose, j >> 2)
      normalPair(word0, word1, column, column + stride, j + 1 < dim, lanes)
      if (j + 2 < dim) normalPair(word2, word3, column + 2 * stride, column + 3 * stride, j + 3 < dim, lanes)
    }
  }
}

// Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11, doi:10.1145/2063384.2063405), eight counters side by side, and
// Box-Muller normals from its words.
import { bytes, load, store, wholeBytes } from './lanes'
import { BELOW_ONE } from './map-rows'
import { cosine4, logNormal, sine4 } from './math'

const MULTIPLIER_0: i32 = 0xd2511f53
const MULTIPLIER_1: i32 = 0xcd9e8d57
const WEYL_0: i32 = 0x9e3779b9
const WEYL_1: i32 = 0xbb67ae85
const ROUNDS = 10

// The words of two blocks, lane = row, the first four rows' and the next four's: so many results need somewhere to stand,
// and globals belong to one thread.
let word0: v128 = i32x4.splat(0)
let word1: v128 = i32x4.splat(0)
let word2: v128 = i32x4.splat(0)
let word3: v128 = i32x4.splat(0)
let next0: v128 = i32x4.splat(0)
let next1: v128 = i32x4.splat(0)
let next2: v128 = i32x4.splat(0)
let next3: v128 = i32x4.splat(0)

/** The upper words of the products of two pairs of lanes. */
@inline
function upper(even: v128, odd: v128): v128 {
  return v128.shuffle<i32>(even, odd, 1, 3, 5, 7)
}

@inline
function lower(even: v128, odd: v128): v128 {
  return v128.shuffle<i32>(even, odd, 0, 2, 4, 6)
}

/** The upper words of (index + t, …): a sum has wrapped where it is below what was added to, −1 there. */
@inline
function carried(indexHigh: i32, sum: v128, indexLow: i32): v128 {
  return i32x4.sub(i32x4.splat(indexHigh), i32x4.lt_u(sum, i32x4.splat(indexLow)))
}

/** Words of the counters (index + t … index + t + 7, purpose, draw), two chains of rounds side by side. */
function blocks(key0: i32, key1: i32, indexLow: i32, indexHigh: i32, t: i32, purpose: i32, draw: i32): void {
  let a0 = i32x4.add(i32x4.splat(indexLow + t), i32x4(0, 1, 2, 3))
  let b0 = i32x4.add(i32x4.splat(indexLow + t), i32x4(4, 5, 6, 7))
  let a1 = carried(indexHigh, a0, indexLow)
  let b1 = carried(indexHigh, b0, indexLow)
  let a2 = i32x4.splat(purpose), b2 = a2
  let a3 = i32x4.splat(draw), b3 = a3
  const m0 = i32x4.splat(MULTIPLIER_0)
  const m1 = i32x4.splat(MULTIPLIER_1)
  for (let round = 0; round < ROUNDS; round++) {
    const k0 = i32x4.splat(key0)
    const k1 = i32x4.splat(key1)
    const aEven0 = i64x2.extmul_low_i32x4_u(a0, m0), aOdd0 = i64x2.extmul_high_i32x4_u(a0, m0)
    const aEven1 = i64x2.extmul_low_i32x4_u(a2, m1), aOdd1 = i64x2.extmul_high_i32x4_u(a2, m1)
    const bEven0 = i64x2.extmul_low_i32x4_u(b0, m0), bOdd0 = i64x2.extmul_high_i32x4_u(b0, m0)
    const bEven1 = i64x2.extmul_low_i32x4_u(b2, m1), bOdd1 = i64x2.extmul_high_i32x4_u(b2, m1)
    a0 = v128.xor(upper(aEven1, aOdd1), v128.xor(a1, k0))
    b0 = v128.xor(upper(bEven1, bOdd1), v128.xor(b1, k0))
    a1 = lower(aEven1, aOdd1)
    b1 = lower(bEven1, bOdd1)
    a2 = v128.xor(upper(aEven0, aOdd0), v128.xor(a3, k1))
    b2 = v128.xor(upper(bEven0, bOdd0), v128.xor(b3, k1))
    a3 = lower(aEven0, aOdd0)
    b3 = lower(bEven0, bOdd0)
    key0 += WEYL_0
    key1 += WEYL_1
  }
  word0 = a0, word1 = a1, word2 = a2, word3 = a3
  next0 = b0, next1 = b1, next2 = b2, next3 = b3
}

/** The next four rows' words take the place of the first's. */
@inline
function advance(): void {
  word0 = next0, word1 = next1, word2 = next2, word3 = next3
}

export function philox(
  rows: i32, keyLow: i32, keyHigh: i32, indexLow: i32, indexHigh: i32, purpose: i32, draw: i32, words: usize,
): void {
  let to = bytes(words)
  for (let t = 0; t < rows; t += 4, to += 64) {
    if (t & 4) advance()
    else blocks(keyLow, keyHigh, indexLow, indexHigh, t, purpose, draw)
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

/** u = (w + ½)·2⁻³², each step rounded to float32: in (0, 1] */
@inline
function unit4(word: v128): v128 {
  return f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(word), f32x4.splat(0.5)), f32x4.splat(2.3283064365386963e-10))
}

/** √(−2 ln u), u = (w + ½)·2⁻³², each step rounded to float32 */
@inline
function radius4(word: v128): v128 {
  return f32x4.sqrt(f32x4.mul(logNormal(unit4(word), i32x4.splat(0)), f32x4.splat(-2)))
}

/**
 * The angle of a Box-Muller pair is 24 bits of a turn; its quadrant and the signed rest are taken from the integer, so
 * that the only rounding is that of the rest in radians.
 */
@inline
function quadrantOf(turn: v128): v128 {
  return i32x4.shr_u(i32x4.add(turn, i32x4.splat(1 << 21)), 22)
}

@inline
function restOf(turn: v128, quadrant: v128): v128 {
  const rest = f32x4.convert_i32x4_s(i32x4.sub(turn, i32x4.shl(quadrant, 22)))
  return f32x4.mul(rest, f32x4.splat(3.7450702829239286e-7))
}

/** Two columns of normals, in whose place radii and the words of angles are. */
@inline
function turn4(even: usize, odd: usize, lanes: i32): void {
  const radius = load(even, lanes)
  const turn = i32x4.shr_u(load(odd, lanes), 8)
  const quadrant = quadrantOf(turn)
  const r = restOf(turn, quadrant)
  store(even, f32x4.mul(radius, cosine4(quadrant, r)), lanes)
  store(odd, f32x4.mul(radius, sine4(quadrant, r)), lanes)
}

/** Two columns of normals, in whose place the words of their radii and angles are. */
function pair(rows: i32, even: usize, odd: usize): void {
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < (whole & ~63); i += 64) {
    const r0 = radius4(v128.load(even + i))
    const r1 = radius4(v128.load(even + i, 16))
    const r2 = radius4(v128.load(even + i, 32))
    const r3 = radius4(v128.load(even + i, 48))
    v128.store(even + i, r0)
    v128.store(even + i, r1, 16)
    v128.store(even + i, r2, 32)
    v128.store(even + i, r3, 48)
  }
  for (; i < whole; i += 16) store(even + i, radius4(v128.load(even + i)), 4)
  if (rows & 3) store(even + i, radius4(load(even + i, rows & 3)), rows & 3)
  for (i = 0; i < whole; i += 16) turn4(even + i, odd + i, 4)
  if (rows & 3) turn4(even + i, odd + i, rows & 3)
}

/** A column without a partner. */
@inline
function single4(radiusWord: v128, angleWord: v128, column: usize, lanes: i32): void {
  const turn = i32x4.shr_u(angleWord, 8)
  const quadrant = quadrantOf(turn)
  store(column, f32x4.mul(radius4(radiusWord), cosine4(quadrant, restOf(turn, quadrant))), lanes)
}

/** In two passes, the words and then the normals: a block's rounds are one long chain, the pairs are many short ones. */
export function normal(
  dim: i32, rows: i32, keyLow: i32, keyHigh: i32, indexLow: i32, indexHigh: i32, purpose: i32, z: usize,
): void {
  const stride = bytes(rows)
  let column = bytes(z)
  for (let j = 0; j < dim; j += 4, column += stride << 2) {
    const columns = dim - j
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4)
      const to = column + bytes(t)
      if (t & 4) advance()
      else blocks(keyLow, keyHigh, indexLow, indexHigh, t, purpose, j >> 2)
      if (columns == 1) {
        single4(word0, word1, to, lanes)
        continue
      }
      store(to, word0, lanes)
      store(to + stride, word1, lanes)
      if (columns == 3) {
        single4(word2, word3, to + 2 * stride, lanes)
      } else if (columns > 3) {
        store(to + 2 * stride, word2, lanes)
        store(to + 3 * stride, word3, lanes)
      }
    }
    if (columns > 1) pair(rows, column, column + stride)
    if (columns > 3) pair(rows, column + 2 * stride, column + 3 * stride)
  }
}

@inline
function below1(u: v128): v128 {
  return f32x4.min(u, f32x4.splat(BELOW_ONE))
}

export function uniform(
  dim: i32, rows: i32, keyLow: i32, keyHigh: i32, indexLow: i32, indexHigh: i32, purpose: i32, u: usize,
): void {
  const stride = bytes(rows)
  let column = bytes(u)
  for (let j = 0; j < dim; j += 4, column += stride << 2) {
    const columns = dim - j
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4)
      const to = column + bytes(t)
      if (t & 4) advance()
      else blocks(keyLow, keyHigh, indexLow, indexHigh, t, purpose, j >> 2)
      store(to, below1(unit4(word0)), lanes)
      if (columns > 1) store(to + stride, below1(unit4(word1)), lanes)
      if (columns > 2) store(to + 2 * stride, below1(unit4(word2)), lanes)
      if (columns > 3) store(to + 3 * stride, below1(unit4(word3)), lanes)
    }
  }
}

// Philox 4x32-10 as in random.ts, four rows side by side; a block's four words are four units' of a row.
import { bytes, load, store } from './lanes'

const MULTIPLIER_0: i32 = 0xd2511f53
const MULTIPLIER_1: i32 = 0xcd9e8d57
const WEYL_0: i32 = 0x9e3779b9
const WEYL_1: i32 = 0xbb67ae85
const ROUNDS = 10

/** PURPOSE.dropout of src/random/purposes.ts. */
const PURPOSE: i32 = 6

// A function has one result, and globals belong to one thread.
let word0: v128 = i32x4.splat(0)
let word1: v128 = i32x4.splat(0)
let word2: v128 = i32x4.splat(0)
let word3: v128 = i32x4.splat(0)

function block(key0: i32, key1: i32, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const m0 = i32x4.splat(MULTIPLIER_0)
  const m1 = i32x4.splat(MULTIPLIER_1)
  for (let round = 0; round < ROUNDS; round++) {
    const even0 = i64x2.extmul_low_i32x4_u(c0, m0), odd0 = i64x2.extmul_high_i32x4_u(c0, m0)
    const even1 = i64x2.extmul_low_i32x4_u(c2, m1), odd1 = i64x2.extmul_high_i32x4_u(c2, m1)
    c0 = v128.xor(v128.shuffle<i32>(even1, odd1, 1, 3, 5, 7), v128.xor(c1, i32x4.splat(key0)))
    c1 = v128.shuffle<i32>(even1, odd1, 0, 2, 4, 6)
    c2 = v128.xor(v128.shuffle<i32>(even0, odd0, 1, 3, 5, 7), v128.xor(c3, i32x4.splat(key1)))
    c3 = v128.shuffle<i32>(even0, odd0, 0, 2, 4, 6)
    key0 += WEYL_0
    key1 += WEYL_1
  }
  word0 = c0, word1 = c1, word2 = c2, word3 = c3
}

/** Stores the mask of four rows of a unit and their masked numbers. */
@inline
function drop4(word: v128, threshold: v128, scale: v128, x: usize, y: usize, mask: usize, lanes: i32): void {
  const factor = v128.and(i32x4.ge_u(word, threshold), scale)
  const product = f32x4.mul(load(x, lanes), factor)
  store(mask, factor, lanes)
  store(y, product, lanes)
}

/** The counter of row r, units 4g … 4g + 3: (r mod 2³², step, purpose + 2⁸·layer, g + 2¹⁶·⌊r/2³²⌋). */
export function dropout(
  units: i32, rows: i32, key: usize, layer: f32, rate: f32, x: usize, y: usize, mask: usize,
): void {
  const words = bytes(key)
  const keyLow = i32.load(words), keyHigh = i32.load(words, 4)
  const step = i32x4.splat(i32.load(words, 8))
  const firstLow = i32.load(words, 12), firstHigh = i32.load(words, 16)
  const active = i32.load(words, 20) != 0
  const purpose = i32x4.splat(PURPOSE + (<i32>layer << 8))
  // Words below rate·2³² drop: with rate 0, and where nothing is to be dropped, none.
  const threshold = i32x4.splat(active ? <i32><u32>(<f64>rate * 4294967296.0) : 0)
  const scale = f32x4.splat(active ? <f32>(1.0 / (1.0 - <f64>rate)) : 1)
  for (let u = 0; u < units; u += 4) {
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4)
      const low = i32x4.add(i32x4.splat(firstLow + t), i32x4(0, 1, 2, 3))
      // A sum has wrapped where it is below what was added to; the comparison is −1 there.
      const high = i32x4.sub(i32x4.splat(firstHigh), i32x4.lt_u(low, i32x4.splat(firstLow)))
      if (active) block(keyLow, keyHigh, low, step, purpose, i32x4.add(i32x4.splat(u >> 2), i32x4.shl(high, 16)))
      const at = u * rows + t
      drop4(word0, threshold, scale, bytes(x + at), bytes(y + at), bytes(mask + at), lanes)
      if (u + 1 < units) {
        const next = at + rows
        drop4(word1, threshold, scale, bytes(x + next), bytes(y + next), bytes(mask + next), lanes)
      }
      if (u + 2 < units) {
        const next = at + 2 * rows
        drop4(word2, threshold, scale, bytes(x + next), bytes(y + next), bytes(mask + next), lanes)
      }
      if (u + 3 < units) {
        const next = at + 3 * rows
        drop4(word3, threshold, scale, bytes(x + next), bytes(y + next), bytes(mask + next), lanes)
      }
    }
  }
}

import { UsageError } from '../errors.js'

const TWO_POW_32 = 4294967296
const ROUNDS = 10
/** Philox 4x32 multipliers, and the Weyl increments of its key (golden ratio, √3 − 1). */
const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85

const M0_LOW = MULTIPLIER_0 & 0xffff
const M0_HIGH = MULTIPLIER_0 >>> 16
const M1_LOW = MULTIPLIER_1 & 0xffff
const M1_HIGH = MULTIPLIER_1 >>> 16

/**
 * Philox 4x32-10: four independent 32-bit words for every (key, counter), with no state between calls.
 *
 * All arguments are 32-bit integers, signed or not; the words are written to out[0..3]. Here the key is a seed and the
 * counter is (index low, index high, purpose, draw). Source: Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011, section 3.3.
 */
export function philox(
  keyLow: number,
  keyHigh: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  out: Uint32Array,
): void {
  let k0 = keyLow | 0
  let k1 = keyHigh | 0
  let x0 = c0 | 0
  let x1 = c1 | 0
  let x2 = c2 | 0
  let x3 = c3 | 0
  for (let round = 0; round < ROUNDS; round++) {
    // The 64-bit products by 16-bit halves: no partial sum exceeds 32 bits, so that all stays in integer registers.
    const a0 = x0 & 0xffff
    const a1 = x0 >>> 16
    const p = Math.imul(a1, M0_LOW) + (Math.imul(a0, M0_LOW) >>> 16)
    const q = Math.imul(a0, M0_HIGH) + (p & 0xffff)
    const high0 = (Math.imul(a1, M0_HIGH) + (p >>> 16) + (q >>> 16)) | 0
    const b0 = x2 & 0xffff
    const b1 = x2 >>> 16
    const r = Math.imul(b1, M1_LOW) + (Math.imul(b0, M1_LOW) >>> 16)
    const s = Math.imul(b0, M1_HIGH) + (r & 0xffff)
    const high1 = (Math.imul(b1, M1_HIGH) + (r >>> 16) + (s >>> 16)) | 0
    const low0 = Math.imul(x0, MULTIPLIER_0)
    const low1 = Math.imul(x2, MULTIPLIER_1)
    x0 = high1 ^ x1 ^ k0
    x1 = low1
    x2 = high0 ^ x3 ^ k1
    x3 = low0
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  out[0] = x0
  out[1] = x1
  out[2] = x2
  out[3] = x3
}

/** Low and high 32 bits of a safe integer ≥ 0, both as unsigned numbers. */
export function splitWords(integer: number): [low: number, high: number] {
  return [integer >>> 0, Math.floor(integer / TWO_POW_32)]
}

/**
 * The Philox key of a seed: its low and high 32 bits.
 *
 * Throws UsageError unless the seed is an integer from 0 to 2^53 − 1.
 */
export function seedWords(seed: number): [low: number, high: number] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UsageError(`The seed is ${String(seed)}; it must be an integer from 0 to 2^53 − 1.`)
  }
  return splitWords(seed)
}

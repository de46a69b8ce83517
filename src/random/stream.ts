import { cosTurn, ln, sinTurn } from './elementary.js'
import { philox, seedWords, splitWords } from './philox.js'

const TWO_POW_32 = 4294967296
const TWO_POW_26 = 67108864
const TWO_POW_MINUS_53 = 1 / 9007199254740992
const WORDS_PER_DRAW = 4

/** Random numbers in a fixed order; the same (seed, purpose, index) gives the same ones on every machine. */
export interface RandomStream {
  /** Uniform on [0, 1), a multiple of 2^−53. */
  uniform(): number
  /**
   * Standard normal by Box–Muller in float64: √(−2 ln(1 − u))·(cos 2πv, sin 2πv), given out one after the other.
   * |z| ≤ √(106 ln 2) = 8.5717, beyond which a true normal falls once in 10^17 draws.
   */
  normal(): number
  /** Uniform on {0, …, n − 1} for 1 ≤ n ≤ 2^32, without bias (words of an incomplete last cycle are drawn again). */
  integer(n: number): number
  /** Goes to the start of another index of the same seed and purpose; cheaper than a new stream. */
  seek(index: number): void
}

/**
 * The stream of random numbers for a seed, a purpose (see purposes.ts) and an index (an integer from 0 to 2^53 − 1).
 *
 * Word i of the stream is word i mod 4 of the Philox block whose draw counter is ⌊i/4⌋; 2^34 words do not repeat.
 * Throws UsageError for a seed that is not an integer from 0 to 2^53 − 1.
 */
export function randomStream(seed: number, purpose: number, index: number): RandomStream {
  const [keyLow, keyHigh] = seedWords(seed)
  const block = new Uint32Array(WORDS_PER_DRAW)
  let indexLow = 0
  let indexHigh = 0
  let draw = 0
  let next = WORDS_PER_DRAW
  let spare = NaN

  function seek(to: number): void {
    ;[indexLow, indexHigh] = splitWords(to)
    draw = 0
    next = WORDS_PER_DRAW
    spare = NaN
  }
  function word(): number {
    if (next === WORDS_PER_DRAW) {
      philox(keyLow, keyHigh, indexLow, indexHigh, purpose, draw++, block)
      next = 0
    }
    return block[next++]
  }
  function uniform(): number {
    const high = word() >>> 5
    return (high * TWO_POW_26 + (word() >>> 6)) * TWO_POW_MINUS_53
  }
  function normal(): number {
    if (!Number.isNaN(spare)) {
      const z = spare
      spare = NaN
      return z
    }
    const radius = Math.sqrt(-2 * ln(1 - uniform()))
    const turn = uniform()
    spare = radius * sinTurn(turn)
    return radius * cosTurn(turn)
  }
  function integer(n: number): number {
    for (;;) {
      const w = word()
      const remainder = w % n
      if (w - remainder <= TWO_POW_32 - n) return remainder
    }
  }
  seek(index)
  return { uniform, normal, integer, seek }
}

/**
 * Writes a random order of 0 … n − 1 into `order` [n], whatever it held before: all n! equally likely, the same for the
 * same (seed, purpose, index). n ≤ 2^31 − 1.
 *
 * Source: Fisher–Yates, "inside-out" form (Knuth, TAOCP volume 2, section 3.4.2, algorithm P).
 */
export function permutationInto(order: Int32Array, seed: number, purpose: number, index: number): void {
  const stream = randomStream(seed, purpose, index)
  for (let i = 0; i < order.length; i++) {
    const j = stream.integer(i + 1)
    order[i] = order[j]
    order[j] = i
  }
}

import { philox, seedWords, splitWords } from '../random/philox.js'
import { PURPOSE } from '../random/purposes.js'

/** Bits of a uniform number: few enough that a grid of 2^31 steps keeps them in a double. */
const BITS = 20
const WORD_BITS = 32
const WORDS = 4
const SCALE = 2 ** -BITS

/** A uniform number on (0, 1) from a word: the middle of one of 2^20 parts, so that neither end is ever reached. */
const uniform = (word: number) => ((word >>> (WORD_BITS - BITS)) + 0.5) * SCALE

/**
 * Uniform numbers of rows: u(seed, row, column), whatever other rows and columns are asked for. Source of counters: random/philox.
 */
export class RowUniforms {
  readonly #key: [number, number]
  readonly #purpose: number
  readonly #words = new Uint32Array(WORDS)
  #block = -1
  #row = -1

  constructor(seed: number, purpose: number = PURPOSE.dequantise) {
    this.#key = seedWords(seed)
    this.#purpose = purpose
  }

  at(row: number, column: number): number {
    const block = Math.floor(column / WORDS)
    if (row !== this.#row || block !== this.#block) {
      const [low, high] = splitWords(row)
      philox(this.#key[0], this.#key[1], low, high, this.#purpose, block, this.#words)
      this.#row = row
      this.#block = block
    }
    return uniform(this.#words[column % WORDS])
  }
}

/**
 * `draws` uniform numbers for a column, the same for every row: (k + v)/draws for even k and (k + 1 − v)/draws for odd ones, in an
 * order π of the column's own and with its own v: a Latin hypercube whose every point is uniform on (0, 1), and whose mean of a
 * line is exact but for the ends.
 * Source: M. McKay, R. Beckman, W. Conover, "A comparison of three methods for selecting values of input variables",
 * Technometrics 21(2), 1979.
 */
export function latinUniforms(seed: number, column: number, draws: number): Float64Array {
  const [keyLow, keyHigh] = seedWords(seed)
  const words = new Uint32Array(WORDS)
  const word = (index: number) => {
    philox(keyLow, keyHigh, column, index, PURPOSE.dequantiseScores, 0, words)
    return words[0]
  }
  const v = uniform(word(0))
  const points = Float64Array.from({ length: draws }, (_, k) => (k + (k % 2 === 0 ? v : 1 - v)) / draws)
  for (let i = draws - 1; i > 0; i--) {
    const j = Math.floor(uniform(word(i)) * (i + 1))
    ;[points[i], points[j]] = [points[j], points[i]]
  }
  return points
}

import { PURPOSE } from '../../random/purposes.js'
import { randomStream } from '../../random/stream.js'

/** Ways to swap rows that are gone through, at most; the least p-value is one in a thousand. */
export const PERMUTATIONS = 999
/** They are taken so many at a time, as each value of the matrix is then read once for all of them. */
const TOGETHER = 4
/** Of those, between two turns of the calling thread for everything else. */
const A_TURN = 16
const WORD = 32

export interface TwoSampleTest {
  /** E ≥ 0. */
  readonly statistic: number
  readonly p: number
}

/**
 * The energy distance of two samples x and y, n rows of `columns` numbers each,
 *
 *   E = (2/n²) Σᵢⱼ |xᵢ − yⱼ| − (1/n²) Σᵢⱼ |xᵢ − xⱼ| − (1/n²) Σᵢⱼ |yᵢ − yⱼ|,
 *
 * and how rarely it is as large where xᵢ and yᵢ change places at random for each i, p = (1 + how often)/(1 + 999). That is
 * exact where both are drawn alike for each i, from whatever they are given. With signs rᵢ = ±1 for whether they changed places,
 *
 *   E = (2/n²) (Σᵢ |xᵢ − yᵢ| − Σᵢ<ⱼ rᵢ rⱼ Mᵢⱼ),   Mᵢⱼ = |xᵢ − xⱼ| + |yᵢ − yⱼ| − |xᵢ − yⱼ| − |yᵢ − xⱼ|.
 *
 * Sources: Székely and Rizzo, "Testing for equal distributions in high dimension", InterStat 5 (2004); Phipson and Smyth,
 * "Permutation p-values should never be zero", Statistical Applications in Genetics and Molecular Biology 9 (2010).
 */
export async function energyTest(
  x: Float64Array,
  y: Float64Array,
  columns: number,
  { seed, signal }: { seed: number; signal?: AbortSignal },
): Promise<TwoSampleTest> {
  const n = x.length / columns
  const m = pairs(x, y, columns)
  let apart = 0
  for (let i = 0; i < n; i++) apart += distance(x, i, y, i, columns)
  const signs = Array.from({ length: TOGETHER }, () => new Float64Array(n).fill(1))
  const sums = new Float64Array(TOGETHER)
  quadraticForms(m, signs, sums)
  const observed = sums[0]
  let asLarge = 0
  for (let first = 1; first <= PERMUTATIONS; first += TOGETHER) {
    if (((first - 1) / TOGETHER) % A_TURN === 0) {
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    }
    for (let k = 0; k < TOGETHER; k++) drawSigns(signs[k], seed, first + k)
    quadraticForms(m, signs, sums)
    for (let k = 0; k < TOGETHER && first + k <= PERMUTATIONS; k++) if (sums[k] <= observed) asLarge++
  }
  return {
    statistic: Math.max(0, (2 / (n * n)) * (apart - observed)),
    p: (1 + asLarge) / (1 + PERMUTATIONS),
  }
}

/** Mᵢⱼ for i < j, row by row. */
function pairs(x: Float64Array, y: Float64Array, columns: number): Float64Array {
  const n = x.length / columns
  const m = new Float64Array((n * (n - 1)) / 2)
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++, at++) {
      const within = distance(x, i, x, j, columns) + distance(y, i, y, j, columns)
      m[at] = within - distance(x, i, y, j, columns) - distance(y, i, x, j, columns)
    }
  }
  return m
}

function distance(a: Float64Array, i: number, b: Float64Array, j: number, columns: number): number {
  let sum = 0
  for (let k = 0, from = i * columns, to = j * columns; k < columns; k++, from++, to++) {
    const d = a[from] - b[to]
    sum += d * d
  }
  return Math.sqrt(sum)
}

/** Σᵢ<ⱼ rᵢ rⱼ Mᵢⱼ of each four signs. */
function quadraticForms(m: Float64Array, [a, b, c, d]: readonly Float64Array[], sums: Float64Array): void {
  sums.fill(0)
  for (let i = 0, at = 0; i < a.length; i++) {
    let [ofA, ofB, ofC, ofD] = [0, 0, 0, 0]
    for (let j = i + 1; j < a.length; j++, at++) {
      const value = m[at]
      ofA += a[j] * value
      ofB += b[j] * value
      ofC += c[j] * value
      ofD += d[j] * value
    }
    sums[0] += a[i] * ofA
    sums[1] += b[i] * ofB
    sums[2] += c[i] * ofC
    sums[3] += d[i] * ofD
  }
}

function drawSigns(signs: Float64Array, seed: number, permutation: number): void {
  const stream = randomStream(seed, PURPOSE.goodness, permutation)
  for (let i = 0, word = 0; i < signs.length; i++, word >>>= 1) {
    if (i % WORD === 0) word = stream.integer(2 ** WORD)
    signs[i] = word & 1 ? 1 : -1
  }
}

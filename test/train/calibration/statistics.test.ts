import { describe, expect, test } from 'vitest'
import { andersonDarling, andersonDarlingOfTwo, andersonDarlingTail } from '#train/calibration/anderson-darling.js'
import { energyTest } from '#train/calibration/energy-distance.js'
import { holm } from '#train/calibration/holm.js'
import { scoreOf, tailsOf } from '#train/calibration/normal-scores.js'
import { pitShape, shapeText } from '#train/calibration/pit-shape.js'
import { regularisedGamma } from '#train/calibration/regularised-gamma.js'

const closeTo = (value: number, expected: number, relative: number) =>
  expect(Math.abs(value - expected), `${value} for ${expected}`).toBeLessThanOrEqual(relative * Math.abs(expected))

/** P(a, x) and Q(a, x) of a = halves/2, by mpmath at 30 digits. */
const GAMMAS = [
  [1, 1e-8, 0.00011283791633342487, 0.9998871620836666],
  [1, 0.3, 0.5614219739190002, 0.4385780260809999],
  [1, 2.5, 0.9746526813225317, 0.025347318677468263],
  [1, 50, 1, 1.523970604832105e-23],
  [2, 0.7, 0.5034146962085905, 0.4965853037914095],
  [3, 40, 1, 3.069277486172417e-17],
  [7, 3.5, 0.5711201424469453, 0.42887985755305474],
  [10, 2, 0.05265301734371116, 0.9473469826562888],
  [10, 30, 0.999999996375699, 3.6243009520614882e-9],
  [101, 40, 0.060965525229495644, 0.9390344747705044],
  [101, 90, 0.9999977559654378, 2.2440345622210746e-6],
  [1000, 500, 0.5059471461707603, 0.49405285382923964],
  [1000, 650, 0.9999999996110264, 3.8897364994868526e-10],
] as const

/** Φ(x), by mpmath. */
const NORMALS = [
  [-37, 5.7255712225245764e-300],
  [-20, 2.7536241186062337e-89],
  [-5, 2.866515718791939e-7],
  [-1, 0.15865525393145705],
  [0.5, 0.6914624612740131],
  [3, 0.9986501019683699],
] as const

/** Anderson and Darling's own series of 1952, (4.35), by mpmath at 60 digits. */
const TAILS = [
  [0.1, 0.9999719218948736],
  [0.5, 0.7468143735303445],
  [1, 0.3572666732140191],
  [2.492, 0.05002218635960787],
  [6, 0.000967451941520923],
  [10, 1.3815035410685864e-5],
  [20, 4.465071538311922e-10],
  [40, 6.534126441475956e-19],
] as const

const x = Float64Array.from({ length: 25 }, (_, i) => 1.3 * Math.sin(5 * (i + 1)) + 0.2)
const y = Float64Array.from({ length: 25 }, (_, i) => 1.1 * Math.cos(3 * (i + 1)))

describe('distribution functions', () => {
  test.each(GAMMAS)(
    'regularised gamma of %d/2 at %d has both tails to a relative 10⁻¹²',
    (halves, at, below, above) => {
      const tails = regularisedGamma(halves, at)
      closeTo(tails.below, below, 1e-12)
      closeTo(tails.above, above, 1e-12)
    },
  )

  test('regularised gamma is 0 at 0 and 1 at infinity', () => {
    expect([regularisedGamma(3, 0).below, regularisedGamma(3, Number.POSITIVE_INFINITY).above]).toEqual([0, 0])
  })

  test.each(NORMALS)('Φ(%d) is right to a relative 10⁻¹³, and its score leads back', (score, below) => {
    closeTo(tailsOf(score).below, below, 1e-13)
    closeTo(tailsOf(-score).above, below, 1e-13)
    expect(scoreOf(tailsOf(score))).toBeCloseTo(score, 12)
  })

  test.each(TAILS)('P(A² > %d) is right to a relative 10⁻¹²', (at, p) => {
    closeTo(andersonDarlingTail(at), p, 1e-12)
  })

  test('P(A² > 0) is 1, and of an immense A² it is 0', () => {
    expect([0, 0.05, 1e4].map(andersonDarlingTail)).toEqual([1, expect.closeTo(1, 9), 0])
  })
})

describe('statistics', () => {
  test('A² of a sample against N(0, 1) is that of scipy.stats.goodness_of_fit', () => {
    expect(andersonDarling(x)).toBeCloseTo(1.362624236619137, 12)
  })

  test('A² of two samples of 25 and 20 is that of scipy.stats.anderson_ksamp before it is standardised', () => {
    expect(andersonDarlingOfTwo(x, y.subarray(0, 20))).toBeCloseTo(1.5735518335844616, 12)
  })

  test('A² of two samples does not know which is which, ties or none', () => {
    const rounded = [x, y].map((values) => values.map((value) => Math.round(4 * value)))
    expect(andersonDarlingOfTwo(rounded[0], rounded[1])).toBeCloseTo(andersonDarlingOfTwo(rounded[1], rounded[0]), 12)
    expect(andersonDarlingOfTwo(rounded[0], rounded[0])).toBe(0)
  })

  test('the energy distance is the square of scipy.stats.energy_distance', async () => {
    const { statistic } = await energyTest(x, y, 1, { seed: 0 })
    expect(statistic).toBeCloseTo(0.062148328140704305, 12)
  })

  test('of all ways to swap few pairs, as many have as large an energy distance as p says', async () => {
    const [a, b] = [x.subarray(0, 12), y.subarray(0, 12)]
    const mean = (p: Float64Array, q: Float64Array) => {
      let sum = 0
      for (let i = 0; i < p.length; i += 2) {
        for (let j = 0; j < q.length; j += 2) sum += Math.hypot(p[i] - q[j], p[i + 1] - q[j + 1])
      }
      return sum / 36
    }
    const energies = Array.from({ length: 64 }, (_, ways) => {
      const swapped = (own: Float64Array, other: Float64Array) =>
        own.map((v, at) => ((ways >> (at >> 1)) & 1 ? other[at] : v))
      const [p, q] = [swapped(a, b), swapped(b, a)]
      return 2 * mean(p, q) - mean(p, p) - mean(q, q)
    })
    const share = energies.filter((energy) => energy >= energies[0] - 1e-12).length / 64
    const { statistic, p } = await energyTest(a, b, 2, { seed: 3 })
    expect(statistic).toBeCloseTo(energies[0], 12)
    // Three standard errors of 999 draws.
    expect(Math.abs(p - share)).toBeLessThan(3 * Math.sqrt((share * (1 - share)) / 999) + 1e-3)
  })

  test("Holm's correction of a worked example", () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005])
    expect(corrected.map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02])
    expect(holm([0.6, 0.9])).toEqual([1, 1])
  })
})

describe('pitShape', () => {
  const u = Float64Array.from({ length: 400 }, (_, i) => (i + 0.5) / 400)

  test('of uniform values is 0', () => {
    for (const part of Object.values(pitShape(u))) expect(Math.abs(part)).toBeLessThan(1e-3)
  })

  test('has words for what is wrong with the model', () => {
    const words = (map: (value: number) => number) => shapeText(pitShape(u.map(map)))
    expect(words((v) => v ** 0.7)).toBe('too low')
    expect(words((v) => 1 - v ** 0.7)).toBe('too high')
    expect(words((v) => (v < 0.5 ? 2 * v * v : 1 - 2 * (1 - v) ** 2))).toBe('too narrow')
    expect(words((v) => (v < 0.5 ? Math.sqrt(v / 2) : 1 - Math.sqrt((1 - v) / 2)))).toBe('too wide')
    expect(words((v) => v)).toBe('of another shape')
  })
})

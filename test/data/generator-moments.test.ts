import { beforeAll, describe, expect, test } from 'vitest'
import { type Generator, generators, moonsGenerator } from '#data/generators.js'
import { averageOver } from './average.js'

const COUNT = 100_000

const named = (name: string) => generators.get(name) as Generator

/** The mean of f over t uniform on [from, to] by the midpoint rule, which 10⁵ points make good to 1e-8. */
function meanOver(from: number, to: number, f: (t: number) => number): number {
  const points = 100_000
  let sum = 0
  for (let i = 0; i < points; i++) sum += f(from + ((to - from) * (i + 0.5)) / points)
  return sum / points
}

/** Re or Im of (x1 + i x2)^n, which rotation by 1/n of a turn leaves as it is. */
const power = (n: number, part: 'cos' | 'sin') => (x1: number, x2: number) =>
  Math.hypot(x1, x2) ** n * Math[part](n * Math.atan2(x2, x1))
const fourth = (x1: number, x2: number) => (x1 * x1 + x2 * x2) ** 2

interface Moments {
  readonly generator: Generator
  readonly mean: readonly [number, number]
  /** Of x1, of x2, and their covariance. */
  readonly covariance: readonly [number, number, number]
  /** What mean and covariance do not see. */
  readonly further?: readonly [string, (x1: number, x2: number) => number, number][]
}

/** For radii R of noise sd σ: E|x|⁴ = E R⁴ + 8σ² E R² + 8σ⁴. */
function ofCircles(generator: Generator, radii: number[], sd: number): Moments {
  const mean = (n: number) => radii.reduce((sum, radius) => sum + radius ** n, 0) / radii.length
  const variance = mean(2) / 2 + sd * sd
  return {
    generator,
    mean: [0, 0],
    covariance: [variance, variance, 0],
    further: [['E |x|⁴', fourth, mean(4) + 8 * sd ** 2 * mean(2) + 8 * sd ** 4]],
  }
}

/** E cos t = 0, E sin t = 2/π and E cos² t = E sin² t = ½ over half a turn. */
function ofMoons(generator: Generator, sd: number): Moments {
  const [variance1, variance2] = [3 / 4 + sd * sd, 9 / 16 - 1 / Math.PI + sd * sd]
  return { generator, mean: [1 / 2, 1 / 4], covariance: [variance1, variance2, 1 / 8 - 1 / Math.PI] }
}

function ofEightGaussians(): Moments {
  const [radius, sd] = [4000 / 1414, 500 / 1414]
  const variance = radius ** 2 / 2 + sd * sd
  return {
    generator: named('8gaussians'),
    mean: [0, 0],
    covariance: [variance, variance, 0],
    // Noise that is the same in all directions leaves the mean of a power of x1 + i x2 as it was.
    further: [['E Re (x1 + i x2)⁸', power(8, 'cos'), radius ** 8]],
  }
}

/** Fields are uniform: along each axis U[−4, 4], the four columns' means of x2 alternating −1, 1. */
const ofCheckerboard: Moments = { generator: named('checkerboard'), mean: [0, 0], covariance: [16 / 3, 16 / 3, 1] }

/** By parts over t from a = 1.5π to b = 4.5π, where cos t = 0 and cos 2t = −1; all of it a fifth as large. */
function ofSwissRoll(): Moments {
  const [a, b] = [1.5 * Math.PI, 4.5 * Math.PI]
  const mean = [2 / 5, 2 / (15 * Math.PI)] as const
  const square = (b ** 3 - a ** 3) / 3 / (b - a)
  const [square1, square2] = [square / 2 - 1 / 4, square / 2 + 1 / 4]
  return {
    generator: named('swissroll'),
    mean,
    covariance: [
      (square1 + 1) / 25 - mean[0] ** 2,
      (square2 + 1) / 25 - mean[1] ** 2,
      (3 * Math.PI) / 50 - mean[0] * mean[1],
    ],
  }
}

/** E v = ½·½ and E v² = ¼·⅓ for what is uniform on [0, ½]. */
function ofTwoSpirals(): Moments {
  const over = (f: (c1: number, c2: number) => number) =>
    meanOver(0, 1, (u) => {
      const n = 3 * Math.PI * Math.sqrt(u)
      return f(-n * Math.cos(n), n * Math.sin(n))
    })
  return {
    generator: named('2spirals'),
    mean: [0, 0],
    covariance: [
      over((c1) => c1 * c1 + c1 / 2 + 1 / 12) / 9 + 0.01,
      over((_, c2) => c2 * c2 + c2 / 2 + 1 / 12) / 9 + 0.01,
      over((c1, c2) => (c1 + 1 / 4) * (c2 + 1 / 4)) / 9,
    ],
  }
}

const ofPinwheel: Moments = {
  generator: named('pinwheel'),
  mean: [0, 0],
  // 4(1 + 0.3² + 0.1²)/2 in every direction, as a fifth of a turn changes nothing.
  covariance: [2.2, 2.2, 0],
  // By Gauss–Hermite with 60 nodes in r and in s, in Python: 2⁵ E (r + is)⁵ exp(−5i·¼eʳ).
  further: [
    ['E Re (x1 + i x2)⁵', power(5, 'cos'), 0.3709963703683057],
    ['E Im (x1 + i x2)⁵', power(5, 'sin'), 27.960169303483926],
  ],
}

const ofJang: Moments = {
  generator: named('jang'),
  mean: [4, 0],
  // x2 ~ N(0, 16), x1 = x2²/4 + N(0, 1): E x2⁴ = 768.
  covariance: [33, 16, 0],
  further: [
    ['E x1·x2²', (x1, x2) => x1 * x2 * x2, 192],
    ['E (x1 − x2²/4)²', (x1, x2) => (x1 - (x2 * x2) / 4) ** 2, 1],
  ],
}

describe.each([
  ofJang,
  ofMoons(named('moons'), 0.1),
  ofMoons(moonsGenerator({ noise: 0.3 }), 0.3),
  ofEightGaussians(),
  ofCircles(named('circles'), [3, 1.5], 0.24),
  ofCircles(named('rings'), [3, 2.25, 1.5, 0.75], 0.08),
  ofCheckerboard,
  ofSwissRoll(),
  ofTwoSpirals(),
  ofPinwheel,
])('$generator.name', ({ generator, mean: [m1, m2], covariance: [v1, v2, v12], further = [] }) => {
  let points: Float64Array
  beforeAll(() => {
    points = generator.generate(COUNT, { seed: 11 }).data
  })

  test.each([
    ['E x1', (x1: number) => x1, m1] as const,
    ['E x2', (_: number, x2: number) => x2, m2] as const,
    ['Var x1', (x1: number) => (x1 - m1) ** 2, v1] as const,
    ['Var x2', (_: number, x2: number) => (x2 - m2) ** 2, v2] as const,
    ['Cov(x1, x2)', (x1: number, x2: number) => (x1 - m1) * (x2 - m2), v12] as const,
    ...further,
  ])('%s is as it must be within 4 standard errors', (_, f, expected) => {
    const { mean, error } = averageOver(points, f)
    expect(Math.abs(mean - expected)).toBeLessThan(4 * error)
  })
})

import {
  contaminated,
  diagonalNormal,
  fullNormal,
  gaussianMixture,
  mlp,
  standardNormal,
  studentT,
  uniformBox,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { normalDistribution } from '#kernels/portable/functions.js'
import { BaseBench, normals, type Setting } from './bench.js'

const COUNT = 100_000
const ROWS = 1000
/** √n·D beyond which Kolmogorov and Smirnov let a sample of its distribution go once in 20 000. */
const KS_LIMIT = 2.3

/** Columns of a sample of 10⁵ rows, by the SIMD kernels. */
function draw(setting: Setting, seed = 1, options = {}): Float64Array[] {
  const bench = new BaseBench({ kernels: 'simd', ...setting, rows: ROWS })
  const columns = Array.from({ length: setting.dim }, () => new Float64Array(COUNT))
  for (let first = 0; first < COUNT; first += ROWS) {
    const z = bench.sample(seed, first, options)
    for (const [j, column] of columns.entries()) column.set(z.subarray(j * ROWS, (j + 1) * ROWS), first)
  }
  return columns
}

/** √n·sup |F_n − F| */
function distance(column: Float64Array, distribution: (z: number) => number): number {
  let most = 0
  for (const [i, z] of column.toSorted().entries()) {
    const f = distribution(z)
    most = Math.max(most, f - i / column.length, (i + 1) / column.length - f)
  }
  return most * Math.sqrt(column.length)
}

/** How many standard errors the mean of f(row) is from what is expected. */
function errors(columns: readonly Float64Array[], f: (row: readonly number[]) => number, expected: number): number {
  const values = columns[0].map((_, t) => f(columns.map((column) => column[t])))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return Math.abs(mean - expected) / Math.sqrt(variance / values.length)
}

/** Means and covariances within four standard errors. */
function expectMoments(columns: readonly Float64Array[], mean: readonly number[], covariance: readonly number[][]) {
  for (const [i, center] of mean.entries()) {
    expect(
      errors(columns, (row) => row[i], center),
      `mean ${i}`,
    ).toBeLessThan(4)
    for (let j = 0; j <= i; j++) {
      const product = (row: readonly number[]) => (row[i] - center) * (row[j] - mean[j])
      expect(errors(columns, product, covariance[i][j]), `covariance ${i}, ${j}`).toBeLessThan(4)
    }
  }
}

/** Student's distribution function for ν = 1, 3, 5, θ = atan(t/√ν) (Johnson, Kotz & Balakrishnan, chapter 28). */
const STUDENT: Readonly<Record<number, (theta: number) => number>> = {
  1: (theta) => theta,
  3: (theta) => theta + Math.sin(theta) * Math.cos(theta),
  5: (theta) => theta + Math.sin(theta) * (Math.cos(theta) + (2 / 3) * Math.cos(theta) ** 3),
}
const student = (nu: number) => (t: number) => 0.5 + STUDENT[nu](Math.atan(t / Math.sqrt(nu))) / Math.PI

const covariance = [
  [2, 0.6, -0.3],
  [0.6, 1, 0.2],
  [-0.3, 0.2, 0.5],
]

describe('10⁵ rows have the distribution', () => {
  it('of standardNormal', () => {
    const columns = draw({ base: standardNormal(), dim: 2 })
    for (const column of columns) expect(distance(column, normalDistribution)).toBeLessThan(KS_LIMIT)
  })

  it('of diagonalNormal', () => {
    const [mean, sd] = [
      [1, -2],
      [0.5, 3],
    ]
    const columns = draw({ base: diagonalNormal({ mean, sd }), dim: 2 })
    for (const [j, column] of columns.entries()) {
      expect(distance(column, (z) => normalDistribution((z - mean[j]) / sd[j]))).toBeLessThan(KS_LIMIT)
    }
    expectMoments(columns, mean, [[0.25], [0, 9]])
  })

  it('of fullNormal', () => {
    const mean = [1, -2, 0]
    const columns = draw({ base: fullNormal({ mean, covariance }), dim: 3 })
    expectMoments(columns, mean, covariance)
    for (const [j, column] of columns.entries()) {
      const sd = Math.sqrt(covariance[j][j])
      expect(distance(column, (z) => normalDistribution((z - mean[j]) / sd))).toBeLessThan(KS_LIMIT)
    }
  })

  it('of uniformBox, which no temperature changes', () => {
    const setting = { base: uniformBox({ low: [-1, 0, 5, 0, 0], high: [1, 3, 6, 1, 1] }), dim: 5 }
    const columns = draw(setting)
    const bounds = [
      [-1, 1],
      [0, 3],
      [5, 6],
      [0, 1],
      [0, 1],
    ]
    for (const [j, [low, high]] of bounds.entries()) {
      expect(distance(columns[j], (z) => (z - low) / (high - low))).toBeLessThan(KS_LIMIT)
      expect(columns[j].every((z) => z >= low && z <= high)).toBe(true)
      for (let i = 0; i < j; i++) {
        const centred = (row: readonly number[], k: number) => row[k] - (bounds[k][0] + bounds[k][1]) / 2
        expect(errors(columns, (row) => centred(row, i) * centred(row, j), 0)).toBeLessThan(4)
      }
    }
    expect(draw(setting, 1, { temperature: 0.1 })).toEqual(columns)
  })

  it('of studentT, with independent columns', () => {
    const degrees = [1, 3, 5]
    const columns = draw({ base: studentT({ degrees }), dim: 3 })
    for (const [j, nu] of degrees.entries()) expect(distance(columns[j], student(nu))).toBeLessThan(KS_LIMIT)
    const ranks = (row: readonly number[]) => degrees.map((nu, j) => student(nu)(row[j]) - 0.5)
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      expect(errors(columns, (row) => ranks(row)[i] * ranks(row)[j], 0)).toBeLessThan(4)
      expect(errors(columns, (row) => Math.abs(ranks(row)[i] * ranks(row)[j]), 1 / 16)).toBeLessThan(4)
    }
  })

  it('of studentT with location and scale, up to the normal', () => {
    const [mean, sd] = [
      [3, 1],
      [2, 0.1],
    ]
    const [heavy, normal] = draw({ base: studentT({ degrees: [5, 1e6], location: mean, scale: sd }), dim: 2 })
    expect(distance(heavy, (z) => student(5)((z - 3) / 2))).toBeLessThan(KS_LIMIT)
    expect(distance(normal, (z) => normalDistribution((z - 1) / 0.1))).toBeLessThan(KS_LIMIT)
  })

  it('of gaussianMixture', () => {
    const shares = [0.5, 0.2, 0.3]
    const means = [
      [-6, 0],
      [0, 6],
      [7, -5],
    ]
    const covariances = [
      [
        [1, 0.5],
        [0.5, 1],
      ],
      [
        [0.5, 0],
        [0, 2],
      ],
      [
        [2, -1],
        [-1, 1],
      ],
    ]
    const base = gaussianMixture({ components: 3, weights: shares.map((w) => 10 * w), means, covariances })
    const columns = draw({ base, dim: 2 })
    const distribution = (z: number) =>
      shares.reduce((sum, w, k) => sum + w * normalDistribution((z - means[k][0]) / Math.sqrt(covariances[k][0][0])), 0)
    expect(distance(columns[0], distribution)).toBeLessThan(KS_LIMIT)
    const center = [0, 1].map((i) => shares.reduce((sum, w, k) => sum + w * means[k][i], 0))
    const whole = [0, 1].map((i) =>
      [0, 1].map((j) =>
        shares.reduce(
          (sum, w, k) => sum + w * (covariances[k][i][j] + (means[k][i] - center[i]) * (means[k][j] - center[j])),
          0,
        ),
      ),
    )
    expectMoments(columns, center, whole)
  })
})

describe('10⁵ rows of a contaminated base have the distribution', () => {
  const wide = diagonalNormal({ sd: 4, learnable: false })

  it.each([
    ['standardNormal', standardNormal(), normalDistribution],
    [
      'uniformBox, which takes no normals',
      uniformBox({ low: -1, high: 3 }),
      (z: number) => Math.min(1, Math.max(0, (z + 1) / 4)),
    ],
    ['studentT, which takes two a column', studentT({ degrees: 3 }), student(3)],
  ] as const)('of %s', (_, base, other) => {
    const columns = draw({ base: contaminated({ base, by: wide, share: 0.3 }), dim: 2 })
    const whole = (z: number) => 0.7 * other(z) + 0.3 * normalDistribution(z / 4)
    for (const column of columns) expect(distance(column, whole)).toBeLessThan(KS_LIMIT)
  })

  it('a row as a whole from one or the other', () => {
    const [x, y] = draw({ base: contaminated({ by: wide, share: 0.3 }), dim: 2 })
    const tail = 2 * (1 - normalDistribution(1.5))
    const both = x.filter((z, t) => Math.abs(z) > 6 && Math.abs(y[t]) > 6).length / x.length
    // Five standard deviations of a count of 536 in 10⁵.
    expect(Math.abs(both - 0.3 * tail * tail)).toBeLessThan(1.2e-3)
  })
})

describe('temperature', () => {
  it.each([
    ['diagonalNormal', diagonalNormal({ mean: [1, -2] }), [1, -2]],
    ['fullNormal', fullNormal({ mean: [1, -2] }), [1, -2]],
  ] as const)('multiplies the distance from the mean of %s', (_, base, mean) => {
    const bench = new BaseBench({ base, dim: 2 })
    const whole = bench.sample(3)
    const half = bench.sample(3, 0, { temperature: 0.5 })
    half.forEach((z, i) => {
      const center = mean[Math.floor(i / bench.rows)]
      expect(z - center).toBeCloseTo((whole[i] - center) / 2, 12)
    })
  })

  it('of 0 leaves means of the mixture, chosen as ever, and the location of studentT', () => {
    const means = [
      [-6, 0],
      [0, 6],
    ]
    const base = gaussianMixture({ components: 2, means })
    const bench = new BaseBench({ base, dim: 2, rows: 40, kernels: 'simd' })
    const cold = bench.sample(3, 0, { temperature: 0 })
    const warm = bench.sample(3)
    for (let t = 0; t < 40; t++) {
      const k = cold[t] === -6 ? 0 : 1
      expect([cold[t], cold[40 + t]]).toEqual(means[k])
      expect(Math.hypot(warm[t] - means[k][0], warm[40 + t] - means[k][1])).toBeLessThan(4)
    }
    const frozen = new BaseBench({ base: studentT({ location: 3 }), dim: 2, kernels: 'simd' })
    expect([...frozen.sample(3, 0, { temperature: 0 })]).toEqual(Array(10).fill(3))
  })

  it('shrinks the tails of studentT more than its middle', () => {
    const base = studentT({ degrees: 1 })
    const [quantile, q] = [(z: Float64Array, p: number) => z.toSorted()[Math.floor(p * z.length)], [0.6, 0.99]]
    const [[warm], [cold]] = [draw({ base, dim: 1 }), draw({ base, dim: 1 }, 1, { temperature: 0.5 })]
    const [middle, tail] = q.map((p) => quantile(cold, p) / quantile(warm, p))
    expect(middle).toBeLessThan(0.55)
    expect(tail).toBeLessThan(middle / 2)
  })
})

const conditioner = mlp({ hidden: [5], lastLayerScale: 1 })

describe.each([
  ['studentT', { base: studentT({ degrees: [0.501, 1, 3] }), dim: 3 }],
  ['uniformBox', { base: uniformBox(), dim: 3 }],
  ['gaussianMixture', { base: gaussianMixture({ components: 4 }), dim: 3 }],
  ['fullNormal', { base: fullNormal({ covariance }), dim: 3 }],
  ['diagonalNormal by a context', { base: diagonalNormal({ conditioner }), dim: 2, contextDim: 2 }],
  ['gaussianMixture by a context', { base: gaussianMixture({ components: 3, conditioner }), dim: 2, contextDim: 2 }],
  ['studentT by a context', { base: studentT({ conditioner }), dim: 2, contextDim: 2 }],
  ['fullNormal by a context', { base: fullNormal({ conditioner }), dim: 2, contextDim: 2 }],
])('rows of %s', (_, setting: Setting) => {
  it.each(['portable', 'simd'] as const)('are addressed by their numbers (%s)', (kernels) => {
    const [long, short] = [50, 7]
    const whole = new BaseBench({ ...setting, kernels, rows: long })
    const part = new BaseBench({ ...setting, kernels, rows: short })
    const width = setting.contextDim ?? 0
    const context = normals(width * long, 4)
    const all = whole.sample(9, 100, { context })
    for (const first of [0, 3, 43]) {
      const own = Array.from({ length: width * short }, (_, i) => {
        return context[Math.floor(i / short) * long + first + (i % short)]
      })
      const rows = part.sample(9, 100 + first, { context: own })
      rows.forEach((z, i) => {
        expect(z).toBe(all[Math.floor(i / short) * long + first + (i % short)])
      })
    }
  })

  it('are finite and almost those of the reference in float32', () => {
    const rows = 500
    const context = normals((setting.contextDim ?? 0) * rows, 4)
    const [got, expected] = (['simd', 'portable'] as const).map((kernels) =>
      new BaseBench({ ...setting, kernels, rows }).sample(9, 0, { context }),
    )
    // One row in ten million lies so near to the border of two components that they differ.
    got.forEach((z, i) => {
      expect(Number.isFinite(z)).toBe(true)
      expect(Math.abs(z - expected[i])).toBeLessThan(1e-3 * Math.max(1e-2, Math.abs(expected[i])))
    })
  })
})

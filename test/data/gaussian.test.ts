import { describe, expect, test } from 'vitest'
import { fitGaussian, type Gaussian, gaussianLogProb } from '#data/gaussian.js'
import { jang } from '#data/generators.js'
import { type Matrix, toMatrix } from '#data/rows.js'

const points = [
  [1, 2, 0.5],
  [2, 1, -1],
  [4, 3, 2],
  [0, -2, 1],
  [3, 5, -3],
]
const matrix = toMatrix(points, 3, 'Data')

describe('fitGaussian', () => {
  test('gives the mean and the Cholesky factor of numpy (np.cov with bias)', () => {
    const { mean, cholesky } = fitGaussian(matrix)
    const expected = [
      [Math.SQRT2, 0, 0],
      [1.8384776310850235, 1.407124727947029, 0],
      [-0.21213203435596428, -1.1583905588654833, 1.285741542119299],
    ].flat()
    for (const [i, m] of [2, 1.8, -0.1].entries()) expect(mean[i]).toBeCloseTo(m, 14)
    for (const [i, l] of expected.entries()) expect(cholesky[i]).toBeCloseTo(l, 13)
  })

  test('columns of 1.7e9 ± 1 have mean 1.7e9 and sd 1 exactly', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [1.7e9 + (i % 2 ? 1 : -1), 1.7e9 + (i % 4 < 2 ? 1 : -1)])
    const { mean, cholesky } = fitGaussian(toMatrix(rows, 2, 'Data'))
    expect([...mean]).toEqual([1.7e9, 1.7e9])
    expect([...cholesky]).toEqual([1, 0, 0, 1])
  })

  test.each([
    [
      'a constant column',
      [
        [1, 5],
        [2, 5],
        [4, 5],
      ],
      1,
    ],
    [
      'a multiple of the one before',
      [
        [1, 3],
        [2, 6],
        [4, 12],
        [0.1, 0.3],
      ],
      1,
    ],
    ['a single row', [[1, 2]], 0],
  ])('refuses %s', (_, rows, column) => {
    expect(() => fitGaussian(toMatrix(rows, 2, 'Data'))).toThrow(
      `No Gaussian fits: column ${column} (counted from 0) is constant or a linear combination of the columns before it.`,
    )
  })

  test('a sum that rounds does not spoil the mean: 1.7e9 + i/1024, i < 100 000', () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => [1.7e9 + i / 1024, i % 2])
    const { mean } = fitGaussian(toMatrix(rows, 2, 'Data'))
    expect(Math.abs(mean[0] - (1.7e9 + 49_999.5 / 1024))).toBeLessThan(3e-7)
  })

  test('refuses no rows', () => {
    expect(() => fitGaussian(toMatrix([], 2, 'Data'))).toThrow('A Gaussian cannot be fitted to no rows.')
  })
})

test('a Gaussian of chosen rows is that of a matrix of these rows', () => {
  const chosen = Int32Array.of(0, 2, 3, 4)
  const copied = toMatrix(
    Array.from(chosen, (i) => points[i]),
    3,
    'Data',
  )
  expect(fitGaussian(matrix, chosen)).toEqual(fitGaussian(copied))
})

/** ln p of all rows. */
function logProbOf(gaussian: Gaussian, data: Matrix, chosen?: Int32Array): Float64Array {
  const logProb = new Float64Array(chosen?.length ?? data.rows)
  gaussianLogProb(gaussian, data, chosen, 0, logProb.length, logProb)
  return logProb
}

describe('gaussianLogProb', () => {
  test('is the logpdf of scipy', () => {
    const gaussian = fitGaussian(matrix)
    const expected = [
      -5.373042150886804, -4.592613212844526, -5.661903204290213, -5.0705858390207545, -5.283221791605381,
    ]
    const found = logProbOf(gaussian, matrix)
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 12)
    expect(logProbOf(gaussian, toMatrix([[10, -10, 0]], 3, 'Data'))[0]).toBeCloseTo(-231.31157325194832, 10)
  })

  test('the mean over its own rows is −½ ln det 2πe Σ', () => {
    const gaussian = fitGaussian(matrix)
    const mean = logProbOf(gaussian, matrix).reduce((sum, v) => sum + v, 0) / points.length
    const lnDet = 2 * [0, 4, 8].reduce((sum, at) => sum + Math.log(gaussian.cholesky[at]), 0)
    expect(mean).toBeCloseTo(-0.5 * (lnDet + 3 * (Math.log(2 * Math.PI) + 1)), 13)
  })

  test('on the crescent it is worse than the entropy by ½ ln(Var x1) = ½ ln 33, within 0.01', () => {
    // x1 and x2 are uncorrelated, Var x1 = 33, Var x2 = 16: −E ln p = 1 + ln 2π + ½ ln(33 · 16).
    const data = toMatrix(jang(200_000, { seed: 5 }), 2, 'Data')
    const mean = logProbOf(fitGaussian(data), data).reduce((sum, v) => sum + v, 0) / data.rows
    expect(Math.abs(-mean - (4.224171427529236 + 0.5 * Math.log(33)))).toBeLessThan(0.01)
  })

  test('of chosen rows, from the first one asked for', () => {
    const gaussian = fitGaussian(matrix)
    const all = logProbOf(gaussian, matrix)
    const some = new Float64Array(2)
    gaussianLogProb(gaussian, matrix, Int32Array.of(0, 3, 1), 1, 2, some)
    expect([...some]).toEqual([all[3], all[1]])
    gaussianLogProb(gaussian, matrix, undefined, 2, 2, some)
    expect([...some]).toEqual([all[2], all[3]])
  })

  test('refuses another number of columns', () => {
    expect(() => logProbOf(fitGaussian(matrix), toMatrix([[1, 2]], 2, 'Data'))).toThrow(
      'The rows have 2 columns, but the Gaussian has 3.',
    )
  })
})

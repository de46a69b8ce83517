import { describe, expect, test } from 'vitest'
import { type Gaussian, GaussianFit, gaussianLogProb } from '#data/gaussian.js'
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

/** The Gaussian of all rows, taken in blocks of so many. */
function fitGaussian({ data, rows, columns }: Matrix, blockRows = rows): Gaussian {
  const fit = new GaussianFit(columns)
  for (let first = 0; first < rows; first += blockRows) {
    fit.add(data.subarray(first * columns, (first + blockRows) * columns))
  }
  return fit.end()
}

describe('GaussianFit', () => {
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

test.each([1, 2, 3, 4])('a Gaussian of rows in blocks of %i is that of all at once', (blockRows) => {
  const moved = toMatrix(
    points.map((row) => row.map((x) => x + 1e6)),
    3,
    'Data',
  )
  const [inBlocks, whole] = [fitGaussian(moved, blockRows), fitGaussian(moved)]
  // A coordinate of 1e6 is itself rounded to 1e-10.
  for (let j = 0; j < 3; j++) expect(Math.abs(inBlocks.mean[j] - whole.mean[j])).toBeLessThan(2e-10)
  for (let at = 0; at < 9; at++) expect(Math.abs(inBlocks.cholesky[at] - whole.cholesky[at])).toBeLessThan(1e-9)
})

/** ln p of all rows. */
function logProbOf(gaussian: Gaussian, { data, rows }: Matrix): Float64Array {
  const logProb = new Float64Array(rows)
  gaussianLogProb(gaussian, data, logProb)
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

  test('refuses another number of columns', () => {
    expect(() => logProbOf(fitGaussian(matrix), toMatrix([[1, 2]], 2, 'Data'))).toThrow(
      "2 numbers are no rows of the Gaussian's 3 columns.",
    )
  })
})

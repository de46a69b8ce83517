import { describe, expect, test } from 'vitest'
import { fitTriangle } from '#data/fit-triangle.js'
import { fitWhitening } from '#data/whitening.js'
import { randomStream } from '#random/stream.js'

function normals(rows: number, columns: number, seed = 1): Float64Array {
  const stream = randomStream(seed, 77, 0)
  return Float64Array.from({ length: rows * columns }, () => stream.normal())
}

/** Two columns, x and x + e·noise. */
function pair(e: number, rows = 2000): Float64Array {
  const noise = normals(rows, 2)
  return noise.map((value, at) => (at % 2 === 0 ? value : noise[at - 1] + e * value))
}

/** Covariance of W(u − mean), by plain sums. */
function covariance(u: Float64Array, dim: number, mean: Float64Array, w: Float64Array): number[][] {
  const rows = u.length / dim
  const z = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: dim }, (_, j) => {
      let sum = 0
      for (let k = 0; k <= j; k++) sum += w[j * dim + k] * (u[i * dim + k] - mean[k])
      return sum
    }),
  )
  const sums = Array.from({ length: dim }, () => Array(dim).fill(0))
  for (const row of z) for (const j of row.keys()) for (const k of row.keys()) sums[j][k] += (row[j] * row[k]) / rows
  return sums
}

describe('the inverse Cholesky factor of rows', () => {
  test.each([1, 1e-3, 1e-6, 1e-8])('whitens x and x + %d·noise to 1e-6', (e) => {
    const u = pair(e)
    const { mean, matrix } = fitTriangle(u, 2, true)
    const c = covariance(u, 2, mean, matrix as Float64Array)
    expect(Math.abs(c[0][0] - 1)).toBeLessThan(1e-12)
    expect(Math.abs(c[0][1])).toBeLessThan(1e-6)
    expect(Math.abs(c[1][1] - 1)).toBeLessThan(1e-6)
  })

  test('of 30 columns whitens all of them', () => {
    const u = normals(3000, 30)
    for (let at = 0; at < u.length; at++) if (at % 30 > 0) u[at] = u[at - 1] + 0.01 * u[at] + 5
    const { mean, matrix } = fitTriangle(u, 30, true)
    for (const [j, row] of covariance(u, 30, mean, matrix as Float64Array).entries()) {
      for (const [k, value] of row.entries()) expect(Math.abs(value - (j === k ? 1 : 0))).toBeLessThan(1e-9)
    }
  })

  test('has ln det R = ln(1 − r²) of two columns', () => {
    const u = pair(1)
    const { sd, mean, logDet } = fitTriangle(u, 2, true)
    let r = 0
    for (let at = 0; at < u.length; at += 2) r += ((u[at] - mean[0]) * (u[at + 1] - mean[1])) / sd[0] / sd[1] / 2000
    expect(logDet).toBeCloseTo(Math.log(1 - r * r), 10)
  })
})

describe('correlations on "auto"', () => {
  test.each([1, 2, 3, 4])('stay where there are none, of 8 columns, seed %i', (seed) => {
    expect(fitWhitening(normals(1000, 8, seed), 8, 'auto').matrix.length).toBe(8)
  })

  test('are taken out where r = 0.45 in 1000 rows, and not where it is 0.03', () => {
    expect(fitWhitening(pair(2, 1000), 2, 'auto').matrix.length).toBe(4)
    const weak = normals(1000, 2).map((value, at, all) => (at % 2 === 0 ? value : 0.02 * all[at - 1] + value))
    expect(fitWhitening(weak, 2, 'auto').matrix.length).toBe(2)
  })

  test('stay where rows are fewer than twice the columns', () => {
    expect(fitWhitening(normals(15, 8), 8, 'auto').matrix.length).toBe(8)
  })
})

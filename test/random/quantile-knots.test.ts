import { describe, expect, it } from 'vitest'
import { normalQuantile } from '#random/normal-quantile.js'
import { quantileKnots } from '#random/quantile-knots.js'
import { randomStream } from '#random/stream.js'

/** A sorted column. */
function sorted(rows: number, draw: (normal: number) => number, seed = 1): Float64Array {
  const stream = randomStream(seed, 95, rows)
  return Float64Array.from({ length: rows }, () => draw(stream.normal())).sort()
}

const COLUMNS = {
  'a normal column': sorted(4096, (x) => x),
  'a lognormal column': sorted(4096, Math.exp),
  'a column with heavy tails': sorted(4096, (x) => x ** 5),
  'a column with a gap': sorted(4096, (x) => x + 4 * Math.sign(x)),
  'a column of integers': sorted(4096, (x) => Math.round(2 * x)),
  'a short column': sorted(37, (x) => x),
}

describe.each(Object.entries(COLUMNS))('%s', (_, column) => {
  const { x, z, slopes } = quantileKnots(column, 32)
  const rank = (value: number) => column.filter((other) => other < value).length
  const upTo = (value: number) => column.filter((other) => other <= value).length

  it('has knots at values of rows, at the normal quantile of the middle of their ranks', () => {
    for (const [k, value] of x.entries()) {
      expect(column.includes(value)).toBe(true)
      expect(z[k]).toBeCloseTo(normalQuantile((rank(value) + upTo(value)) / 2 / column.length), 12)
    }
  })

  it('has a share of 1/(16·∛8n) of the rows from knot to knot, and twice that, with it, up to the outer ones', () => {
    const outer = Math.max(1, Math.floor(column.length / (8 * Math.floor(Math.cbrt(8 * column.length) + 1e-9))))
    const least = Math.max(1, outer / 2)
    const middle = (value: number) => (rank(value) + upTo(value)) / 2
    for (let k = 1; k < x.length; k++) expect(middle(x[k]) - middle(x[k - 1])).toBeGreaterThanOrEqual(least)
    expect(upTo(x[0])).toBeGreaterThanOrEqual(outer)
    expect(column.length - rank(x[x.length - 1])).toBeGreaterThanOrEqual(outer)
  })

  it('has slopes between those of the bins beside a knot and below three times the smaller, weighted as published', () => {
    const steep = x.slice(1).map((right, k) => (z[k + 1] - z[k]) / (right - x[k]))
    expect(slopes[0]).toBe(steep[0])
    expect(slopes[x.length - 1]).toBe(steep[steep.length - 1])
    for (let k = 1; k < x.length - 1; k++) {
      const [r, s] = [steep[k - 1], steep[k]]
      const [v, w] = [x[k] - x[k - 1], x[k + 1] - x[k]]
      expect(slopes[k]).toBeGreaterThanOrEqual(Math.min(r, s) * (1 - 1e-12))
      expect(slopes[k]).toBeLessThanOrEqual(Math.max(r, s) * (1 + 1e-12))
      expect(slopes[k]).toBeLessThan(3 * Math.min(r, s) * (1 + 1e-12))
      // As in Fritsch & Butland's program PCHIP: (w₁ + w₂)/(w₁/r + w₂/s), w₁ = 2w + v, w₂ = w + 2v.
      expect(slopes[k] / ((3 * (v + w)) / ((2 * w + v) / r + (w + 2 * v) / s))).toBeCloseTo(1, 12)
    }
  })
})

describe('quantileKnots', () => {
  it('has no knots for a column of one value, with or without a few others', () => {
    expect(quantileKnots(new Float64Array(100).fill(3), 32).x).toEqual([])
    expect(quantileKnots(new Float64Array(4096).fill(3, 2).sort(), 32).x).toEqual([])
    expect(quantileKnots(Float64Array.of(1), 32).x).toEqual([])
  })

  it('takes values for one that are nearer than 2⁻¹⁶ of the outer knot, or than 2⁻²⁰', () => {
    const column = sorted(4096, (x) => x)
    const gaps = ({ x }: { x: readonly number[] }) => x.slice(1).map((value, k) => value - x[k])
    const far = quantileKnots(
      column.map((x) => 1e4 + x),
      32,
    )
    expect(far.x.length).toBeGreaterThan(10)
    expect(far.x.length).toBeLessThan(32)
    expect(Math.min(...gaps(far))).toBeGreaterThanOrEqual(1e4 * 2 ** -16 * 0.99)
    const small = quantileKnots(
      column.map((x) => 1e-6 * x),
      32,
    )
    expect(small.x.length).toBeGreaterThan(2)
    expect(Math.min(...gaps(small))).toBeGreaterThanOrEqual(2 ** -20)
    expect(
      quantileKnots(
        column.map((x) => 1e-7 * x),
        32,
      ).x,
    ).toEqual([])
  })

  it('is odd: the mirrored column has the mirrored knots', () => {
    const column = sorted(1001, (x) => x + 0.1 * x * x)
    const own = quantileKnots(column, 17)
    const mirrored = quantileKnots(column.map((x) => -x).reverse(), 17)
    expect(mirrored.x).toEqual(own.x.map((x) => -x).reverse())
    for (const [k, value] of mirrored.z.entries()) expect(value).toBeCloseTo(-own.z[own.z.length - 1 - k], 12)
  })
})

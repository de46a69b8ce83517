import { describe, expect, it } from 'vitest'
import { fitGaussianMixture, type GaussianMixture, mixtureLogProb } from '#data/gaussian-mixture.js'
import { effectiveRows, everyRow } from '#data/weighed-rows.js'
import { randomStream } from '#random/stream.js'

const stream = (index: number) => randomStream(3, 2, index)

/** Rows of two normals in the plane, of weights 0.3 and 0.7. */
function rowsOfTwo(count: number): Float64Array {
  const draw = stream(0)
  const rows = new Float64Array(2 * count)
  for (let i = 0; i < count; i++) {
    const first = draw.uniform() < 0.3
    const [a, b] = [draw.normal(), draw.normal()]
    rows[2 * i] = first ? -3 + a : 2 + 0.5 * a
    rows[2 * i + 1] = first ? 1 + 0.5 * b + 0.8 * a : b
  }
  return rows
}

const logSumExp = (values: number[]) => {
  const most = Math.max(...values)
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0))
}

describe('a mixture of normals by expectation maximisation', () => {
  const rows = rowsOfTwo(20_000)
  const { weights, means, choleskies } = fitGaussianMixture({ rows }, 2, { components: 2, stream: stream(1) })
  const [a, b] = means[0] < means[2] ? [0, 1] : [1, 0]

  it('finds weights, means and covariances within four standard errors', () => {
    expect(Math.abs(weights[a] - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 20_000))
    const [near, wide] = [4 / Math.sqrt(6000), 4 / Math.sqrt(14_000)]
    expect(Math.abs(means[2 * a] + 3)).toBeLessThan(near)
    expect(Math.abs(means[2 * a + 1] - 1)).toBeLessThan(near)
    expect(Math.abs(means[2 * b] - 2)).toBeLessThan(wide)
    expect(Math.abs(means[2 * b + 1])).toBeLessThan(wide)
    // Of (a, ½b + 0.8a) the factor is [[1, 0], [0.8, 0.5]]; of (½a, b) it is diagonal.
    const expected = [...[1, 0, 0.8, 0.5], ...[0.5, 0, 0, 1]]
    for (const [i, value] of expected.entries()) {
      const from = 4 * (i < 4 ? a : b)
      expect(Math.abs(choleskies[from + (i % 4)] - value)).toBeLessThan(0.05)
    }
  })

  it('has the density of its own numbers', () => {
    const mixture: GaussianMixture = { weights, means, choleskies }
    const points = Float64Array.from([0, 0, -3, 1, 2.5, -1, 40, -40])
    const logProb = new Float64Array(4)
    mixtureLogProb(mixture, points, logProb)
    for (let i = 0; i < 4; i++) {
      const each = [0, 1].map((k) => {
        const [l, , m, n] = choleskies.subarray(4 * k, 4 * k + 4)
        const u = (points[2 * i] - means[2 * k]) / l
        const v = (points[2 * i + 1] - means[2 * k + 1] - m * u) / n
        return Math.log(weights[k]) - Math.log(2 * Math.PI * l * n) - (u * u + v * v) / 2
      })
      expect(logProb[i]).toBeCloseTo(logSumExp(each), 9)
    }
  })

  it('of one component is the normal of the rows', () => {
    const one = fitGaussianMixture({ rows }, 2, { components: 1, stream: stream(2) })
    const n = rows.length / 2
    const mean = [0, 1].map((j) => rows.reduce((sum, x, i) => (i % 2 === j ? sum + x / n : sum), 0))
    const variance = rows.reduce((sum, x, i) => (i % 2 === 0 ? sum + (x - mean[0]) ** 2 / n : sum), 0)
    expect(one.means[0]).toBeCloseTo(mean[0], 9)
    expect(one.means[1]).toBeCloseTo(mean[1], 9)
    // But for the one row of prior.
    expect(one.choleskies[0] / Math.sqrt(variance)).toBeCloseTo(1, 3)
  })

  it('does not fall onto a point that many rows share', () => {
    const draw = stream(4)
    const repeated = Float64Array.from({ length: 400 }, (_, i) => (i < 200 ? 1 : draw.normal()))
    const mixture = fitGaussianMixture({ rows: repeated }, 1, { components: 3, stream: stream(5) })
    for (const sd of mixture.choleskies) expect(sd).toBeGreaterThan(1e-3)
    const logProb = new Float64Array(400)
    mixtureLogProb(mixture, repeated, logProb)
    expect(logProb.every(Number.isFinite)).toBe(true)
  })
})

describe('of rows with weights', () => {
  const rows = rowsOfTwo(500)
  const weights = Float64Array.from({ length: 500 }, (_, i) => i % 3)
  const close = (values: ArrayLike<number>, digits: number) =>
    Array.from(values, (value) => expect.closeTo(value, digits))

  it('one component is their weighted mean and covariance, but for the prior', () => {
    const { means, choleskies } = fitGaussianMixture({ rows, weights }, 2, { components: 1, stream: stream(6) })
    const [sum, squares] = weights.reduce(([a, b], w) => [a + w, b + w * w], [0, 0])
    const weighted = (value: (x: number, y: number) => number) =>
      weights.reduce((total, w, i) => total + (w / sum) * value(rows[2 * i], rows[2 * i + 1]), 0)
    const [mx, my] = [weighted((x) => x), weighted((_, y) => y)]
    expect([...means]).toEqual(close([mx, my], 9))
    // (n S + D/100)/(n + 1) with n = (Σ w)²/Σ w² rows.
    const n = (sum * sum) / squares
    const covariance = [
      weighted((x) => (x - mx) ** 2) * ((n + 0.01) / (n + 1)),
      weighted((x, y) => (x - mx) * (y - my)) * (n / (n + 1)),
      weighted((_, y) => (y - my) ** 2) * ((n + 0.01) / (n + 1)),
    ]
    const [l, , m, k] = choleskies
    expect([l * l, l * m, m * m + k * k]).toEqual(close(covariance, 9))
  })

  it('weights of 2 are rows there twice but for a prior of half the share, in any unit, and 0 is a row that is not there', () => {
    const fit = (given: { rows: Float64Array; weights?: Float64Array }) => {
      const { weights, means, choleskies } = fitGaussianMixture(given, 2, { components: 2, stream: stream(7) })
      return [...weights, ...means, ...choleskies]
    }
    const pick = (times: (i: number) => number) =>
      Float64Array.from(
        Array.from({ length: 500 }, (_, i) => Array(times(i)).fill([rows[2 * i], rows[2 * i + 1]])).flat(2),
      )
    expect(fit({ rows, weights })).toEqual(close(fit({ rows: pick((i) => i % 3) }), 1.7))
    expect(fit({ rows, weights: weights.map((w) => w * 1e-6) })).toEqual(close(fit({ rows, weights }), 9))
    const some = weights.map((w) => Number(w > 0))
    expect(fit({ rows, weights: some })).toEqual(close(fit({ rows: pick((i) => some[i]) }), 12))
    expect(fit({ rows, weights: weights.fill(2) })).toEqual(fit({ rows }))
  })

  it('of more rows than are looked at come as often as their weights say', () => {
    const line = Float64Array.from({ length: 3000 }, (_, i) => i)
    const heavy = line.map((i) => (i === 2999 ? 2999 : i % 2))
    const chosen = everyRow({ rows: line, weights: heavy }, 1, 1000)
    expect(chosen.weights).toBeUndefined()
    const last = chosen.rows.filter((x) => x === 2999).length
    // 2999 of 1499 + 2999.
    expect(Math.abs(last - 1000 * (2999 / 4498))).toBeLessThanOrEqual(1)
    expect(chosen.rows.every((x) => x % 2 === 1)).toBe(true)
    expect(effectiveRows({ rows: line, weights: heavy }, 1)).toBeCloseTo(4498 ** 2 / (1499 + 2999 ** 2), 9)
  })
})

import { describe, expect, test } from 'vitest'
import { fitMarginal } from '#data/fit-marginal.js'
import { identitySpline, isIdentity, type MarginalSpline, mapMarginal, unmapMarginal } from '#data/marginal-spline.js'
import { RowTransform } from '#data/row-transform.js'
import type { Scaler } from '#data/scaler.js'
import { mapSupport, type Support, unmapSupport } from '#data/support.js'
import { randomStream } from '#random/stream.js'

/** Two bins, a logarithm below and a line above. */
const spline: MarginalSpline = {
  v: Float64Array.of(-1, 0.5, 2),
  z: Float64Array.of(-2, 0, 1),
  slopes: Float64Array.of(1.5, 0.9, 0.25),
  bends: Float64Array.of(2, 0),
}

function mapped(map: MarginalSpline, v: number) {
  const to = { z: 0, slope: 0, bend: 0 }
  mapMarginal(map, v, to)
  return to
}

const VALUES = [-30, -4, -1.7, -1, -0.6, 0.1, 0.49, 0.5, 0.7, 1.3, 1.99, 2, 2.5, 9]

describe('a marginal spline', () => {
  test('goes through its knots with their slopes', () => {
    for (const k of [0, 1, 2]) {
      const { z, slope } = mapped(spline, spline.v[k])
      expect(z).toBeCloseTo(spline.z[k], 14)
      expect(slope).toBeCloseTo(spline.slopes[k], 14)
    }
  })

  test('has the tails it says: −2 − ln(1 + 2·1.5·3)/2 at −4, 1 + 0.25·7 at 9', () => {
    expect(mapped(spline, -4).z).toBeCloseTo(-2 - Math.log(10) / 2, 14)
    expect(mapped(spline, 9).z).toBeCloseTo(2.75, 14)
  })

  test.each(VALUES.filter((v) => ![-1, 0.5, 2].includes(v)))(
    'has the slope of differences at %d, and its logarithm the bend',
    (v) => {
      const h = 1e-5 * Math.max(1, Math.abs(v))
      const [low, high, at] = [v - h, v + h, v].map((value) => mapped(spline, value))
      expect(Math.abs(at.slope / ((high.z - low.z) / (2 * h)) - 1)).toBeLessThan(1e-9)
      expect(Math.abs(at.bend - (Math.log(high.slope) - Math.log(low.slope)) / (2 * h))).toBeLessThan(1e-8)
    },
  )

  test.each(VALUES)('comes back from %d to 13 digits', (v) => {
    expect(Math.abs(unmapMarginal(spline, mapped(spline, v).z) - v)).toBeLessThan(1e-13 * Math.max(1, Math.abs(v)))
  })

  test('as the identity changes no bit', () => {
    for (const v of VALUES) expect([mapped(identitySpline(), v).z, unmapMarginal(identitySpline(), v)]).toEqual([v, v])
  })

  test('comes back finite from wherever it is sent, and rises to there', () => {
    expect(unmapMarginal(spline, -1e6)).toBeLessThan(-1e298)
    expect(Number.isFinite(unmapMarginal(spline, -1e6))).toBe(true)
  })

  test('of bins 1e300 wide has neither 0/0 nor ∞', () => {
    const wide = { ...spline, v: spline.v.map((v) => v * 1e300), slopes: spline.slopes.map((d) => d / 1e300) }
    const { z, slope } = mapped(wide, 1e300)
    expect(z).toBeCloseTo(mapped(spline, 1).z, 12)
    expect(slope * 1e300).toBeCloseTo(mapped(spline, 1).slope, 12)
    expect(unmapMarginal(wide, z) / 1e300).toBeCloseTo(1, 12)
  })
})

describe('the spline fitted to a column', () => {
  const drawn = (draw: (normal: () => number) => number, n = 4000) => {
    const stream = randomStream(8, 77, 0)
    return Float64Array.from({ length: n }, () => draw(() => stream.normal())).sort()
  }

  test.each([1, 2, 3, 4, 5])('is the identity for a normal one, seed %i', (seed) => {
    const stream = randomStream(seed, 77, 0)
    expect(isIdentity(fitMarginal(Float64Array.from({ length: 4000 }, () => stream.normal()).sort(), 6))).toBe(true)
  })

  test('has straight tails for a uniform column and bent ones for a Cauchy column', () => {
    const turns = Float64Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 2000 - 1)
    expect([...fitMarginal(turns, 6).bends]).toEqual([0, 0])
    expect(fitMarginal(turns, 6).v.length).toBe(6)
    const { bends } = fitMarginal(
      drawn((normal) => normal() / normal()),
      6,
    )
    expect(Math.min(...bends)).toBeGreaterThan(0)
  })

  test('bends one tail alone where one alone is long', () => {
    const { bends } = fitMarginal(
      drawn((normal) => Math.exp(2 * normal())),
      6,
    )
    expect(bends[0]).toBe(0)
    expect(bends[1]).toBeGreaterThan(0)
  })

  test('is the identity for a column of one value, and of hardly any other', () => {
    expect(isIdentity(fitMarginal(new Float64Array(50), 6))).toBe(true)
    expect(
      isIdentity(
        fitMarginal(
          Float64Array.from({ length: 50 }, (_, i) => (i === 49 ? 1 : 0)),
          6,
        ),
      ),
    ).toBe(true)
  })
})

/** Two modelled columns and one that they are given, by all three steps. */
const scaler: Scaler = {
  mean: Float64Array.of(10, -3, 7),
  sd: Float64Array.of(2, 0.5, 4),
  marginals: [spline, identitySpline()],
  whitening: { mean: Float64Array.of(0.3, -0.2), matrix: Float64Array.of(1.5, 0, -4, 3) },
}

describe('a row transform', () => {
  const rows = Float64Array.of(10.2, -3.1, 8, 1, -1, 7, 30, -9, 3)

  test('is W(g((x − mean)/sd) − m), with (x − mean)/sd of what is given', () => {
    const z = new Float64Array(9)
    expect(new RowTransform(scaler, 2).forward(rows, z)).toEqual([])
    const u = [mapped(spline, 0.1).z - 0.3, -0.2 + 0.2]
    for (const [j, value] of [1.5 * u[0], -4 * u[0] + 3 * u[1], 0.25].entries()) expect(z[j]).toBeCloseTo(value, 12)
  })

  test('has the log-determinant of central differences, both ways', () => {
    const transform = new RowTransform(scaler, 2)
    const at = (x: number[]) => {
      const z = new Float64Array(3)
      transform.forward(Float64Array.from([...x, 7]), z)
      return z
    }
    for (const [x, y] of [
      [10.2, -3.1],
      [1, -1],
      [30, -9],
    ]) {
      const h = 1e-5
      const [a, b] = [at([x + h, y]), at([x - h, y])]
      const [c, d] = [at([x, y + h]), at([x, y - h])]
      const det = ((a[0] - b[0]) * (c[1] - d[1]) - (a[1] - b[1]) * (c[0] - d[0])) / (4 * h * h)
      const z = at([x, y])
      expect(Math.abs(transform.logDets[0] - Math.log(det))).toBeLessThan(1e-7)
      const logDet = transform.logDets[0]
      transform.inverse(z.subarray(0, 2), new Float64Array(2))
      expect(transform.logDets[0]).toBeCloseTo(logDet, 11)
    }
  })

  test('comes back to the same rows', () => {
    const transform = new RowTransform(scaler, 2)
    const z = new Float64Array(9)
    transform.forward(rows, z)
    const x = new Float64Array(6)
    transform.inverse(Float64Array.of(z[0], z[1], z[3], z[4], z[6], z[7]), x)
    for (const [i, at] of [0, 1, 3, 4, 6, 7].entries()) expect(Math.abs(x[i] - rows[at])).toBeLessThan(1e-12)
  })

  test('names rows beyond the bound, infinite ones too, with zeros and no NaN for them', () => {
    const z = new Float64Array(12).fill(5)
    const far = Float64Array.of(
      10,
      1e9,
      7,
      Number.NEGATIVE_INFINITY,
      -3,
      7,
      10,
      Number.POSITIVE_INFINITY,
      7,
      10,
      -3,
      1e9,
    )
    const transform = new RowTransform(scaler, 2)
    expect(transform.forward(far, z)).toEqual([0, 1, 2, 3])
    expect([...z]).toEqual(Array(12).fill(0))
    expect([...transform.logDets]).toEqual([0, 0, 0, 0])
  })

  test('goes back finite from 1e30, where a logarithmic tail would overflow', () => {
    const x = new Float64Array(2)
    const transform = new RowTransform(scaler, 2)
    transform.inverse(Float64Array.of(-1e30, 0), x)
    expect([...x, transform.logDets[0]].every(Number.isFinite)).toBe(true)
  })
})

describe('a support', () => {
  const supports: Support[] = [{ low: 2 }, { high: -1 }, { low: -3, high: 5 }, {}]
  const inside = [
    [2.001, 3, 2e6],
    [-1.001, -7, -1e5],
    [-2.999, 1, 4.9],
    [-4, 0, 3],
  ]

  test('is ln(x − low), −ln(high − x) or the logit of (x − low)/(high − low), and back', () => {
    const logit = (x: number) => Math.log((x + 3) / (5 - x))
    const expected = [(x: number) => Math.log(x - 2), (x: number) => -Math.log(-1 - x), logit, (x: number) => x]
    for (const [j, values] of inside.entries()) {
      for (const x of values) {
        const s = mapSupport(supports[j], x)
        expect(s).toBeCloseTo(expected[j](x), 12)
        expect(Math.abs(unmapSupport(supports[j], s) - x)).toBeLessThan(1e-12 * Math.max(1, Math.abs(x)))
      }
    }
  })

  test('has none of a bound or of what lies beyond, and comes back within from wherever', () => {
    for (const [j, outside] of [[2, 1, -Infinity], [-1, 0], [-3, 5, 6], []].entries()) {
      for (const x of outside) expect(mapSupport(supports[j], x)).toBeNaN()
      for (const s of [-1e300, -800, -40, 40, 800, 1e300]) {
        expect(mapSupport(supports[j], unmapSupport(supports[j], s))).not.toBeNaN()
      }
    }
  })

  const bounded: Scaler = {
    supports: [{ low: 0 }, { low: -1, high: 2 }, { high: 3 }],
    mean: Float64Array.of(0.5, -0.2, 0.1),
    sd: Float64Array.of(2, 0.5, 1.5),
    marginals: [spline, identitySpline(), identitySpline()],
    whitening: { mean: Float64Array.of(0.3, -0.2, 0), matrix: Float64Array.of(1.5, 0, 0, -4, 3, 0, 0.5, 0.2, 2) },
  }
  const point = [0.7, 1.6, -0.3]
  const h = 1e-5
  const shifted = (j: number, by: number) => Float64Array.from(point, (x, i) => (i === j ? x + by : x))

  test('counts in the log-determinant: central differences, and what comes back', () => {
    const transform = new RowTransform(bounded, 3)
    const at = (x: Float64Array) => {
      const z = new Float64Array(3)
      transform.forward(x, z)
      return z
    }
    // Triangular: the determinant is the product of the diagonal.
    const diagonal = point.map((_, j) => (at(shifted(j, h))[j] - at(shifted(j, -h))[j]) / (2 * h))
    const z = at(Float64Array.from(point))
    expect(Math.abs(transform.logDets[0] - Math.log(diagonal[0] * diagonal[1] * diagonal[2]))).toBeLessThan(1e-8)
    const logDet = transform.logDets[0]
    const x = new Float64Array(3)
    transform.inverse(z, x)
    expect(transform.logDets[0]).toBeCloseTo(logDet, 11)
    for (const [j, value] of x.entries()) expect(value).toBeCloseTo(point[j], 12)
  })

  test('is in the gradient of ln N(z) + ln|det|', () => {
    const transform = new RowTransform(bounded, 3)
    const objective = (x: Float64Array) => {
      const z = new Float64Array(3)
      transform.forward(x, z)
      return transform.logDets[0] - 0.5 * (z[0] ** 2 + z[1] ** 2 + z[2] ** 2)
    }
    const gradient = new Float64Array(3)
    transform.forward(Float64Array.from(point), gradient)
    gradient.forEach((z, j) => {
      gradient[j] = -z
    })
    transform.pullBack(gradient)
    for (let j = 0; j < 3; j++) {
      const expected = (objective(shifted(j, h)) - objective(shifted(j, -h))) / (2 * h)
      expect(Math.abs(gradient[j] - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)))
    }
  })
})

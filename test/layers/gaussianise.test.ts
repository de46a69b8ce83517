import { flow, gaussianise } from 'pushforward'
import { describe, expect, it } from 'vitest'
import type { RandomStream } from '#random/stream.js'
import { LawBench } from '../laws/bench.js'
import { bimodal, column, DRAWS, moments, settled, stateOf } from './columns.js'

const { abs, exp, log, PI } = Math

const NORMAL_QUANTILES = [
  [0.0227501, -2],
  [0.0668072, -1.5],
  [0.1586553, -1],
  [0.3085375, -0.5],
  [0.5, 0],
  [0.6914625, 0.5],
  [0.8413447, 1],
  [0.9331928, 1.5],
  [0.9772499, 2],
] as const

describe.each(Object.entries(DRAWS))('on 4096 draws of %s', (_, draw) => {
  const rows = column(draw, 4096)

  it('makes them normal: mean, sd within 0.05, quantiles within 0.1 inside of ±2', async () => {
    const model = await settled(flow(1, [gaussianise()]), rows)
    const z = Float64Array.from(model.forward(rows).z.data).sort()
    const { mean, sd } = moments(z)
    expect(abs(mean)).toBeLessThan(0.05)
    expect(abs(sd - 1)).toBeLessThan(0.05)
    for (const [p, quantile] of NORMAL_QUANTILES) expect(abs(z[Math.round(p * 4095)] - quantile)).toBeLessThan(0.1)
  })

  it('makes fresh draws normal too', async () => {
    const model = await settled(flow(1, [gaussianise()]), rows)
    const z = Float64Array.from(model.forward(column(draw, 20_000, 2)).z.data).sort()
    for (const [p, quantile] of NORMAL_QUANTILES) expect(abs(z[Math.round(p * 19_999)] - quantile)).toBeLessThan(0.15)
  })

  it('is a density: it integrates to 1 within 10⁻³', async () => {
    const model = await settled(flow(1, [gaussianise()]), rows)
    const [low, high] = [-12, 12].map((z) => model.inverse([[z]]).x.get(0, 0))
    // Where the noise is evenly spread, x is where mass is: ∫ p dx by the trapezoidal rule on x(z).
    const grid = model.inverse(Array.from({ length: 40_001 }, (_, i) => [-12 + (24 * i) / 40_000])).x.data
    const density = model.logProb(Array.from(grid, (x) => [x])).map(exp)
    let total = 0
    for (let i = 1; i < grid.length; i++) total += ((density[i] + density[i - 1]) / 2) * (grid[i] - grid[i - 1])
    expect(high).toBeGreaterThan(low)
    expect(abs(total - 1)).toBeLessThan(1e-3)
  })
})

it('has a higher density than a Gaussian on fresh rows of two modes, by over 0.3 nats a row', async () => {
  const rows = column(bimodal, 4096)
  const model = await settled(flow(1, [gaussianise()]), rows)
  const fresh = column(bimodal, 20_000, 2)
  const { mean, sd } = moments(rows)
  const gaussian = moments(fresh.map((x) => -0.5 * ((x - mean) / sd) ** 2 - log(sd) - 0.5 * log(2 * PI))).mean
  expect(moments(model.logProb(fresh)).mean).toBeGreaterThan(gaussian + 0.3)
})

/** The layer of a settled flow in float64 alone, on standardised values, and its knots. */
async function settledBench(draw: (s: RandomStream) => number) {
  const model = await settled(flow(1, [gaussianise()], { precision: 'float64' }), column(draw, 4096))
  const state = stateOf(model)
  const all = Object.values(state).flat()
  const bench = new LawBench({ name: '', spec: gaussianise(), dim: 1, state: all }, { rows: 4 })
  const map = (...x: number[]) => bench.apply('x', [], x, [])
  return { map, x: state.x, z: state.z, logSlope: state.logSlope }
}

describe.each(Object.entries(DRAWS))('the spline through %s', (_, draw) => {
  it('has knots that rise, up to 32, and goes through them', async () => {
    const { map, x, z } = await settledBench(draw)
    const own = x.filter((value, k) => k === 0 || value !== x[k - 1])
    expect(own.length).toBeGreaterThan(20)
    for (const [k, value] of own.entries()) {
      if (k > 0) expect(value).toBeGreaterThan(own[k - 1])
      if (k > 0) expect(z[k]).toBeGreaterThan(z[k - 1])
      expect(map(value, 0, 0, 0).output[0]).toBeCloseTo(z[k], 12)
    }
  })

  it('has one slope on both sides of every knot', async () => {
    const { map, x } = await settledBench(draw)
    const h = 1e-7
    for (const knot of x) {
      const { output, logDet } = map(knot - h, knot, knot + h, 0)
      expect((output[1] - output[0]) / h / exp(logDet[1])).toBeCloseTo(1, 3)
      expect((output[2] - output[1]) / h / exp(logDet[1])).toBeCloseTo(1, 3)
      expect(logDet[0]).toBeCloseTo(logDet[1], 3)
      expect(logDet[2]).toBeCloseTo(logDet[1], 3)
    }
  })

  it('is a line beyond the outer knots', async () => {
    const { map, x, z, logSlope } = await settledBench(draw)
    const ends = [
      [0, -1],
      [x.length - 1, 1],
    ] as const
    for (const [end, side] of ends) {
      for (const far of [1e-3, 1, 50, 1e6]) {
        const { output, logDet } = map(x[end] + side * far, 0, 0, 0)
        const expected = z[end] + side * exp(logSlope[end]) * far
        expect(abs(output[0] / expected - 1)).toBeLessThan(1e-12)
        expect(logDet[0]).toBe(logSlope[end])
      }
    }
  })
})

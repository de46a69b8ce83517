import { createHash } from 'node:crypto'
import { decodeFlow, encodeFlow, type Flow, fit, flow, gaussianise, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { namedSlots } from '#flow/structure.js'
import { slotLength } from '#nets/parameters.js'
import { type RandomStream, randomStream } from '#random/stream.js'
import { LawBench } from '../laws/bench.js'

const { abs, exp, log, sqrt, PI } = Math

/** A purpose of these tests' own. */
const PURPOSE = 97

const normal = (s: RandomStream) => s.normal()
const bimodal = (s: RandomStream) => (s.uniform() < 0.3 ? -2 : 2) + 0.5 * s.normal()
const lognormal = (s: RandomStream) => exp(s.normal())
const studentT3 = (s: RandomStream) => s.normal() / sqrt((s.normal() ** 2 + s.normal() ** 2 + s.normal() ** 2) / 3)
const skewed = (s: RandomStream) => -log(1 - s.uniform()) - log(1 - s.uniform())
const uniform = (s: RandomStream) => s.uniform()

const DRAWS = { normal, skewed, bimodal, uniform, lognormal, studentT3 }

function column(draw: (s: RandomStream) => number, rows: number, seed = 1): Float64Array {
  const stream = randomStream(seed, PURPOSE, rows)
  return Float64Array.from({ length: rows }, () => draw(stream))
}

/** Rows of columns that stand in arrays. */
const rowsOf = (...columns: readonly Float64Array[]): Float64Array =>
  Float64Array.from({ length: columns.length * columns[0].length }, (_, i) =>
    columns[i % columns.length].at(Math.floor(i / columns.length) as number),
  ) as Float64Array

async function settled(model: Flow, rows: Float64Array, threads = 0): Promise<Flow> {
  await fit(model, rows, { steps: 1, threads })
  return model
}

/** The numbers of a layer's state, by name. */
function stateOf({ structure, numbers }: Flow): Record<string, number[]> {
  let at = 0
  const entries = namedSlots(structure).map((slot) => {
    const first = at
    at += slotLength(slot)
    return [slot.name.replace('layers.0.', ''), [...numbers.subarray(first, at)]]
  })
  return Object.fromEntries(entries)
}

function moments(values: Iterable<number>) {
  const all = [...values]
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length
  return { mean, sd: sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length) }
}

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

describe('columns that are not continuous', () => {
  const poisson = (s: RandomStream) => {
    let [k, product] = [0, s.uniform()]
    while (product > exp(-3)) {
      product *= s.uniform()
      k++
    }
    return k
  }
  const columns = {
    'of integers': poisson,
    'of two values': (s: RandomStream) => Number(s.uniform() < 0.2),
    'with many zeros': (s: RandomStream) => (s.uniform() < 0.6 ? 0 : exp(s.normal())),
    'of two narrow clusters': (s: RandomStream) => (s.uniform() < 0.5 ? 0 : 1) + 1e-5 * s.normal(),
    'with one far outlier in a thousand': (s: RandomStream) => (s.uniform() < 1e-3 ? 1e4 : s.normal()),
  }

  it.each(Object.entries(columns))('%s are mapped in order, with a median near 0, and back', async (_, draw) => {
    const rows = column(draw, 4096)
    const model = await settled(flow(1, [gaussianise()]), rows)
    const { z, logDet } = model.forward(rows)
    expect(logDet.every(Number.isFinite)).toBe(true)
    const order = [...rows.keys()].sort((a, b) => rows[a] - rows[b])
    expect(abs(z.data[order[2048]])).toBeLessThan(0.7)
    for (const [i, row] of order.entries()) {
      if (i > 0) expect(z.data[row]).toBeGreaterThanOrEqual(z.data[order[i - 1]])
    }
    const { sd } = moments(rows)
    const back = model.inverse(Array.from(z.data, (value) => [value])).x
    for (const [i, value] of rows.entries()) expect(abs(back.get(i, 0) - value)).toBeLessThan(1e-3 * sd)
  })

  it('of integers have a knot at each value that is not rare, at the quantile of its middle row', async () => {
    const rows = column(poisson, 4096)
    const model = await settled(flow(1, [gaussianise()]), rows)
    const { mean, sd } = moments(rows)
    const { x, z } = stateOf(model)
    const values = new Map(x.map((knot, k) => [Math.round(knot * sd + mean), z[k]]))
    expect([...values.keys()]).toEqual(Array.from({ length: values.size }, (_, i) => i))
    expect(values.size).toBeGreaterThan(7)
    const share = rows.filter((value) => value === 0).length / rows.length
    // Φ⁻¹(0.0249) = −1.962: half of the e⁻³ that are 0.
    expect(share / 2).toBeCloseTo(0.0249, 2)
    expect(values.get(0)).toBeCloseTo(-1.962, 1)
  })

  it('of one value stay as they are, beside others that do not', async () => {
    const rows = rowsOf(new Float64Array(500).fill(0.25), column(lognormal, 500))
    const model = flow(2, [gaussianise()])
    await fit(model, rows, { steps: 1, threads: 0, standardise: false })
    const { z } = model.forward(rows)
    for (let t = 0; t < 500; t++) expect(z.get(t, 0)).toBe(0.25)
    expect(abs(moments(Array.from({ length: 500 }, (_, t) => z.get(t, 1))).sd - 1)).toBeLessThan(0.1)
  })
})

describe('few rows', () => {
  it.each([
    [2, 2],
    [5, 3],
    [20, 5],
    [100, 9],
  ])('%i make at most %i knots, a density that is finite and a mean of about 0', async (count, knots) => {
    const rows = column(normal, count)
    const model = await settled(flow(1, [gaussianise()]), rows)
    const { x } = stateOf(model)
    expect(new Set(x).size).toBeGreaterThan(1)
    expect(new Set(x).size).toBeLessThanOrEqual(knots)
    const { z } = model.forward(rows)
    expect(abs(moments(z.data).mean)).toBeLessThan(0.25)
    expect(model.logProb([[-100], [0], [100]]).every(Number.isFinite)).toBe(true)
  })

  it('and fewer knots than rows would allow are taken where the option says so', async () => {
    const model = await settled(flow(1, [gaussianise({ knots: 6 })]), column(normal, 4096))
    expect(new Set(stateOf(model).x).size).toBe(6)
  })
})

describe('the state', () => {
  const rows = rowsOf(column(skewed, 2000), column(bimodal, 2000), column(uniform, 2000))

  it('is the identity, to the bit, before the first fit', () => {
    const model = flow(3, [gaussianise()])
    const x = Float32Array.from(rows.subarray(0, 300))
    expect(model.forward(x).z.data).toEqual(x)
    expect(model.inverse(x).x.data).toEqual(Float64Array.from(x))
    expect(model.forward(x).logDet.every((value) => value === 0)).toBe(true)
  })

  it('leaves columns that are not named as they are', async () => {
    const model = flow(3, [gaussianise({ columns: [1] })])
    await fit(model, rows, { steps: 1, threads: 0, standardise: false })
    const { z } = model.forward(rows)
    for (let t = 0; t < 100; t++) for (const j of [0, 2]) expect(z.get(t, j)).toBe(Math.fround(rows[3 * t + j]))
    expect(z.get(0, 1)).not.toBe(Math.fround(rows[1]))
  })

  it('has the same bits saved and loaded, and the file the committed ones with any number of threads', async () => {
    for (const threads of [0, 1, 2]) {
      const model = flow(3, [gaussianise({ knots: 16 })])
      await fit(model, rows, { steps: 2, threads, kernels: 'simd' })
      const bytes = encodeFlow(model)
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(
        '33911a342ce8de4dd8a66cb726dad15f37f82ae58804a9519a2ec6fc2a07696e',
      )
      const loaded = decodeFlow(bytes)
      expect(loaded.numbers).toEqual(model.numbers)
      expect(loaded.logProb(rows)).toEqual(model.logProb(rows))
    }
  })

  it('is kept by a later fit, also of other rows', async () => {
    const model = await settled(flow(3, [gaussianise()]), rows)
    const before = model.numbers.slice()
    expect(stateOf(model).settled).toEqual([1])
    await settled(
      model,
      rows.map((value) => value + 1),
    )
    expect(model.numbers).toEqual(before)
  })
})

describe('the options', () => {
  const build = (options: object) => () => flow(2, [gaussianise(options)])

  it.each([
    [{ knots: 1 }, "gaussianise's knots is 1; expected an integer from 2 to 64."],
    [{ knots: 65 }, "gaussianise's knots is 65; expected an integer from 2 to 64."],
    [{ columns: [2] }, "gaussianise's columns are [2]; expected different ones, each from 0 to 1."],
    [{ columns: [] }, "gaussianise's columns are []; expected different ones, each from 0 to 1."],
    [{ tails: 'log' }, 'gaussianise\'s tails is "log"; expected "linear".'],
    [{ bins: 8 }, 'gaussianise has no option "bins"; it takes knots, columns, tails.'],
  ])('%j are refused in a sentence', (options, message) => {
    expect(build(options)).toThrow(new UsageError(message))
  })
})

import { createHash } from 'node:crypto'
import { decodeFlow, encodeFlow, fit, flow, gaussianise, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import type { RandomStream } from '#random/stream.js'
import { column, DRAWS, lognormal, moments, normal, rowsOf, settled, stateOf } from './columns.js'

const { abs, exp } = Math

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
    'of two narrow clusters': (s: RandomStream) => (s.uniform() < 0.5 ? 0 : 1) + 1e-3 * s.normal(),
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
    await fit(model, rows, { steps: 1, threads: 0, preprocess: 'none' })
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
  // Draws of plain arithmetic: what is committed must not hang on an engine's logarithm.
  const rows = rowsOf(column(normal, 2000), column(DRAWS.bimodal, 2000), column(DRAWS.uniform, 2000))

  it('is the identity, to the bit, before the first fit', () => {
    const model = flow(3, [gaussianise()])
    const x = Float32Array.from(rows.subarray(0, 300))
    expect(model.forward(x).z.data).toEqual(x)
    expect(model.inverse(x).x.data).toEqual(Float64Array.from(x))
    expect(model.forward(x).logDet.every((value) => value === 0)).toBe(true)
  })

  it('leaves columns that are not named as they are', async () => {
    const model = flow(3, [gaussianise({ columns: [1] })])
    await fit(model, rows, { steps: 1, threads: 0, preprocess: 'none' })
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
        'd89ae88e3324638c561d745a222c850fa5ac14beee6a2aef918924ec74057d11',
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

import ndarray from 'ndarray'
import {
  type Context,
  DataError,
  decodeFlow,
  encodeFlow,
  FormatError,
  flow,
  leakyReLU,
  summary,
  UsageError,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { lineLayers, normalRows, planeFlow } from '../fixtures/conditional.js'

const LN_2PI = Math.log(2 * Math.PI)
const model = planeFlow('float64')
const figures = (first: number, end: number) => ({
  mean: model.scaler.mean.slice(first, end),
  sd: model.scaler.sd.slice(first, end),
})
const x = normalRows(40, figures(0, 3), 1)
const context = normalRows(40, figures(3, 5), 2)

/** The fourth-order central difference of f at 0. */
function slope(f: (d: number) => number, h: number): number {
  return (f(-2 * h) - f(2 * h) + 8 * (f(h) - f(-h))) / (12 * h)
}

describe('a flow given a context', () => {
  it('obeys the change of variables for every context: ln p(x | c) = ln N(f(x; c)) + logDet', () => {
    const { z, logDet } = model.forward(x, { context })
    model.logProb(x, { context }).forEach((value, i) => {
      const square = [0, 1, 2].reduce((sum, j) => sum + z.get(i, j) ** 2, 0)
      expect(value).toBeCloseTo(logDet[i] - 1.5 * LN_2PI - 0.5 * square, 10)
    })
  })

  it('has a logDet equal to that of the Jacobian by central differences, in original units', () => {
    const { logDet } = model.forward(x.slice(0, 5), { context: context.slice(0, 5) })
    for (const [i, row] of x.slice(0, 5).entries()) {
      const image = (j: number, k: number) => (d: number) =>
        model.forward([row.map((value, l) => (l === j ? value + d : value))], { context: [context[i]] }).z.get(0, k)
      const [a, b, c] = [0, 1, 2].map((j) => [0, 1, 2].map((k) => slope(image(j, k), 1e-4)))
      const determinant =
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
      expect(logDet[i]).toBeCloseTo(Math.log(Math.abs(determinant)), 6)
    }
  })

  it('has another density for another context', () => {
    const [a, b] = [context[0], context[1]].map((row) => model.logProb(x, { context: row }))
    for (const [i, value] of a.entries()) expect(Math.abs(value - b[i])).toBeGreaterThan(1e-6)
  })

  it('has a score equal to the central difference of its log-density by x, and by x alone', () => {
    const score = model.score(x, { context })
    expect(score.shape).toEqual([40, 3])
    x.slice(0, 10).forEach((row, i) => {
      for (const j of [0, 1, 2]) {
        const at = (d: number) =>
          model.logProb([row.map((value, k) => (k === j ? value + d : value))], { context: context[i] })[0]
        expect(score.get(i, j)).toBeCloseTo(slope(at, 1e-4), 6)
      }
    })
  })

  it('has a gradient by every parameter equal to the central difference of its nll, the embedding included', () => {
    const { nll, gradient } = model.nll(x, { context })
    const logProb = model.logProb(x, { context })
    expect(nll).toBeCloseTo(-logProb.reduce((sum, value) => sum + value, 0) / 40, 12)
    const { parameters } = model
    const embedding = 2 * 4 + 4 + 4 * 3 + 3
    expect(gradient.subarray(-embedding).every((value) => Math.abs(value) > 1e-7)).toBe(true)
    for (const [i, value] of parameters.entries()) {
      const at = (d: number) => {
        parameters[i] = value + d
        return model.nll(x, { context }).nll
      }
      const expected = slope(at, 1e-5)
      parameters[i] = value
      expect(Math.abs(gradient[i] - expected), `parameter ${i}`).toBeLessThan(1e-7 * (1 + Math.abs(expected)))
    }
  })

  it('comes back from noise to the data under the same context, and not under another', () => {
    const { z, logDet } = model.forward(x, { context })
    const back = model.inverse(z, { context })
    const other = model.inverse(z, { context: context.toReversed() })
    for (const [i, row] of x.entries()) {
      for (const [j, value] of row.entries()) {
        expect(back.x.get(i, j)).toBeCloseTo(value, 9)
        expect(Math.abs(other.x.get(i, j) - value)).toBeGreaterThan(1e-9)
      }
      expect(back.logDet[i]).toBeCloseTo(-logDet[i], 9)
    }
  })

  it('has traces that go from the data to the noise and back', () => {
    const trace = model.trace(x, { context })
    expect([...trace[0].points.data]).toEqual(x.flat())
    const { z } = model.forward(x, { context })
    expect([...(trace.at(-1)?.points.data ?? [])]).toEqual([...z.data])
    const back = model.traceInverse(z, { context })
    for (const [i, value] of x.flat().entries()) expect(back.at(-1)?.points.data[i]).toBeCloseTo(value, 9)
    for (const [i, value] of trace[4].points.data.entries()) {
      expect(back[trace.length - 1 - 4].points.data[i]).toBeCloseTo(value, 9)
    }
  })

  it('is the same in units of its own: a context in other units, with a scaler to match, changes nothing', () => {
    const other = planeFlow('float64')
    const units = [1000, 2 ** -20]
    other.scaler = {
      mean: model.scaler.mean.map((value, j) => (j < 3 ? value : value * units[j - 3])),
      sd: model.scaler.sd.map((value, j) => (j < 3 ? value : value * units[j - 3])),
    }
    const moved = context.map((row) => row.map((value, j) => value * units[j]))
    const expected = model.logProb(x, { context })
    other.logProb(x, { context: moved }).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 10)
    })
    expect(other.nll(x, { context: moved }).nll).toBeCloseTo(model.nll(x, { context }).nll, 10)
    expect(other.forward(x, { context: moved }).logDet[0]).toBeCloseTo(model.forward(x, { context }).logDet[0], 10)
  })
})

describe('in one dimension', () => {
  it('∫ p(x | c) dx = 1 within 1e-4, whatever c is', () => {
    const line = flow(1, lineLayers(3), { context: 1, seed: 2, precision: 'float64' })
    line.scaler = { mean: Float64Array.of(3, -1), sd: Float64Array.of(2, 10) }
    const integrals = [-40, -5, 0, 1.5, 25].map((c) => {
      const n = 200_000
      const [low, step] = [3 - 2 * 40, 2 * 80]
      const points = Float64Array.from({ length: n }, (_, i) => low + ((i + 0.5) / n) * step)
      return line.logProb(points, { context: [c] }).reduce((sum, value) => sum + Math.exp(value), 0) * (step / n)
    })
    for (const integral of integrals) expect(Math.abs(integral - 1)).toBeLessThan(1e-4)
  })
})

describe.each(['float32', 'float64'] as const)('a row of %s', (precision) => {
  const many = planeFlow(precision)
  const rows = 1100
  const points = normalRows(rows, { mean: many.scaler.mean.slice(0, 3), sd: many.scaler.sd.slice(0, 3) }, 3)
  const given = normalRows(rows, { mean: many.scaler.mean.slice(3), sd: many.scaler.sd.slice(3) }, 4)

  it('has the same bits whichever rows are beside it', () => {
    const [density, score] = [many.logProb(points, { context: given }), many.score(points, { context: given })]
    const { z } = many.forward(points, { context: given })
    const { x: back } = many.inverse(z, { context: given })
    for (let i = 0; i < rows; i += 73) {
      const alone = { context: [given[i]] }
      expect(many.logProb([points[i]], alone)[0], `row ${i}`).toBe(density[i])
      expect([...many.score([points[i]], alone).data]).toEqual([0, 1, 2].map((j) => score.get(i, j)))
      const noise = [0, 1, 2].map((j) => z.get(i, j))
      expect([...many.forward([points[i]], alone).z.data]).toEqual(noise)
      expect([...many.inverse([noise], alone).x.data]).toEqual([0, 1, 2].map((j) => back.get(i, j)))
    }
  })

  it('has the same bits with one context for all as with that context for each', () => {
    const [one, each] = [{ context: given[7] }, { context: points.map(() => given[7]) }]
    expect(many.logProb(points, one)).toEqual(many.logProb(points, each))
    expect(many.inverse(points, one).x.data).toEqual(many.inverse(points, each).x.data)
    expect(many.sample(rows, { seed: 4, ...one }).data).toEqual(many.sample(rows, { seed: 4, ...each }).data)
  })

  it('has the same bits however its context is given', () => {
    const flat = Float64Array.from(given.flat())
    const expected = many.logProb(points, { context: given })
    expect(many.logProb(points, { context: flat })).toEqual(expected)
    const transposed = ndarray(
      Float64Array.from(flat, (_, i) => given[i % rows][Math.floor(i / rows)]),
      [rows, 2],
      [1, rows],
    )
    expect(many.logProb(points, { context: transposed })).toEqual(expected)
    const single = Float32Array.from(flat)
    expect(many.logProb(Float32Array.from(points.flat()), { context: single })).toEqual(
      many.logProb(Float64Array.from(Float32Array.from(points.flat())), { context: Float64Array.from(single) }),
    )
  })

  it('of a sample is decided by its number and its own context', () => {
    const all = many.sample(rows, { seed: 3, context: given })
    expect(all.shape).toEqual([rows, 3])
    const part = many.sample(100, { seed: 3, firstRow: 500, context: given.slice(500, 600) }).data
    expect(part).toEqual(all.data.slice(1500, 1800))
    expect([...many.sample(1, { seed: 3, firstRow: 777, context: given[777] }).data]).toEqual([
      ...all.data.slice(2331, 2334),
    ])
  })
})

describe('samples at a fixed context', () => {
  it('have the mean and the sd that the density has there', () => {
    const line = flow(1, lineLayers(2), { context: 1, seed: 2 })
    line.scaler = { mean: Float64Array.of(3, -1), sd: Float64Array.of(2, 10) }
    for (const c of [-15, 0, 12]) {
      const n = 40_000
      const points = Float64Array.from({ length: n }, (_, i) => -37 + ((i + 0.5) / n) * 80)
      const mass = line.logProb(points, { context: [c] }).map((value) => (Math.exp(value) * 80) / n)
      const mean = points.reduce((sum, value, i) => sum + value * mass[i], 0)
      const sd = Math.sqrt(points.reduce((sum, value, i) => sum + (value - mean) ** 2 * mass[i], 0))
      const { data } = line.sample(n, { seed: 1, context: [c] })
      const drawnMean = data.reduce((sum, value) => sum + value, 0) / n
      const drawnSd = Math.sqrt(data.reduce((sum, value) => sum + (value - drawnMean) ** 2, 0) / n)
      expect(Math.abs(drawnMean - mean)).toBeLessThan((4 * sd) / Math.sqrt(n))
      expect(Math.abs(drawnSd / sd - 1)).toBeLessThan(0.02)
    }
  })
})

describe('a context beyond 10⁶ standard deviations', () => {
  const beyond = context.with(3, [4 + 0.25 * 1.001e6, 0]).with(9, [4, Number.NEGATIVE_INFINITY])

  it('gives a log-density of −∞, and none of the others another one', () => {
    const density = model.logProb(x, { context: beyond })
    const expected = model.logProb(x, { context })
    for (const [i, value] of density.entries()) {
      expect(value).toBe([3, 9].includes(i) ? Number.NEGATIVE_INFINITY : expected[i])
    }
    const score = model.score(x, { context: beyond })
    const { z, logDet } = model.forward(x, { context: beyond })
    expect([score.get(3, 0), z.get(9, 2), logDet[3]]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(score.get(4, 0)).toBe(model.score(x, { context }).get(4, 0))
    expect(model.nll([x[0]], { context: [1e9, 0] }).nll).toBe(Number.POSITIVE_INFINITY)
  })

  it('is refused where something is to be drawn or to come back from noise', () => {
    const far = context.with(3, [4 + 0.25 * 1.001e6, 0])
    const refused = /^Context row 3 \(counted from 0\) lies over 10⁶ standard deviations away/
    expect(() => model.sample(40, { context: far })).toThrow(refused)
    expect(() => model.inverse(x, { context: far })).toThrow(refused)
    expect(() => model.traceInverse(x, { context: far })).toThrow(DataError)
    expect(() => model.sample(2, { context: [1e9, 0] })).toThrow(/^The context lies over/)
  })
})

describe('what cannot be is refused:', () => {
  const plain = flow(3, [leakyReLU()])
  const message = 'This flow is conditioned on 2 columns: give { context }.'

  it('a conditional flow without its context', () => {
    for (const call of ['logProb', 'score', 'nll', 'forward', 'inverse', 'trace', 'traceInverse'] as const) {
      expect(() => model[call](x), call).toThrow(new UsageError(message))
      expect(() => plain[call](x, { context }), call).toThrow(
        'This flow has no context: leave context out, or make the flow with { context: columns }.',
      )
      expect(() => plain[call](x, { contxt: 1 } as object), call).toThrow(
        `${call} has no option "contxt"; it takes context.`,
      )
    }
    expect(() => model.sample(3)).toThrow(new UsageError(message))
    expect(() => plain.sample(3, { context: [1] })).toThrow(UsageError)
  })

  const cases: [string, Context, string][] = [
    ['of other columns', [[1, 2, 3]], 'Context has 3 columns in row 0, but this flow expects 2.'],
    ['of more rows', [...context, [1, 2]], 'Context has 41 rows for 40 rows; expected as many, or one for all.'],
    ['of no rows', [], 'Context has 0 rows for 40 rows; expected as many, or one for all.'],
    ['of one row that is no row', [1, 2, 3], 'Context is one row of 3 numbers'],
    ['with NaN', context.with(5, [0, Number.NaN]), 'Context has NaN in row 5, column 1'],
    ['that is none', 'a' as never, 'Context is "a"; give number[][]'],
  ]
  it.each(cases)('a context %s', (_, wrong, expected) => {
    expect(() => model.logProb(x, { context: wrong })).toThrow(expected)
    expect(() => model.sample(40, { context: wrong })).toThrow(expected)
  })

  it('a flow of half a column of context, or an embedding of nothing', () => {
    for (const wrong of [-1, 1.5, '2' as never, Number.NaN]) {
      expect(() => flow(2, [leakyReLU()], { context: wrong })).toThrow(/^A flow's context is /)
    }
    expect(() => flow(2, [leakyReLU()], { embedding: { hidden: [4], outputs: 2 } })).toThrow(UsageError)
    const embedded = (embedding: object) => () => flow(2, [], { context: 1, embedding: embedding as never })
    expect(embedded({ hidden: [4] })).toThrow("embedding's outputs is missing; expected an integer ≥ 1.")
    expect(embedded({ hidden: [], outputs: 2 })).toThrow("embedding's hidden is []")
    expect(embedded({ hidden: [4], outputs: 2, width: 3 })).toThrow('embedding has no option "width"')
  })
})

describe.each(['float32', 'float64'] as const)('a conditional flow of %s that was saved and loaded', (precision) => {
  const saved = planeFlow(precision)
  saved.data = { columns: ['x', 'y', 'z', 'a', 'b'], sha256: undefined }
  const bytes = encodeFlow(saved)

  it('has the same bits', () => {
    const loaded = decodeFlow<typeof precision>(bytes)
    expect(loaded.structure.description).toEqual(saved.structure.description)
    expect(loaded.contextDim).toBe(2)
    expect(loaded.logProb(x, { context })).toEqual(saved.logProb(x, { context }))
    const draw = { seed: 1, context: context[0] }
    expect(loaded.sample(9, draw).data).toEqual(saved.sample(9, draw).data)
    expect(encodeFlow(loaded)).toEqual(bytes)
    expect(loaded.data.columns).toEqual(['x', 'y', 'z', 'a', 'b'])
  })

  it('is refused where scaler or names are not of all its columns', () => {
    for (const columns of [
      ['x', 'y', 'z'],
      ['x', 'y', 'z', 'a', 'b', 'c'],
    ]) {
      const wrong = planeFlow(precision)
      wrong.data = { columns, sha256: undefined }
      expect(() => decodeFlow(encodeFlow(wrong))).toThrow(FormatError)
    }
    const wrong = planeFlow(precision)
    wrong.scaler = { mean: wrong.scaler.mean.slice(0, 3), sd: wrong.scaler.sd.slice(0, 3) }
    expect(() => decodeFlow(encodeFlow(wrong))).toThrow('its scaler has 3 columns, its flow 5')
  })
})

it('a summary says how many columns a density is given', () => {
  expect(summary(model)).toMatch(/^Flow on 3 columns, given 2 \(embedded as 3\), 9 layers/)
  expect(summary(flow(1, [leakyReLU()], { context: 1 }))).toMatch(/^Flow on 1 column, given 1, 1 layer \(/)
})

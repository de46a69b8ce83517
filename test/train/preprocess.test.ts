import {
  adamW,
  affineCoupling,
  alternatingMask,
  checkerboard,
  DataError,
  decodeFlow,
  encodeFlow,
  type Flow,
  fit,
  flow,
  jang,
  leakyReLU,
  logProb,
  nsf,
  type PreprocessChoice,
  preprocess,
  sample,
  UsageError,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { matrixSource } from '#data/row-source.js'
import { toMatrix } from '#data/rows.js'
import { randomStream } from '#random/stream.js'
import { integrateDensity } from '#train/density-integral.js'
import { evaluate } from '#train/evaluation.js'
import { gaussianMeanLogProb, meanOf, standardNormals } from '../fixtures/normals.js'

const still = { steps: 1, optimizer: adamW({ learningRate: 0 }), threads: 0 } as const

/** The identity between what rows pass and the base, as an untrained spline flow is. */
async function start(rows: number[][], choice: PreprocessChoice = preprocess(), dim = rows[0].length) {
  const model = flow(dim, nsf(dim))
  const result = await fit(model, rows, { ...still, preprocess: choice })
  return { model, result }
}

const pairs = (data: ArrayLike<number>) =>
  Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]])

const nearLine = (e: number) => standardNormals(2000, 2).map(([x, noise]) => [x, x + e * noise])

describe('a start that is the Gaussian', () => {
  it.each([1e-4, 1e-5, 1e-6])(
    'has its mean log-density to 1e-3 nats on x, x + %d·noise, and its samples',
    async (e) => {
      const { model } = await start(nearLine(e))
      expect(Math.abs(meanOf(model.logProb(nearLine(e))) - gaussianMeanLogProb(nearLine(e)))).toBeLessThan(1e-3)
      const squares = [...model.sample(4000, { seed: 2 })].map(([x, y]) => (y - x) ** 2)
      expect(Math.abs(Math.sqrt(meanOf(squares)) / e - 1)).toBeLessThan(0.05)
    },
  )

  it('has it on 30 correlated columns, in other units and off 0', async () => {
    const mixed = standardNormals(5000, 31, 3).map((z) =>
      Array.from({ length: 30 }, (_, j) => 1e3 * j + 10 ** ((j % 5) - 2) * (z[j] + 0.9 * z[(7 * j + 3) % 31])),
    )
    const { model } = await start(mixed)
    expect(model.scaler.whitening?.matrix.length).toBe(900)
    expect(Math.abs(meanOf(model.logProb(mixed)) - gaussianMeanLogProb(mixed))).toBeLessThan(1e-3)
  })

  it('leaves normal columns without correlations their axes: it is a line each, on the fast path', async () => {
    const { model } = await start(standardNormals(2000, 3))
    expect(Object.keys(model.scaler)).toEqual(['mean', 'sd'])
    const { model: board } = await start(pairs(checkerboard(4000).data))
    expect(board.scaler.whitening?.matrix.length ?? 2).toBe(2)
  })

  it('gives what passes mean 0 and variance 1, of skewed columns without correlations too', async () => {
    const skewed = standardNormals(3000, 2).map(([x, y]) => [Math.exp(1.5 * x), y ** 3])
    for (const decorrelate of [true, false]) {
      const { model } = await start(skewed, preprocess({ decorrelate }))
      const { z } = model.forward(skewed)
      for (const j of [0, 1]) {
        const column = [...z].map((row) => row[j])
        expect(Math.abs(meanOf(column))).toBeLessThan(1e-5)
        expect(Math.abs(meanOf(column.map((value) => value * value)) - 1)).toBeLessThan(1e-4)
      }
    }
  })
})

describe('long tails', () => {
  const drawn = (draw: (normal: () => number) => number, rows: number, seed: number) => {
    const stream = randomStream(seed, 77, 0)
    return Array.from({ length: rows }, () => [0, 1].map(() => draw(() => stream.normal())))
  }
  const cauchy = (normal: () => number) => normal() / normal()
  const t2 = (normal: () => number) => normal() / Math.sqrt((normal() ** 2 + normal() ** 2) / 2)

  it.each<[string, (normal: () => number) => number, (x: number) => number]>([
    ['Cauchy', cauchy, (x) => -Math.log(Math.PI * (1 + x * x))],
    ['t₂', t2, (x) => -1.5 * Math.log(1 + (x * x) / 2) - Math.log(2 * Math.SQRT2)],
  ])('of %s columns cost less than 0.2 nats held out, untrained', async (_, draw, truth) => {
    const { model } = await start(drawn(draw, 2000, 5))
    const test = drawn(draw, 20_000, 6)
    const excess = meanOf(test.map(([x, y]) => truth(x) + truth(y))) - meanOf(model.logProb(test))
    expect(excess).toBeGreaterThan(0)
    expect(excess).toBeLessThan(0.2)
  })

  it('are finite and sampled without NaN out to where float64 ends', async () => {
    const { model } = await start(drawn(cauchy, 2000, 5))
    const far = [1e6, 1e30, -1e150, 1e300].map((x) => [x, -x])
    expect([...model.logProb(far)].every((value) => value < 0)).toBe(true)
    expect([...model.logProb(far)].some(Number.isNaN)).toBe(false)
    expect(model.sample(2000, { temperature: 40 }).data.every(Number.isFinite)).toBe(true)
    expect(model.logProb([[Number.POSITIVE_INFINITY, 0]])[0]).toBe(Number.NEGATIVE_INFINITY)
    expect(() => model.logProb([[Number.NaN, 0]])).toThrow('NaN in row 0, column 0')
  })
})

/** Three correlated columns, one skewed and one with long tails, and what they are given behind. */
function bent(rows: number, seed: number): { rows: number[][]; context: number[][] } {
  const all = standardNormals(rows, 5, seed).map(([a, b, c, d, e]) => [
    Math.exp(a) + 5,
    a + 0.5 * b,
    c / Math.abs(d),
    100 + 3 * e,
  ])
  return { rows: all.map((row) => row.slice(0, 3)), context: all.map((row) => row.slice(3)) }
}

async function bentFlow<P extends 'float32' | 'float64'>(precision: P): Promise<Flow<P>> {
  const layers = [0, 1, 2].flatMap((i) => [leakyReLU(), affineCoupling({ mask: alternatingMask(3, i), hidden: [5] })])
  const model = flow(3, layers, { precision, context: 1, seed: 3 })
  await fit(model, bent(800, 1), { steps: 5, threads: 0, preprocess: preprocess() })
  return model
}

describe('a flow behind splines and decorrelation', () => {
  const { rows, context } = bent(60, 2)

  it('has all three steps, and the context the first', async () => {
    const { scaler } = await bentFlow('float64')
    expect([scaler.marginals?.length, scaler.whitening?.matrix.length, scaler.mean.length]).toEqual([3, 9, 4])
  })

  it('has the score of central differences in float64', async () => {
    const model = await bentFlow('float64')
    const score = [...model.score(rows, { context })]
    for (const [i, row] of rows.entries()) {
      for (const j of row.keys()) {
        const h = 1e-5 * Math.max(1, Math.abs(row[j]))
        const [above, below] = [h, -h].map((step) => row.map((x, k) => (k === j ? x + step : x)))
        const [up, down] = [above, below].map((x) => model.logProb([x], { context: context[i] })[0])
        const difference = (up - down) / (2 * h)
        expect(Math.abs(score[i][j] - difference)).toBeLessThan(2e-6 * Math.max(1, Math.abs(difference)))
      }
    }
  })

  it('has the log-determinant of central differences, forward and, negative, inverse', async () => {
    const model = await bentFlow('float64')
    const { z, logDet } = model.forward(rows, { context })
    const back = model.inverse(z, { context })
    for (const [i, row] of rows.entries()) {
      const jacobian = row.map((x, j) => {
        const h = 1e-5 * Math.max(1, Math.abs(x))
        const [a, b] = [h, -h].map((step) => {
          const moved = row.map((value, k) => (k === j ? value + step : value))
          return [...model.forward([moved], { context: context[i] }).z][0]
        })
        return [...a].map((value, k) => (value - b[k]) / (2 * h))
      })
      const [[a, b, c], [d, e, f], [g, h, k]] = jacobian
      const det = a * (e * k - f * h) - b * (d * k - f * g) + c * (d * h - e * g)
      expect(Math.abs(logDet[i] - Math.log(Math.abs(det)))).toBeLessThan(1e-5)
      expect(back.logDet[i]).toBeCloseTo(-logDet[i], 8)
      for (const [j, x] of row.entries())
        expect(Math.abs([...back.x][i][j] - x)).toBeLessThan(1e-8 * Math.max(1, Math.abs(x)))
    }
  })

  it('has in float32 the densities of float64', async () => {
    const [single, double] = [await bentFlow('float32'), await bentFlow('float64')]
    single.parameters.set(double.parameters)
    single.scaler = double.scaler
    const [a, b] = [single, double].map((model: Flow) => model.logProb(rows, { context }))
    for (const i of a.keys()) expect(Math.abs(a[i] - b[i])).toBeLessThan(2e-4)
  })

  it('gives the same bits on any number of threads', async () => {
    const model = await bentFlow('float32')
    const many = bent(20_000, 4)
    const here = model.logProb(many.rows, { context: many.context })
    const drawn = model.sample(20_000, { context: [100] })
    for (const threads of [0, 1, 2]) {
      expect(await logProb(model, many.rows, { context: many.context, threads })).toEqual(here)
      expect((await sample(model, 20_000, { context: [100], threads })).data).toEqual(drawn.data)
    }
  })

  it('trains to the same bytes on any number of threads, a further fit keeping what rows pass', async () => {
    const files = await Promise.all(
      [0, 1, 2].map(async (threads) => {
        const model = flow(3, nsf(3, { layers: 2 }), { context: 1 })
        await fit(model, bent(800, 1), { steps: 4, threads, preprocess: preprocess() })
        return { model, bytes: Buffer.from(encodeFlow(model)).toString('base64') }
      }),
    )
    expect(new Set(files.map(({ bytes }) => bytes)).size).toBe(1)
    const { scaler } = files[0].model
    await fit(files[0].model, bent(100, 9), { steps: 1, threads: 0, preprocess: preprocess() })
    expect(files[0].model.scaler).toBe(scaler)
  })

  it('is saved and loaded with its bits', async () => {
    const model = await bentFlow('float32')
    const loaded = decodeFlow(encodeFlow(model))
    expect(loaded.scaler).toEqual(model.scaler)
    expect(loaded.logProb(rows, { context })).toEqual(model.logProb(rows, { context }))
    expect(loaded.sample(50, { context: [99] }).data).toEqual(model.sample(50, { context: [99] }).data)
    expect(Buffer.compare(encodeFlow(loaded), encodeFlow(model))).toBe(0)
  })

  it('has its traces end where forward and sample do', async () => {
    const model = await bentFlow('float32')
    const { z } = model.forward(rows, { context })
    const there = model.trace(rows, { context })
    expect(there[there.length - 1].points.data).toEqual(z.data)
    const back = model.traceInverse(z, { context })
    expect(back[back.length - 1].points.data).toEqual(model.inverse(z, { context }).x.data)
  })

  it('has losses that mean −ln|det| takes to nats in original units, and so the evaluation', async () => {
    const { rows } = bent(800, 1)
    const model = flow(3, nsf(3, { layers: 2 }))
    const result = await fit(model, rows, { steps: 5, threads: 0, preprocess: preprocess() })
    const nll = -meanOf(model.logProb(rows))
    expect(result.bestLoss + result.logScale).toBeCloseTo(nll, 5)
    expect(model.nll(rows).nll).toBeCloseTo(nll, 5)
    const evaluation = await evaluate(model, rows, result, { threads: 0 })
    expect(evaluation.nll.train.mean).toBeCloseTo(nll, 5)
    expect(evaluation.nllStandardised.train.mean).toBeCloseTo(result.bestLoss, 5)
    expect(evaluation.worstRoundTrip).toBeLessThan(1e-4)
  })
})

describe('∫ p', () => {
  const plane = (): number[][] => bent(2000, 7).rows.map(([a, b]) => [a, b])

  it('over the plane is 1, by a plain grid in the units of the data', async () => {
    const model = flow(2, nsf(2, { layers: 2 }), { seed: 1 })
    await fit(model, plane(), { steps: 20, threads: 0, preprocess: preprocess() })
    expect(model.scaler.marginals).toBeDefined()
    const side = 700
    const [x, y] = [
      [4.9, 45],
      [-9, 9],
    ].map(([low, high]) => ({ low, step: (high - low) / side }))
    let mass = 0
    for (let i = 0; i < side; i++) {
      const line = Array.from({ length: side }, (_, k) => [x.low + (i + 0.5) * x.step, y.low + (k + 0.5) * y.step])
      for (const value of model.logProb(line)) mass += Math.exp(value) * x.step * y.step
    }
    expect(Math.abs(mass - 1)).toBeLessThan(0.01)
  })

  it.each([1e-3, 1e-6])('is settled at 1 by the evaluation along a ridge %d wide', async (e) => {
    const { model } = await start(nearLine(e))
    const points = [matrixSource(toMatrix(nearLine(e), 2, 'Rows'))]
    const { value, converged } = await integrateDensity(model, points, { threads: 0, mostPoints: 2 ** 20 })
    expect(converged).toBe(true)
    expect(Math.abs(value - 1)).toBeLessThan(2e-3)
  })
})

describe('fit before it starts', () => {
  const outlier = standardNormals(1000, 1, 3).map(([x], i) => [i === 17 ? 1e9 : x])

  it('refuses columns that one of 1e9 makes equal in float32, and takes them by quantiles', async () => {
    await expect(start(outlier, 'standardise')).rejects.toThrow(/Column 0 loses its values in float32.*preprocess\(\)/)
    for (const gaussianise of [true, 'tails'] as const) {
      const { model } = await start(outlier, preprocess({ gaussianise }))
      expect(new Set(model.forward(outlier).z.data).size).toBe(1000)
      const quartiles = [...model.sample(4000).data].sort((a, b) => a - b)
      for (const [at, value] of [
        [1000, -0.674],
        [2000, 0],
        [3000, 0.674],
      ]) {
        expect(Math.abs(quartiles[at] - value)).toBeLessThan(0.12)
      }
    }
    await expect(start(outlier, preprocess({ gaussianise: false }))).rejects.toThrow(
      /Row 17 .* over 10⁶ .*preprocess\(\)/,
    )
  })

  it('refuses a fill value with its count, unless it is to be kept', async () => {
    const filled = standardNormals(1000, 2).map(([t, w], i) => [i % 50 === 0 ? 9.96921e36 : 15 + 5 * t, w])
    await expect(start(filled)).rejects.toThrow(/^Column 0 is 9\.96921e\+36 in 20 of 1000 rows, far outside the others/)
    await expect(start(filled)).rejects.toThrow(DataError)
    const { model } = await start(filled, preprocess({ fillValues: 'keep' }))
    expect(model.logProb(filled).every(Number.isFinite)).toBe(true)
  })

  it('refuses columns that determine each other, by name', async () => {
    const model = flow(3, nsf(3))
    model.data = { columns: ['a', 'c', 'f'], sha256: undefined }
    const rows = standardNormals(500, 2).map(([a, c]) => [a, c, 2 * c + 1])
    await expect(fit(model, rows, { ...still, preprocess: preprocess() })).rejects.toThrow(
      'Column "f" is a linear function of "c", so that there is no density of all of them: leave one of them out.',
    )
    expect(model.scaled).toBe(false)
  })

  it('refuses a modelled column that the context determines', async () => {
    const context = standardNormals(500, 1)
    const model = flow(1, nsf(1), { context: 1 })
    const run = fit(model, { rows: context.map(([c]) => [2 * c]), context }, { ...still, preprocess: preprocess() })
    await expect(run).rejects.toThrow('Column 0 is a linear function of context column 0,')
  })

  it('refuses a constant column, and to decorrelate more columns than half the rows', async () => {
    await expect(start(standardNormals(50, 1).map(([x]) => [x, 3]))).rejects.toThrow(
      'Column 1 is constant (3 in every row)',
    )
    await expect(start(standardNormals(9, 5), preprocess({ decorrelate: true }))).rejects.toThrow(
      'needs more than 10 rows, got 9',
    )
    await start(standardNormals(9, 5))
  })

  it('takes a column that is 0 in 9 of 10 rows, by a wider range', async () => {
    const zeros = standardNormals(1000, 2).map(([x, y], i) => [i % 10 === 0 ? x : 0, y])
    const { model } = await start(zeros)
    expect(model.logProb(zeros).every(Number.isFinite)).toBe(true)
  })
})

describe('preprocess', () => {
  it.each([
    [{ gaussianise: 'yes' }, 'gaussianise is "yes"; expected true, false, "tails" or { knots: 2 … 64 }'],
    [{ gaussianise: { knots: 1 } }, 'gaussianise is {"knots":1}; expected an integer from 2 to 64'],
    [{ decorrelate: 1 }, 'decorrelate is 1; expected "auto", true or false'],
    [{ scale: 'mad' }, 'scale is "mad"; expected "robust" or "sd"'],
    [{ whiten: true }, 'preprocess has no option "whiten"'],
  ])('refuses %j', (options, message) => {
    expect(() => preprocess(options as object)).toThrow(UsageError)
    expect(() => preprocess(options as object)).toThrow(message)
  })

  it('is told to who asks for standardise', async () => {
    const run = fit(flow(2, nsf(2)), jang(64), { standardise: false } as object)
    await expect(run).rejects.toThrow(
      'fit has no option "standardise" any more: set preprocess to "standardise" or "none".',
    )
  })

  it('to lines by mean and sd is exactly "standardise"', async () => {
    const lines = preprocess({ gaussianise: false, decorrelate: false, scale: 'sd' })
    const files = await Promise.all(
      (['standardise', lines] as const).map(async (choice) => {
        const model = flow(2, nsf(2, { layers: 2 }))
        await fit(model, jang(200), { steps: 3, threads: 0, preprocess: choice })
        return Buffer.from(encodeFlow(model)).toString('base64')
      }),
    )
    expect(files[0]).toBe(files[1])
  })
})

describe('rows held out beyond the bound', () => {
  const rows = standardNormals(60, 2).map(([x, y]) => [x, y])
  const options = { steps: 1, threads: 0, preprocess: preprocess({ gaussianise: 'tails' }), validation: 0.5 } as const

  it('are left out and told: the loss and the evaluation are those of the others', async () => {
    const { split } = await fit(flow(2, nsf(2)), rows, options)
    const [first, , third] = split.validation
    const far = rows.map((row, i) => (i === first || i === third ? [1e12, 0] : row))
    const model = flow(2, nsf(2))
    const result = await fit(model, far, options)
    expect([...result.leftOut]).toEqual([first, third])
    expect([...result.split.validation]).toEqual([...split.validation].filter((row) => row !== first && row !== third))
    const logProb = model.logProb([...result.split.validation].map((row) => far[row]))
    const nll = -Array.from(logProb).reduce((sum, value) => sum + value, 0) / 28
    expect(result.validationLosses[0] + result.validationLogScale).toBeCloseTo(nll, 5)
    const evaluation = await evaluate(model, far, result, { threads: 0 })
    expect(evaluation.nll.validation?.mean).toBeCloseTo(nll, 4)
    expect(evaluation.leftOutRows).toEqual({ rows: [first, third], count: 2 })
    await expect(fit(flow(2, nsf(2)), far, { ...options, preprocess: 'standardise' })).rejects.toThrow(
      `Row ${first} of the training data`,
    )
  })

  it('that are all there are end the fit before it starts', async () => {
    const { split } = await fit(flow(2, nsf(2)), rows, { ...options, validation: 0.05 })
    const far = rows.map((row, i) => (split.validation.has(i) ? [1e12, 0] : row))
    await expect(fit(flow(2, nsf(2)), far, { ...options, validation: 0.05 })).rejects.toThrow(
      /All rows held out lie over 10⁶ standard deviations away behind preprocess\(\)/,
    )
  })
})

describe('columns with supports', () => {
  // ln x of a lognormal column is normal, and so is the logit of a logit-normal one.
  const rows = standardNormals(2000, 2, 7).map(([a, b]) => [
    Math.exp(1 + 0.5 * a),
    4 / (1 + Math.exp(-b - 0.8 * a)) - 1,
  ])
  const supports = [{ low: 0 }, { low: -1, high: 3 }]

  it('start as the Gaussian of what they are mapped to, with the Jacobian', async () => {
    const { model } = await start(rows, preprocess({ supports }))
    const unbounded = rows.map(([x, y]) => [Math.log(x), Math.log((y + 1) / (3 - y))])
    const jacobian = meanOf(rows.map(([x, y]) => -Math.log(x) + Math.log(4 / ((y + 1) * (3 - y)))))
    expect(Math.abs(meanOf(model.logProb(rows)) - gaussianMeanLogProb(unbounded) - jacobian)).toBeLessThan(1e-3)
  })

  it('have samples within, density 0 beyond, and come back from a file', async () => {
    const { model } = await start(rows, preprocess({ supports }))
    const draws = [...model.sample(5000, { seed: 1, temperature: 3 })]
    expect(draws.every(([x, y]) => x > 0 && y > -1 && y < 3)).toBe(true)
    const outside = [
      [-1, 0],
      [0, 0],
      [1, 3],
      [1, -1],
    ]
    expect([...model.logProb(outside)]).toEqual(Array(4).fill(Number.NEGATIVE_INFINITY))
    expect([...decodeFlow(encodeFlow(model)).logProb(rows)]).toEqual([...model.logProb(rows)])
  })

  it('are refused where a row is not within, and where they are no bounds', async () => {
    await expect(start([...rows, [-0.5, 0]], preprocess({ supports }))).rejects.toThrow(
      'Column 0 has -0.5 in row 2000 (counted from 0), but is said to be above 0: leave the row out, or say otherwise.',
    )
    await expect(start(rows, preprocess({ supports: [{ low: 0 }] }))).rejects.toThrow(/supports of 1 columns, but 2/)
    expect(() => preprocess({ supports: [{ low: 1, high: 1 }] })).toThrow(UsageError)
  })
})

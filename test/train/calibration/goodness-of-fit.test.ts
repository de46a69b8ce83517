import {
  affine,
  affineCoupling,
  autoregressive,
  contaminated,
  diagonalNormal,
  ensemble,
  type Flow,
  fit,
  flow,
  fullNormal,
  gaussianMixture,
  goodnessOfFit,
  householder,
  jang,
  leakyReLU,
  type Model,
  maskedMLP,
  predict,
  studentT,
} from 'pushforward'
import { describe, expect, test } from 'vitest'
import { toMatrix } from '#data/rows.js'
import { baseScores } from '#train/calibration/base-scores.js'
import { noiseOf, triangularSigns } from '#train/calibration/noise.js'
import { tailsOf } from '#train/calibration/normal-scores.js'
import { evaluate } from '#train/evaluation.js'
import { standardNormals } from '../../fixtures/normals.js'

const here = { threads: 0 } as const
/** Its scores are all different at the start, which zeros would not be. */
const shaken = <F extends Flow>(model: F): F => {
  for (let i = 0; i < model.parameters.length; i++) model.parameters[i] += 0.3 * Math.sin(7 * i + 1)
  return model
}
const normal = () => flow(2, [], { base: fullNormal() })
const coupled = () => flow(2, [leakyReLU(), affineCoupling({ mask: [0, 1], hidden: [4] })])
const masked = () => flow(2, [autoregressive({ transformer: affine(), conditioner: maskedMLP({ hidden: [6] }) })])

describe('goodnessOfFit of the truth', () => {
  const rows = (seed: number) => standardNormals(60, 2, seed)
  const truths: [string, Model, (seed: number) => Parameters<typeof goodnessOfFit>[1]][] = [
    ['a triangular flow', normal(), rows],
    ['one that mirrors its columns', flow(2, [householder({ reflections: 1 })], { seed: 3 }), rows],
    ['an ensemble', ensemble([normal(), normal()]), rows],
    [
      'a flow with a context',
      flow(2, [householder({ reflections: 1 })], { context: 1 }),
      (seed) => ({
        rows: rows(seed),
        context: standardNormals(60, 1, seed + 1000),
      }),
    ],
  ]
  test.each(truths)('contradicts it in 3 to 7 of 100 repeats where it is %s', async (_, model, drawn) => {
    let contradicted = 0
    for (let seed = 1; seed <= 200; seed++) {
      const { p } = await goodnessOfFit(model, drawn(seed), { ...here, seed })
      if (p !== null && p < 0.05) contradicted++
    }
    expect(contradicted / 200).toBeGreaterThanOrEqual(0.03)
    expect(contradicted / 200).toBeLessThanOrEqual(0.07)
  })

  test('has p-values that are spread evenly for a mixture, which is its own truth', async () => {
    const means = [
      [-2, 0],
      [2, 1],
    ]
    const model = flow(2, [], { base: gaussianMixture({ components: 2, means, weights: [0.3, 0.7] }) })
    const all: number[] = []
    for (let seed = 1; seed <= 60; seed++) {
      const { tests } = await goodnessOfFit(model, model.sample(50, { seed: 900 + seed }), { ...here, seed })
      all.push(...tests.filter(({ of }) => of === 'conditional').map(({ p }) => p))
    }
    all.sort((a, b) => a - b)
    const apart = Math.max(...all.map((p, i) => Math.abs(p - (i + 0.5) / all.length)))
    // Kolmogorov's bound at 1 %.
    expect(apart).toBeLessThan(1.63 / Math.sqrt(all.length))
  })
})

describe('goodnessOfFit of what is not the truth', () => {
  test('contradicts a Gaussian that was fitted to the crescent', async () => {
    const model = normal()
    await fit(model, jang(1000, { seed: 1 }), { steps: 200, ...here })
    const { p, verdict } = await goodnessOfFit(model, jang(500, { seed: 2 }), here)
    expect(p).toBeLessThan(1e-3)
    expect(verdict).toMatch(/^Held-out rows contradict the model: .*column "x1" \(.*p = \de-/)
  })

  test.each([
    ['too narrow', (v: number) => 1.4 * v],
    ['too wide', (v: number) => 0.7 * v],
    ['too low', (v: number) => v + 0.5],
    ['too high', (v: number) => v - 0.5],
  ])('says which column is %s, and no other', async (words, change) => {
    const rows = standardNormals(300, 2, 12).map(([a, b]) => [a, change(b)])
    for (const model of [normal(), ensemble([normal(), normal()])]) {
      const { tests, verdict, contradicted } = await goodnessOfFit(model, rows, here)
      expect(contradicted).toBe(true)
      expect(verdict).toContain(`column "x2" (${words}: p = `)
      expect(tests.find(({ name }) => name === 'x1')?.corrected).toBeGreaterThan(0.05)
    }
  })

  test('sees columns that depend on each other, where each by itself is right', async () => {
    const rows = standardNormals(400, 2, 6).map(([a, b]) => [a, 0.8 * a + 0.6 * b])
    const { tests } = await goodnessOfFit(ensemble([normal(), normal()]), rows, here)
    expect(tests.filter(({ corrected }) => corrected < 0.05).map(({ of }) => of)).toContain('joint')
  })

  test('of a model with a context sees what depends on it in another way', async () => {
    const context = standardNormals(400, 1, 8)
    const rows = standardNormals(400, 1, 7).map(([a], i) => [0.6 * a + 0.8 * context[i][0]])
    const model = flow(1, [], { base: fullNormal(), context: 1 })
    const { tests } = await goodnessOfFit(model, { rows, context }, here)
    expect(tests.map(({ of, corrected }) => [of, corrected < 0.05])).toEqual([
      ['conditional', false],
      ['joint', true],
    ])
  })

  test('a row where the density is 0 contradicts by itself', async () => {
    const rows = [...standardNormals(50, 2, 1), [1e9, 0]]
    const { rows: looked, tests, verdict } = await goodnessOfFit(normal(), rows, here)
    expect([looked, tests[0]]).toEqual([51, { of: 'support', statistic: 1, p: 0, corrected: 0 }])
    expect(verdict).toBe('Held-out rows contradict the model: 1 row (density 0: p < 1e-300).')
  })
})

describe('goodnessOfFit', () => {
  const rows = standardNormals(200, 2, 4)

  test.each([
    ['a triangular flow', masked(), ['conditional', 'conditional', 'radius', 'joint']],
    ['a coupling', shaken(coupled()), ['noise', 'noise', 'radius', 'margin', 'margin', 'joint']],
    ['a base without scores', flow(2, [leakyReLU()], { base: studentT() }), ['margin', 'margin', 'density', 'joint']],
    ['an ensemble', ensemble([masked(), masked()]), ['margin', 'margin', 'density', 'joint']],
    ['one column', flow(1, [leakyReLU()]), ['conditional', 'joint']],
  ])('tests what it can of %s', async (_, model, expected) => {
    const { tests, p, contradicted } = await goodnessOfFit(
      model,
      rows.map((row) => row.slice(0, model.dim)),
      here,
    )
    expect(tests.map(({ of }) => of)).toEqual(expected)
    expect(p).toBe(Math.min(...tests.map(({ corrected }) => corrected)))
    expect(contradicted).toBe((p ?? 1) < 0.05)
  })

  test('is the same for any number of threads, and another for another seed', async () => {
    const model = ensemble([masked(), shaken(masked())])
    const [none, two, other] = [
      await goodnessOfFit(model, rows, { threads: 0, seed: 1 }),
      await goodnessOfFit(model, rows, { threads: 2, seed: 1 }),
      await goodnessOfFit(model, rows, { threads: 0, seed: 2 }),
    ]
    expect(two).toEqual(none)
    expect(other).not.toEqual(none)
  })

  test('looks at rows in proportion to their weights: of two kinds, at the one that has some', async () => {
    const wrong = standardNormals(200, 2, 9).map(([a, b]) => [a + 3, b])
    const both = [...rows, ...wrong]
    const weights = both.map((_, i) => (i < 200 ? 2 : 0))
    expect(await goodnessOfFit(normal(), { rows: both, weights }, here)).toEqual(
      await goodnessOfFit(normal(), rows, here),
    )
    const light = both.map((_, i) => (i < 200 ? 1 : 0.1))
    expect((await goodnessOfFit(normal(), { rows: both, weights: light }, here)).rows).toBeLessThan(240)
  })

  test('looks at no more rows than it is told to, and says where they are too few', async () => {
    expect((await goodnessOfFit(normal(), rows, { ...here, samples: 50 })).rows).toBe(50)
    expect(await goodnessOfFit(normal(), rows.slice(0, 5), here)).toEqual({
      ...{ rows: 5, tests: [], p: null, contradicted: false },
      verdict: '5 held-out rows are too few to contradict the model.',
    })
    expect((await goodnessOfFit(normal(), [], here)).p).toBeNull()
  })

  test('refuses options it does not have, and ends with the signal', async () => {
    await expect(goodnessOfFit(normal(), rows, { samples: 5 })).rejects.toThrow(
      "goodnessOfFit's samples is 5; expected an integer ≥ 20.",
    )
    await expect(goodnessOfFit(normal(), rows, { sample: 5 } as object)).rejects.toThrow(
      'goodnessOfFit has no option "sample"; it takes seed, samples, threads, signal.',
    )
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(goodnessOfFit(normal(), rows, { ...here, signal })).rejects.toThrow('enough')
  })
})

describe('scores', () => {
  const scoresOf = async (model: Flow, rows: number[][]) => {
    const scores = baseScores(model)?.(await noiseOf(model, toMatrix(rows, model.dim, 'Rows')))
    return scores as Float64Array
  }
  const means = [
    [-1, 0.5],
    [1, -0.5],
    [0, 2],
  ]
  const covariances = [
    [
      [0.5, 0.3],
      [0.3, 0.4],
    ],
    [
      [0.2, -0.1],
      [-0.1, 0.8],
    ],
    [
      [1, 0],
      [0, 0.1],
    ],
  ]

  test.each([
    ['a full normal', fullNormal({ mean: [0.3, -1], covariance: covariances[0] })],
    ['a mixture', gaussianMixture({ components: 3, weights: [0.2, 0.5, 0.3], means, covariances })],
    [
      'a normal contaminated by a t',
      contaminated({ by: studentT({ degrees: 3, location: 0.2, scale: 0.3, learnable: false }), share: 0.3 }),
    ],
    [
      'a contaminated mixture, whose weights sum to 10',
      contaminated({
        base: gaussianMixture({ components: 3, weights: [2, 5, 3], means, covariances }),
        by: diagonalNormal({ mean: 1, sd: 2, learnable: false }),
        share: 0.2,
      }),
    ],
  ])('are Φ⁻¹ of F(z₁) and F(z₂ | z₁) by integrals of the density of %s', async (_, base) => {
    const model = flow(2, [], { base, precision: 'float64' })
    const [low, step, places] = [-9, 0.03, 601]
    const grid = Array.from({ length: places }, (_, i) => low + step * i)
    const mass = (values: number[]) => values.reduce((sum, value) => sum + value, 0) * step
    const along = (z1: number) => Array.from(model.logProb(grid.map((z2) => [z1, z2]))).map((value) => Math.exp(value))
    // Where the trapezoid rule ends in a node, that counts half.
    const upTo = (values: number[], end: number) => mass(values.slice(0, end + 1)) - (step * values[end]) / 2
    const [i, j] = [330, 285]
    const [z1, z2] = [grid[i], grid[j]]
    const scores = await scoresOf(model, [[z1, z2]])
    const marginal = grid.map((value) => mass(along(value)))
    expect(tailsOf(scores[0]).below).toBeCloseTo(upTo(marginal, i), 3)
    expect(tailsOf(scores[1]).below).toBeCloseTo(upTo(along(z1), j) / mass(along(z1)), 3)
  })

  test('are those of the level of the last column given the others, as `predict` integrates it', async () => {
    const model = shaken(masked())
    const rows = standardNormals(6, 2, 3)
    expect(triangularSigns(model, toMatrix(rows, 2, 'Rows'))).toEqual(Float64Array.of(1, 1))
    const scores = await scoresOf(model, rows)
    const { level } = await predict(model, rows, { of: 1, ...here })
    for (const [i, value] of level.entries()) expect(tailsOf(scores[2 * i + 1]).below).toBeCloseTo(value, 3)
  })

  test('a coupling is not triangular where the first column sees the second; a mirror falls', () => {
    const rows = toMatrix(standardNormals(20, 2, 3), 2, 'Rows')
    const mirror = flow(1, [householder({ reflections: 1 })])
    const sees = flow(2, [affineCoupling({ mask: [0, 1], hidden: [4] })])
    const seen = flow(2, [affineCoupling({ mask: [1, 0], hidden: [4] })])
    const signs = [shaken(sees), shaken(seen)].map((model) => triangularSigns(model, rows))
    expect(signs.filter((each) => each === undefined)).toHaveLength(1)
    expect(triangularSigns(mirror, toMatrix([[1], [2], [-1]], 1, 'Rows'))).toEqual(Float64Array.of(-1))
  })
})

describe('the evaluation', () => {
  const rows = jang(300, { seed: 5 })

  test('tests the rows that know the least of the flow: fresh, else of the test, else held out, else none', async () => {
    const model = coupled()
    const result = await fit(model, rows, { steps: 20, validation: 0.2, seed: 1, ...here })
    const [test, fresh] = [jang(100, { seed: 7 }), jang(150, { seed: 8 })]
    const part = async (options: object) => {
      const { goodness } = await evaluate(model, rows, result, { ...options, ...here })
      return [goodness?.part, goodness?.rows]
    }
    expect(await part({ test, fresh })).toEqual(['fresh', 150])
    expect(await part({ test })).toEqual(['test', 100])
    expect(await part({ test: [] })).toEqual(['validation', 60])
    const all = await fit(coupled(), rows, { steps: 2, ...here })
    expect(await evaluate(model, rows, all, here)).not.toHaveProperty('goodness')
  })

  test('has by how much the rows trained on are likelier, with the standard error of a difference of two means', async () => {
    const model = coupled()
    const result = await fit(model, rows, { steps: 20, validation: 0.2, seed: 1, ...here })
    const { goodness, nll } = await evaluate(model, rows, result, here)
    const [train, held] = [nll.train, nll.validation]
    expect(goodness?.gap.mean).toBeCloseTo((held?.mean ?? 0) - (train.mean ?? 0), 12)
    expect(goodness?.gap.standardError).toBeCloseTo(
      Math.sqrt((held?.standardError ?? 0) ** 2 + (train.standardError ?? 0) ** 2),
      12,
    )
    expect(goodness?.verdict).toMatch(/^Held-out rows (do not )?contradict the model/)
  })
})

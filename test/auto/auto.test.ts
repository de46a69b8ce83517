import {
  type AutoChoice,
  adamW,
  auto,
  eightGaussians,
  fit,
  flow,
  fold,
  jang,
  leakyReLU,
  type MeanNLL,
  type Rows,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { randomStream } from '#random/stream.js'

async function trained(rows: Rows, choice: AutoChoice) {
  const model = flow(2, choice.layers, { base: choice.base })
  const result = await fit(model, rows, { ...choice.fit, threads: 0 })
  return { model, result }
}

/** Mean −ln p of rows under the Gaussian of others, in the plane: ln 2π + ½ ln det Σ + ½ dᵀ Σ⁻¹ d. */
function gaussianNll(training: readonly (readonly number[])[], rows: readonly (readonly number[])[]): number {
  const mean = (value: (row: readonly number[]) => number, of = training) =>
    of.reduce((sum, row) => sum + value(row) / of.length, 0)
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)]
  const [a, b, c] = [
    mean(([x]) => (x - mx) ** 2),
    mean(([x, y]) => (x - mx) * (y - my)),
    mean(([, y]) => (y - my) ** 2),
  ]
  const det = a * c - b * b
  const square = ([x, y]: readonly number[]) =>
    (c * (x - mx) ** 2 - 2 * b * (x - mx) * (y - my) + a * (y - my) ** 2) / det
  return Math.log(2 * Math.PI) + 0.5 * Math.log(det) + 0.5 * mean(square, rows)
}

describe('auto', () => {
  it('by steps alone is the same whenever it is asked, and says what it chose', async () => {
    const rows = eightGaussians(600, { seed: 1 })
    const options = { steps: 40, validation: 0.1 }
    const [one, again] = [await auto(rows, { ...options, threads: 0 }), await auto(rows, { ...options, threads: 2 })]
    expect(again).toEqual(one)
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
    expect(one.fit.steps).toBe(40)
    expect(one.reasons[0]).toBe('2 columns, 540 rows: 2 spline layers of 16 bins, nets of [64, 64]')
    expect(one.reasons.at(-1)).toMatch(/^training: 40 steps of 256 rows, which is 19 times through the rows$/)
  })

  it('takes a mixture as base where there are modes, and starts from it', async () => {
    const rows = eightGaussians(2000, { seed: 1 })
    const choice = await auto(rows, { steps: 30, threads: 0 })
    expect(choice.base).toMatchObject({ type: 'contaminated', base: { type: 'gaussianMixture', components: 8 } })
    const { result } = await trained(rows, { ...choice, fit: { ...choice.fit, steps: 1 } })
    // Before the first step it is the mixture, whose entropy is 2.831880 nats here.
    expect(Math.abs(result.validationLosses[0] + result.logScale - 2.83188)).toBeLessThan(0.2)
  })

  it('leaves a mixture untrained where that is the truth', async () => {
    const choice = await auto(eightGaussians(2500, { seed: 1 }), { steps: 1800, threads: 0, recipe: { hidden: [8] } })
    expect(choice.layers).toEqual([])
    expect(choice.base).toMatchObject({ type: 'contaminated', base: { type: 'gaussianMixture', components: 8 } })
    expect(choice.reasons.at(-1)).toMatch(/^training: none/)
  })

  it('tells what it tries, by rows held out and by folds', async () => {
    const tried = async (rows: number) => {
      const told: string[] = []
      await auto(eightGaussians(rows, { seed: 1 }), { steps: 2, threads: 0, onTrying: (what) => told.push(what) })
      return told
    }
    expect(await tried(2000)).toEqual(['mixtures of normals', '8 normals', 'one normal'])
    const folds = (name: string) => [1, 2, 3, 4, 5].map((part) => `${name}, without fifth ${part} of 5`)
    expect(await tried(400)).toEqual(['mixtures of normals', ...folds('one normal'), ...folds('8 normals')])
  })

  it('ends within its budget, but for a part of it', async () => {
    const rows = jang(3000, { seed: 1 })
    const started = performance.now()
    const choice = await auto(rows, { budget: 2, threads: 0 })
    const { result } = await trained(rows, choice)
    // A slow machine may find no time for training that gains: then what was fitted at once is left as it is.
    expect(result.steps).toBe(choice.fit.steps)
    expect(result.stopped).toBe('steps')
    // Nothing here is timed but that it ends: a machine may be ten times slower while others work on it.
    expect((performance.now() - started) / 1000).toBeLessThan(40)
  })

  it('takes layers of more bins and waves where these make rows held out clearly likelier, and of few rows never tries', async () => {
    const draw = randomStream(5, 2, 0)
    const stripes = Array.from({ length: 5600 }, () => [
      draw.uniform(),
      (Math.floor(12 * draw.uniform()) + draw.uniform() / 10) / 12,
    ])
    const smooth = Array.from({ length: 5600 }, () => [draw.uniform(), draw.normal() ** 2])
    const options = { steps: 700, budget: 0.5, threads: 0, batch: 256, recipe: { hidden: [8] } }
    const namesOf = ({ trials }: AutoChoice) => trials?.flows.map(({ name }) => name) ?? []
    const binsOf = ({ layers }: AutoChoice) => JSON.stringify(layers).match(/"bins":(\d+)/)?.[1]

    const fine = await auto(stripes, options)
    expect(fine.trials?.chosen).toMatch(/^\d+ normals, finer$/)
    expect(binsOf(fine)).toBe('32')
    expect(JSON.stringify(fine.layers)).toContain('"count":16')
    expect(fine.reasons.join()).toMatch(
      /layers: 32 bins and 16 frequencies of waves, for structure is fine: so .* likelier by 0\.\d+ ± 0\.0/,
    )

    const coarse = await auto(smooth, options)
    expect(namesOf(coarse).filter((name) => name.endsWith(', finer'))).toHaveLength(1)
    expect(coarse.trials?.chosen).not.toMatch(/finer/)
    expect(binsOf(coarse) ?? '16').toBe('16')

    const settled = await auto(stripes, { ...options, recipe: { hidden: [8], bins: 12 } })
    const few = await auto(stripes.slice(0, 4000), options)
    for (const choice of [settled, few]) expect(namesOf(choice).join()).not.toMatch(/finer/)
  })

  it('of few rows of one normal leaves it at that, and of two finds both, by folds', async () => {
    const draw = randomStream(5, 2, 0)
    const normal = Array.from({ length: 200 }, () => [draw.normal(), draw.normal()])
    const one = await auto(normal, { steps: 40, threads: 0 })
    expect(one.layers).toEqual([])
    expect(one.base).toMatchObject({ type: 'fullNormal' })
    const two = normal.map(([a, b], i) => (i % 2 === 0 ? [a / 4 - 3, b] : [a / 4 + 3, b]))
    const both = await auto(two, { steps: 40, threads: 0 })
    expect(both.base).toMatchObject({ type: 'contaminated', base: { type: 'gaussianMixture', components: 2 } })
    const { model } = await trained(two, both)
    // Σ ½ N(±3, ¼) N(0, 1): 1 + ln 2π − ln 4 + ln 2 nats.
    const nll = -Array.from(model.logProb(two)).reduce((sum, value) => sum + value, 0) / 200
    expect(Math.abs(nll - (1 + Math.log(2 * Math.PI) - Math.log(4) + Math.log(2)))).toBeLessThan(0.15)
  })

  it('tells how likely each flow made rows left out, beside the single Gaussian of the same rows, fold by fold', async () => {
    const draw = randomStream(5, 2, 0)
    const two = Array.from({ length: 200 }, (_, i) => [draw.normal() / 4 + (i % 2 === 0 ? 3 : -3), draw.normal()])
    const { trials, fit: how } = await auto(two, { steps: 40, threads: 0 })
    expect(trials).toMatchObject({ folds: 5, chosen: '2 normals' })
    expect(trials?.flows.map(({ name, triedFor }) => [name, triedFor])).toEqual([
      ['one normal', 40],
      ['2 normals', 40],
    ])
    const [, chosen] = trials?.flows ?? []
    expect(chosen.steps).toBe(how.stopping?.after ?? 0)
    const { mean, standardError, rows } = chosen.gaussianGain as MeanNLL
    // The Gaussians by hand: their −ln p of every fold, whose rows are those that fit holds out.
    const folds = await Promise.all(
      [0, 1, 2, 3, 4].map(async (index) => {
        const still = { steps: 1, threads: 0, optimizer: adamW({ learningRate: 0 }), validation: fold(index, 5) }
        const { split } = await fit(flow(2, [leakyReLU()]), two, still)
        const [training, held] = [split.training, split.validation].map((set) => [...set].map((row) => two[row]))
        return { size: held.length, nll: gaussianNll(training, held) }
      }),
    )
    const gaussian = folds.reduce((sum, { size, nll }) => sum + (size / 200) * nll, 0)
    expect((chosen.nll.mean ?? 0) + (mean ?? 0)).toBeCloseTo(gaussian, 6)
    expect(rows).toBe(200)
    // Σ ½ N(±3, 1/16) N(0, 1) has 1 + ln 2π − ln 4 + ln 2 nats.
    expect(Math.abs((chosen.nll.mean ?? 0) - (1 + Math.log(2 * Math.PI) - Math.log(4) + Math.log(2)))).toBeLessThan(0.2)
    // 40 rows a fold, each of a spread of about √(dim/2) nats.
    expect(chosen.nll.standardError).toBeGreaterThan(0.01)
    expect(chosen.nll.standardError).toBeLessThan(0.25)
    expect(standardError).toBeGreaterThan(0)
  })

  it('tells the same of rows that are held out, over them', async () => {
    const rows = eightGaussians(2000, { seed: 1 })
    const { trials } = await auto(rows, { steps: 30, threads: 0 })
    expect(trials).toMatchObject({ folds: null, chosen: '8 normals' })
    const [eight, one] = trials?.flows ?? []
    expect([one.nll.rows, eight.gaussianGain?.rows]).toEqual([200, 200])
    // Its entropy, in nats.
    expect(Math.abs((eight.nll.mean ?? 0) - 2.83188)).toBeLessThan(4 * (eight.nll.standardError ?? 0))
    const all = Array.from({ length: 2000 }, (_, i) => [rows.get(i, 0), rows.get(i, 1)])
    const nll = gaussianNll(all, all)
    expect(Math.abs((eight.nll.mean ?? 0) + (eight.gaussianGain?.mean ?? 0) - nll)).toBeLessThan(0.1)
  })

  it('counts rows by their weights: those of 0 are as if they were not there', async () => {
    const draw = randomStream(5, 2, 0)
    const rows = Array.from({ length: 300 }, (_, i) => [draw.normal() / 4 + [3, -3, 30][i % 3], draw.normal()])
    const weights = rows.map((_, i) => Number(i % 3 < 2))
    const options = { steps: 20, threads: 0 }
    const weighted = await auto({ rows, weights }, options)
    const { reasons, trials, base } = await auto(
      rows.filter((_, i) => i % 3 < 2),
      options,
    )
    expect(weighted.reasons).toEqual(reasons)
    expect(weighted.base?.type).toBe(base?.type)
    for (const [i, { nll }] of (weighted.trials?.flows ?? []).entries()) {
      expect(nll.mean).toBeCloseTo(trials?.flows[i].nll.mean ?? 0, 3)
    }
    // What counts next to nothing changes next to nothing.
    const heavy = await auto({ rows, weights: rows.map((_, i) => (i % 3 === 2 ? 1e-6 : 1)) }, options)
    expect(heavy.trials?.flows.at(-1)?.nll.mean).toBeCloseTo(trials?.flows.at(-1)?.nll.mean ?? 0, 0)
    await expect(auto({ rows, weights: [1] }, options)).rejects.toThrow('Data has 300 rows, but 1 weights')
  })

  it('is no worse than the Gaussian where one column nearly is the sum of others that are not normal', async () => {
    const draw = randomStream(5, 2, 2)
    const rows = Array.from({ length: 240 }, () => {
      const parts = Array.from({ length: 7 }, () => -Math.log(draw.uniform()))
      return [...parts, parts.reduce((sum, part) => sum + part, 0) + 1e-4 * draw.normal()]
    })
    const choice = await auto(rows, { steps: 20, threads: 0 })
    expect(choice.reasons.join()).toContain('so one normal of unbent columns')
    const model = flow(8, choice.layers, { base: choice.base })
    await fit(model, rows, { ...choice.fit, threads: 0 })
    const nll = -Array.from(model.logProb(rows)).reduce((sum, value) => sum + value, 0) / rows.length
    // Of the Gaussian with the covariance of the columns, whose determinant is 1e-8: 4(1 + ln 2π) + ln 1e-4 nats.
    expect(nll).toBeLessThan(4 * (1 + Math.log(2 * Math.PI)) + Math.log(1e-4) + 0.3)
  })

  it('is the identity before the first step, for any number of columns', async () => {
    const draw = randomStream(5, 2, 1)
    const rows = Array.from({ length: 2500 }, (_, i) =>
      Array.from({ length: 5 }, (_, j) => draw.normal() / (j + 1) + (i % 2 === 0 ? 4 * j : 0)),
    )
    const choice = await auto(rows, { steps: 1, threads: 0 })
    expect(choice.base).toMatchObject({ type: 'contaminated', base: { type: 'gaussianMixture' } })
    const whole = flow(5, choice.layers, { base: choice.base })
    const alone = flow(5, [], { base: choice.base })
    const still = { ...choice.fit, optimizer: adamW({ learningRate: 0, weightDecay: 0 }), steps: 1, threads: 0 }
    await fit(whole, rows, still)
    await fit(alone, rows, still)
    const [a, b] = [whole, alone].map((model) => model.logProb(rows.slice(0, 50)))
    for (let i = 0; i < 50; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-4)
  })

  it('lets no single row cost without bound', async () => {
    const stream = randomStream(4, 2, 3)
    const rows = Array.from({ length: 600 }, () => {
      const x = stream.normal()
      return [x, x * x + 0.02 * stream.normal(), stream.normal()]
    })
    const { layers, base, fit: how } = await auto(rows, { steps: 200, threads: 0 })
    const model = flow(3, layers, { base })
    await fit(model, rows, { ...how, threads: 0 })
    const [near, off] = model.logProb([
      [1, 1, 0],
      [1, -2, 0],
    ])
    expect(near).toBeGreaterThan(-2)
    // 150 sd off the parabola: by a normal alone it would be some −10 000.
    expect(off).toBeGreaterThan(-40)
  })

  it('keeps to what is settled already', async () => {
    const rows = jang(300, { seed: 1 })
    const choice = await auto(rows, {
      ...{ steps: 5, threads: 0, batch: 50, preprocess: 'standardise' },
      recipe: { layers: 3, hidden: [8], bins: 5, activation: 'silu', dropout: 0 },
      validation: 0.1,
    })
    expect(choice.layers).toHaveLength(3)
    expect(choice.layers[0]).toMatchObject({
      transformer: { bins: 5 },
      conditioner: { hidden: [8], activation: 'silu' },
    })
    expect(choice.layers[0]).not.toHaveProperty('conditioner.dropout')
    expect(choice.fit).toMatchObject({ batch: 50, preprocess: 'standardise' })
  })

  it('models columns given others, and one column', async () => {
    const { data } = jang(300, { seed: 1 })
    const [x, c] = [0, 1].map((j) => Array.from({ length: 300 }, (_, i) => [data[2 * i + j]]))
    const choice = await auto({ rows: x, context: c }, { steps: 3, threads: 0 })
    expect(choice.reasons[0]).toContain('1 column given 1, 300 rows')
    const model = flow(1, choice.layers, { base: choice.base, context: 1 })
    await fit(model, { rows: x, context: c }, { ...choice.fit, threads: 0 })
    expect(model.logProb(x.slice(0, 5), { context: c.slice(0, 5) }).every(Number.isFinite)).toBe(true)
  })

  it.each([
    [{ budget: 0 }, /auto's budget is 0; expected seconds > 0/],
    [{ validation: -1 }, /validation is -1; expected/],
    [{ recipe: { bins: 1 } }, /auto's bins is 1; expected/],
  ])('refuses %j', async (options, message) => {
    await expect(auto(jang(100, { seed: 1 }), options)).rejects.toThrow(message)
    await expect(auto(new Float64Array(10))).rejects.toThrow(/say with dim how many columns it has/)
  })
})

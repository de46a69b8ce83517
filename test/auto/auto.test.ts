import { type AutoChoice, auto, eightGaussians, fit, flow, jang, type Rows } from 'pushforward'
import { describe, expect, it } from 'vitest'

async function trained(rows: Rows, choice: AutoChoice) {
  const model = flow(2, choice.layers, { base: choice.base })
  const result = await fit(model, rows, { ...choice.fit, threads: 0 })
  return { model, result }
}

describe('auto', () => {
  it('by steps alone is the same whenever it is asked, and says what it chose', async () => {
    const rows = eightGaussians(600, { seed: 1 })
    const [one, again] = [await auto(rows, { steps: 40, threads: 0 }), await auto(rows, { steps: 40, threads: 2 })]
    expect(again).toEqual(one)
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
    expect(one.fit.steps).toBe(40)
    expect(one.reasons[0]).toBe('2 columns, 540 rows: 2 spline layers of 16 bins, nets of [64, 64]')
    expect(one.reasons.at(-1)).toMatch(/^training: 40 steps of 256 rows, which is 19 times through the rows$/)
  })

  it('takes a mixture as base where there are modes, and starts from it', async () => {
    const rows = eightGaussians(2000, { seed: 1 })
    const choice = await auto(rows, { steps: 30, threads: 0 })
    expect(choice.base).toMatchObject({ type: 'gaussianMixture', components: 8 })
    const { result } = await trained(rows, { ...choice, fit: { ...choice.fit, steps: 1 } })
    // Before the first step it is the mixture, whose entropy is 2.831880 nats here.
    expect(Math.abs(result.validationLosses[0] + result.logScale - 2.83188)).toBeLessThan(0.2)
  })

  it('ends within its budget, but for a part of it', async () => {
    const rows = jang(1000, { seed: 1 })
    const started = performance.now()
    const choice = await auto(rows, { budget: 2, threads: 0 })
    const { result } = await trained(rows, choice)
    expect(choice.fit.steps).toBeGreaterThan(1)
    expect(result.stopped).toBe('steps')
    // Nothing here is timed but that it ends: a machine may be ten times slower while others work on it.
    expect((performance.now() - started) / 1000).toBeLessThan(40)
  })

  it('keeps to what is settled already', async () => {
    const rows = jang(300, { seed: 1 })
    const choice = await auto(rows, {
      ...{ steps: 5, threads: 0, batch: 50, preprocess: 'standardise' },
      recipe: { layers: 3, hidden: [8], bins: 5, activation: 'silu', dropout: 0 },
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
    expect(choice.reasons[0]).toContain('1 column given 1, 270 rows')
    const model = flow(1, choice.layers, { base: choice.base, context: 1 })
    await fit(model, { rows: x, context: c }, { ...choice.fit, threads: 0 })
    expect(model.logProb(x.slice(0, 5), { context: c.slice(0, 5) }).every(Number.isFinite)).toBe(true)
  })

  it.each([
    [{ budget: 0 }, /auto's budget is 0; expected seconds > 0/],
    [{ validation: 0 }, /auto's validation is 0; expected a share above 0 to choose by/],
    [{ recipe: { bins: 1 } }, /auto's bins is 1; expected/],
  ])('refuses %j', async (options, message) => {
    await expect(auto(jang(100, { seed: 1 }), options)).rejects.toThrow(message)
    await expect(auto(new Float64Array(10))).rejects.toThrow(/say with dim how many columns it has/)
  })
})

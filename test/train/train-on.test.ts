import { actNorm, adamW, cosine, decodeFlow, ema, encodeFlow, type Flow, fit, flow, moons, nsf } from 'pushforward'
import { beforeAll, describe, expect, it } from 'vitest'

const pointsOf = (seed: number) => {
  const { data } = moons(600, { seed })
  return Array.from({ length: 600 }, (_, i) => [data[2 * i], data[2 * i + 1]])
}
const rows = pointsOf(1)
const moved = pointsOf(2).map(([x, y]) => [3 * x + 1, y - 2])

let first: Flow
const again = () => decodeFlow(encodeFlow(first))
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

beforeAll(async () => {
  first = flow(2, [actNorm(), ...nsf(2, { layers: 2, hidden: [8], bins: 4 })])
  await fit(first, rows, { steps: 60, batch: 128, validation: 0.1, optimizer: adamW({ learningRate: 5e-3 }) })
})

describe('fit on a flow that was fitted before', () => {
  it('keeps its scaler and what layers were set by the first rows, and begins at its density of the new ones', async () => {
    const model = again()
    const { validationLosses, logScale, split } = await fit(model, moved, {
      ...{ steps: 40, batch: 64, validation: 0.2, seed: 3 },
    })
    expect(model.scaler).toEqual(first.scaler)
    const held = moved.filter((_, i) => split.validation.has(i))
    expect(held).toHaveLength(120)
    expect(validationLosses[0] + logScale).toBeCloseTo(-mean(first.logProb(held)), 5)
    expect(mean(model.logProb(held))).toBeGreaterThan(mean(first.logProb(held)) + 0.1)
  })

  it.each([
    ['no average', {}],
    ['an average of the weights', { average: ema(0.9), schedule: cosine() }],
  ])('has the first weights judged, so that steps that only harm leave them as they were, with %s', async (_, how) => {
    const model = again()
    const { bestStep, steps } = await fit(model, rows, {
      ...{ steps: 30, batch: 64, validation: 0.2, validationEvery: 5, ...how },
      optimizer: adamW({ learningRate: 0.5 }),
    })
    expect([steps, bestStep]).toEqual([30, 0])
    expect(model.numbers).toEqual(first.numbers)
  })
})

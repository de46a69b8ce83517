import { adamW, coupling, type FitOptions, fit, flow, jang, leakyReLU, mlp, residual, softAffine } from 'pushforward'
import { describe, expect, it } from 'vitest'

/** A flow whose nets drop half of their units in training, or none, with the same parameters. */
function dropping(dropout: number) {
  const nets = [
    mlp({ hidden: [16, 9], activation: 'silu', dropout, lastLayerScale: 0.5 }),
    residual({ hidden: 8, layerScale: 0.1, dropout, lastLayerScale: 0.5 }),
  ]
  const layers = nets.flatMap((conditioner, i) => [
    leakyReLU(),
    coupling({ mask: [i % 2, 1 - (i % 2)], transformer: softAffine(), conditioner }),
  ])
  return flow(2, layers, { seed: 42 })
}

const rows = jang(700, { seed: 0 })
/** Nothing is learned, so that losses differ by their masks alone. */
const still = adamW({ learningRate: 0 })
const heldOut: FitOptions = { steps: 6, validation: 0.3, validationEvery: 1, threads: 0 }

/** [training losses, validation losses] */
async function losses(dropout: number, options: FitOptions): Promise<[number[], number[]]> {
  const result = await fit(dropping(dropout), rows, { ...heldOut, ...options })
  return [[...result.losses], [...result.validationLosses]]
}

describe('a step of training', () => {
  it('drops other units than the one before, of a batch of all rows', async () => {
    const [trained] = await losses(0.5, { optimizer: still })
    expect(new Set(trained).size).toBe(trained.length)
    const [whole] = await losses(0, { optimizer: still })
    expect(new Set(whole).size).toBe(1)
    expect(trained).not.toContain(whole[0])
  })

  it('drops by the seed', async () => {
    const options = { optimizer: still, validation: 0 }
    const [one, again, other] = await Promise.all([1, 1, 2].map((seed) => losses(0.5, { ...options, seed })))
    expect(again).toEqual(one)
    for (const [step, loss] of one[0].entries()) expect(other[0][step]).not.toBe(loss)
  })

  it("drops by a row's place in the batch, whatever row stands there", async () => {
    const equal = Array.from({ length: 900 }, () => [0.5, -1])
    const options = { steps: 6, preprocess: 'none', threads: 0, optimizer: still } as const
    const inBatches = await fit(dropping(0.5), equal, { ...options, batch: 300 })
    const whole = await fit(dropping(0.5), equal.slice(0, 300), options)
    expect(inBatches.losses).toEqual(whole.losses)
    expect(new Set(whole.losses).size).toBe(6)
  })
})

describe('nothing is dropped', () => {
  it('where a loss is one of rows held out, which is that of the same flow without dropout to the bit', async () => {
    const [, dropped] = await losses(0.5, { optimizer: still })
    const [, whole] = await losses(0, { optimizer: still })
    expect(dropped).toEqual(whole)
    expect(new Set(dropped).size).toBe(1)
  })

  it('where a flow is evaluated, before and after training', async () => {
    const [model, whole] = [dropping(0.5), dropping(0)]
    for (let round = 0; round < 2; round++) {
      expect(model.logProb(rows)).toEqual(whole.logProb(rows))
      expect(model.forward(rows).z.data).toEqual(whole.forward(rows).z.data)
      expect(model.nll(rows).gradient).toEqual(whole.nll(rows).gradient)
      expect(model.sample(100, { seed: 1 }).data).toEqual(whole.sample(100, { seed: 1 }).data)
      await fit(model, rows, { steps: 20, threads: 0, optimizer: adamW({ learningRate: 1e-2 }) })
      whole.parameters.set(model.parameters)
      whole.scaler = model.scaler
    }
  })
})

import { createHash } from 'node:crypto'
import { adamW, affineCoupling, type FitOptions, fit, flow, jang, leakyReLU } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { tutorialLayers } from '../fixtures/tutorial.js'

/** SHA-256 of the little-endian float32 parameters. */
function hash(parameters: Float32Array | Float64Array): string {
  return createHash('sha256')
    .update(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength))
    .digest('hex')
}

async function trained(rows: number, options: FitOptions, hidden = [4]) {
  const model = flow(2, tutorialLayers(9, hidden), { seed: 42 })
  const { losses, validationLosses } = await fit(model, jang(rows, { seed: 0 }), options)
  return { parameters: hash(model.parameters), losses: [...losses], validationLosses: [...validationLosses] }
}

const THREADS = [0, 1, 2, 3, 5]

describe('200 SIMD steps on jang(1024, seed 0), initialisation seed 42', () => {
  it.each(THREADS)('give the committed parameters with %i threads', async (threads) => {
    const { parameters } = await trained(1024, { steps: 200, kernels: 'simd', threads })
    expect(parameters).toBe('94db6d0b4be3e111af3e376ba751c8af57991589771c68aacdd1f1783298ba8d')
  })
})

describe('training with any number of threads gives the same bits', () => {
  const cases: [string, number, FitOptions, number[]?][] = [
    ['of ragged rows', 1000, { steps: 20 }],
    ['of fewer rows than a tile', 37, { steps: 20 }],
    ['of many rows, in larger tiles', 11_000, { steps: 4, validation: 0.2 }],
    ['of many shards of more than a tile', 40_000, { steps: 3 }],
    ['of minibatches over several epochs', 700, { steps: 40, batch: 96, optimizer: adamW({ learningRate: 1e-2 }) }],
    ['with a validation share', 1100, { steps: 30, validation: 0.2, validationEvery: 3 }],
    ['of a wide net', 700, { steps: 10 }, [33, 17]],
    ['on the portable kernels', 500, { steps: 10, kernels: 'portable' }],
  ]
  it.each(cases)('%s', async (_, rows, options, hidden) => {
    const alone = await trained(rows, { ...options, threads: 0 }, hidden)
    for (const threads of THREADS.slice(1)) expect(await trained(rows, { ...options, threads }, hidden)).toEqual(alone)
  })
})

it('sampling and scoring on threads give the bits of the calling thread', async () => {
  const { logProb, sample } = await import('pushforward')
  const model = flow(3, [leakyReLU(), affineCoupling({ mask: [1, 0, 1], hidden: [9] })], { seed: 3 })
  const n = 150_001
  const here = model.sample(n, { seed: 8 }).data
  expect(hash((await sample(model, n, { seed: 8, threads: 2 })).data)).toBe(hash(here))
  expect(hash((await sample(model, n, { seed: 8, threads: 0 })).data)).toBe(hash(here))
  const density = model.logProb(here)
  for (const threads of [0, 1, 3]) expect(hash(await logProb(model, here, { threads }))).toBe(hash(density))
})

import { createHash } from 'node:crypto'
import {
  adamW,
  affineCoupling,
  coupling,
  encodeFlow,
  type FitOptions,
  fit,
  flow,
  jang,
  leakyReLU,
  mlp,
  residual,
  softAffine,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { tutorialLayers } from '../fixtures/tutorial.js'

/** SHA-256 of the bytes as they lie in memory, numbers little-endian. */
function hash({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array | Float64Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
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

/** Batches of three shards out of 1000 rows, or of the 800 that are not held out; whole epochs leave some out. */
const minibatches: FitOptions = { batch: 300, optimizer: adamW({ learningRate: 1e-2 }), kernels: 'simd', seed: 7 }

async function trainedFile(options: FitOptions) {
  const model = flow(2, tutorialLayers(4), { seed: 42 })
  const { steps, bestStep, stopped } = await fit(model, jang(1000, { seed: 0 }), { ...minibatches, ...options })
  return { steps, bestStep, stopped, file: hash(encodeFlow(model)) }
}

describe('SIMD minibatches of 300 rows of jang(1000, seed 0), initialisation seed 42', () => {
  it.each([0, 1, 2, 3])('give the committed model file after 60 steps with %i threads', async (threads) => {
    const { file } = await trainedFile({ steps: 60, threads })
    expect(file).toBe('d0d7ffc4ef1e7bbb2c817f9a1366ff916364863ab9f3f82d5389532647ea9436')
  })

  it.each([0, 1, 2, 3])('give the committed one of the best held-out loss with %i threads', async (threads) => {
    const options = { steps: 2000, validation: 0.2, stopping: { patience: 40 }, threads }
    expect(await trainedFile(options)).toEqual({
      steps: 309,
      bestStep: 268,
      stopped: 'patience',
      file: '9201b4bbbabb891d5f6e5d4b3e220b16b97347c00e149372fb79677919234806',
    })
  })
})

describe('SIMD minibatches with dropout, by nets of silu and gelu, residual blocks and a layer scale', () => {
  it.each(THREADS)('give the committed model file and losses after 60 steps with %i threads', async (threads) => {
    const dropout = 0.25
    const conditioners = [
      mlp({ hidden: [12, 9], activation: 'silu', dropout, lastLayerScale: 0.5 }),
      residual({ hidden: 10, activation: 'gelu', layerScale: 0.1, dropout, lastLayerScale: 0.5 }),
    ]
    const layers = conditioners.map((conditioner, i) =>
      coupling({ mask: [i, 1 - i], transformer: softAffine(), conditioner }),
    )
    const model = flow(2, layers, { seed: 42 })
    const options = { ...minibatches, steps: 60, validation: 0.2, threads }
    const { losses, validationLosses } = await fit(model, jang(1000, { seed: 0 }), options)
    expect([hash(encodeFlow(model)), hash(losses), hash(validationLosses)]).toEqual([
      '0ced969f1a80d8dfeef07da9bba0757bdc70af5514344b8a8c63738cdbe4e4f1',
      '6f3c7695022357275fa28e2db699f204937654e5bf08222bfcb808bf09951736',
      'f747b68e8756ce2a154845ff9778a8b68b803e7f821d83744f3dc7e5e2e6def6',
    ])
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

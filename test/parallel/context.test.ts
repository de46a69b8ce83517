import { createHash } from 'node:crypto'
import { encodeFlow, type FitOptions, fit, flow, leakyReLU, logProb, sample, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { lineLayers, normalRows, planeFlow } from '../fixtures/conditional.js'

function hash({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array | Float64Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
}

const ROWS = 30_001
const model = planeFlow('float32')
const { mean, sd } = model.scaler
const flat = (rows: number[][]) => Float64Array.from(rows.flat())
const x = flat(normalRows(ROWS, { mean: mean.slice(0, 3), sd: sd.slice(0, 3) }, 1))
const context = flat(normalRows(ROWS, { mean: mean.slice(3), sd: sd.slice(3) }, 2))
const shared = (array: Float64Array) => {
  const copy = new Float64Array(new SharedArrayBuffer(array.byteLength))
  copy.set(array)
  return copy
}

const given = { 'a row each': context, 'a row each, shared': shared(context), 'one row for all': [4.1, -7] }

describe.each(Object.entries(given))('a context of %s', (_, context) => {
  const density = hash(model.logProb(x, { context }))
  const drawn = hash(model.sample(ROWS, { seed: 8, context }).data)

  it.each([0, 1, 2, 3])('gives the densities of the calling thread with %i threads', async (threads) => {
    expect(hash(await logProb(model, x, { threads, context }))).toBe(density)
    const out = new Float32Array(new SharedArrayBuffer(4 * ROWS))
    expect(hash(await logProb(model, shared(x), { threads, context, out }))).toBe(density)
  })

  it.each([0, 1, 2, 3])('gives the samples of the calling thread with %i threads', async (threads) => {
    expect(hash((await sample(model, ROWS, { seed: 8, threads, context })).data)).toBe(drawn)
    const out = new Float64Array(new SharedArrayBuffer(24 * ROWS))
    expect(hash((await sample(model, ROWS, { seed: 8, threads, context, out })).data)).toBe(drawn)
  })
})

it('rows and contexts of float32 have the densities of their float64', async () => {
  const [x32, context32] = [Float32Array.from(x), Float32Array.from(context)]
  const expected = hash(model.logProb(Float64Array.from(x32), { context: Float64Array.from(context32) }))
  expect(hash(await logProb(model, x32, { threads: 2, context: context32 }))).toBe(expected)
  expect(hash(await logProb(model, x32, { threads: 2, context: Float64Array.from(context32) }))).toBe(expected)
})

it('a context that is missing, too short, too far or without a flow for it is refused, on threads too', async () => {
  const missing = 'This flow is conditioned on 2 columns: give { context }.'
  await expect(logProb(model, x, { threads: 2 })).rejects.toThrow(new UsageError(missing))
  await expect(sample(model, 10, { threads: 2 })).rejects.toThrow(missing)
  await expect(logProb(model, x, { context: context.subarray(2), threads: 2 })).rejects.toThrow(
    'Context has 30000 rows',
  )
  await expect(sample(model, 2, { context: [1e9, 0], threads: 2 })).rejects.toThrow('The context lies over 10⁶')
  await expect(sample(flow(1, [leakyReLU()]), 2, { context: [1] })).rejects.toThrow('This flow has no context')
  const spoilt = x.slice()
  spoilt[3 * 20_000 + 2] = Number.NaN
  await expect(logProb(model, spoilt, { context, threads: 2 })).rejects.toThrow('Batch has NaN in row 20000, column 2')
  const spoiltContext = context.slice()
  spoiltContext[2 * 20_000 + 1] = Number.NaN
  await expect(logProb(model, x, { context: spoiltContext, threads: 2 })).rejects.toThrow(
    'Context has NaN in row 20000, column 1',
  )
})

describe('training given a context has the same bits with 0, 1, 2 and 3 threads', () => {
  const rows = normalRows(1100, { mean: [1], sd: [2] }, 3)
  const context = rows.map(([value], i) => [value + Math.sin(i), Math.cos(i)])
  const cases: [string, FitOptions][] = [
    ['of all rows', { steps: 20 }],
    ['of minibatches over several epochs', { steps: 40, batch: 96 }],
    ['with a validation share', { steps: 30, validation: 0.2, validationEvery: 3 }],
    ['of minibatches with a validation share', { steps: 40, batch: 200, validation: 0.2 }],
    ['on the portable kernels', { steps: 5, kernels: 'portable' }],
  ]
  it.each(cases)('%s', async (_, options) => {
    const trained = async (threads: number) => {
      const embedding = { hidden: [5], outputs: 3 }
      const model = flow(1, lineLayers(2), { context: 2, embedding, seed: 42 })
      const { losses, validationLosses } = await fit(model, { rows, context }, { ...options, threads })
      return { file: hash(encodeFlow(model)), losses: [...losses], validationLosses: [...validationLosses] }
    }
    const alone = await trained(0)
    for (const threads of [1, 2, 3]) expect(await trained(threads)).toEqual(alone)
  })
})

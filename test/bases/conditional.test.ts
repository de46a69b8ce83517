import {
  adamW,
  type BaseSpec,
  decodeFlow,
  diagonalNormal,
  encodeFlow,
  fit,
  flow,
  fullNormal,
  gaussianMixture,
  leakyReLU,
  logProb,
  mlp,
  sample,
  studentT,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { randomStream } from '#random/stream.js'
import { centralDifference, relativeError } from '../laws/differences.js'

const HALF_LN_2PI = 0.5 * Math.log(2 * Math.PI)

interface Pairs {
  readonly rows: number[][]
  readonly context: number[][]
  /** ln p(x | c) of the truth. */
  readonly logProb: number[]
}

/** x | c ~ N(sin 2c, (¼ + c²/8)²), c ~ N(0, 1). */
function wave(count: number, seed: number): Pairs {
  const stream = randomStream(seed, 97, 0)
  const drawn = Array.from({ length: count }, () => [stream.normal(), stream.normal()])
  const sd = (c: number) => 0.25 + c ** 2 / 8
  return {
    rows: drawn.map(([c, n]) => [Math.sin(2 * c) + sd(c) * n]),
    context: drawn.map(([c]) => [c]),
    logProb: drawn.map(([c, n]) => -0.5 * n * n - Math.log(sd(c)) - HALF_LN_2PI),
  }
}

/** x | c ~ ½N(c, 0.3²) + ½N(−c, 0.3²), c ~ N(0, 1): one mode where c is near 0, two elsewhere. */
function fork(count: number, seed: number): Pairs {
  const stream = randomStream(seed, 97, 0)
  const drawn = Array.from({ length: count }, () => {
    const c = stream.normal()
    return [c, (stream.uniform() < 0.5 ? c : -c) + 0.3 * stream.normal()]
  })
  const kernel = (d: number) => Math.exp(-0.5 * (d / 0.3) ** 2)
  return {
    rows: drawn.map(([, x]) => [x]),
    context: drawn.map(([c]) => [c]),
    logProb: drawn.map(([c, x]) => Math.log((kernel(x - c) + kernel(x + c)) / 2) - Math.log(0.3) - HALF_LN_2PI),
  }
}

const conditioner = mlp({ hidden: [24] })

describe('a base whose numbers a net makes of the context, fitted without layers', () => {
  it.each([
    ['diagonalNormal to a wave of uneven width', diagonalNormal({ conditioner }), wave],
    ['gaussianMixture to a fork', gaussianMixture({ components: 2, conditioner }), fork],
  ] as const)('%s comes near the truth on fresh rows, and not above it', async (_, base, truth) => {
    const model = flow(1, [], { base, context: 1, seed: 1 })
    for (const learningRate of [1e-2, 1e-3]) {
      const optimizer = adamW({ learningRate, weightDecay: 0 })
      await fit(model, truth(4000, 1), { steps: 1200, batch: 1000, optimizer, threads: 0 })
    }
    const fresh = truth(20_000, 2)
    const density = model.logProb(fresh.rows, { context: fresh.context })
    const excess = fresh.logProb.map((value, t) => value - density[t])
    const mean = excess.reduce((sum, value) => sum + value, 0) / excess.length
    const variance = excess.reduce((sum, value) => sum + (value - mean) ** 2, 0) / excess.length
    expect(mean).toBeGreaterThan(-3 * Math.sqrt(variance / excess.length))
    expect(mean).toBeLessThan(0.03)
  })
})

const lively = mlp({ hidden: [5], lastLayerScale: 1 })

const bases: readonly (readonly [string, BaseSpec])[] = [
  ['diagonalNormal', diagonalNormal({ sd: 2, conditioner: lively })],
  ['fullNormal', fullNormal({ conditioner: lively })],
  ['studentT', studentT({ conditioner: lively })],
  ['gaussianMixture', gaussianMixture({ components: 3, conditioner: lively })],
]

describe.each(bases)('%s by a context, behind a net that embeds it', (_, base) => {
  const options = { base, context: 2, seed: 5, embedding: { hidden: [6], outputs: 3 } }
  const stream = randomStream(3, 97, 0)
  const table = (rows: number) => Array.from({ length: rows }, () => [stream.normal(), stream.normal()])

  it('has the gradient of finite differences by every parameter, the embedding too', () => {
    const model = flow(2, [leakyReLU()], { ...options, precision: 'float64' })
    const [rows, context] = [table(5), table(5)]
    const { gradient } = model.nll(rows, { context })
    gradient.forEach((value, i) => {
      const before = model.parameters[i]
      const difference = centralDifference(before, (theta) => {
        model.parameters[i] = theta
        return { value: model.nll(rows, { context }).nll, branch: '' }
      })
      model.parameters[i] = before
      expect(relativeError(value, difference as number), `parameter ${i}`).toBeLessThan(1e-6)
    })
  })

  it('has the same bits once saved and loaded, and on threads', async () => {
    const model = flow(2, [leakyReLU()], options)
    const loaded = decodeFlow(encodeFlow(model))
    const context = table(3001)
    const drawn = model.sample(3001, { context, seed: 4 }).data as Float64Array
    const density = model.logProb(drawn, { context })
    expect(loaded.sample(3001, { context, seed: 4 }).data).toEqual(drawn)
    expect(loaded.logProb(drawn, { context })).toEqual(density)
    for (const threads of [1, 2]) {
      expect((await sample(model, 3001, { context, seed: 4, threads })).data).toEqual(drawn)
      expect(await logProb(model, drawn, { context, threads })).toEqual(density)
    }
  })
})

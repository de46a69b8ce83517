import {
  actNorm,
  adamW,
  affineCoupling,
  decodeFlow,
  encodeFlow,
  fit,
  flow,
  invert,
  type LayerSpec,
  UsageError,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { buildLayer } from '#layers/registry.js'
import { randomStream } from '#random/stream.js'

/** Columns around 30 and −5, of sd 4 and ½. */
function rowsAround(count: number, seed: number): number[][] {
  const stream = randomStream(seed, 99, 0)
  return Array.from({ length: count }, () => [30 + 4 * stream.normal(), -5 + 0.5 * stream.normal()])
}

/** A step that moves nothing. */
const still = { steps: 1, optimizer: adamW({ learningRate: 0 }), preprocess: 'none', threads: 0 } as const

const layers = (): LayerSpec[] => [
  actNorm(),
  affineCoupling({ mask: [1, 0] }),
  actNorm(),
  affineCoupling({ mask: [0, 1] }),
]

/** Mean and population sd of each column of what comes out of layer l. */
function moments(model: ReturnType<typeof flow>, rows: number[][], l: number): { mean: number; sd: number }[] {
  const { points } = model.trace(rows)[l + 1]
  return [0, 1].map((j) => {
    const values = rows.map((_, t) => points.get(t, j))
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    return { mean, sd: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) }
  })
}

describe('actNorm', () => {
  const rows = rowsAround(300, 1)

  it('gives what reaches it mean 0 and sd 1 before the first step, behind other layers too', async () => {
    const model = flow(2, layers(), { seed: 5 })
    await fit(model, rows, still)
    for (const l of [0, 2]) {
      for (const { mean, sd } of moments(model, rows, l)) {
        expect(Math.abs(mean)).toBeLessThan(2e-6)
        expect(Math.abs(sd - 1)).toBeLessThan(2e-6)
      }
    }
  })

  it('keeps its numbers in a second fit, on other rows', async () => {
    const model = flow(2, layers(), { seed: 5 })
    await fit(model, rows, still)
    const numbers = model.numbers.slice()
    await fit(model, rowsAround(300, 2), still)
    expect(model.numbers).toEqual(numbers)
  })

  it('keeps its numbers once saved and loaded, the flag included', async () => {
    const model = flow(2, layers(), { seed: 5 })
    await fit(model, rows, still)
    const loaded = decodeFlow(encodeFlow(model))
    expect([...loaded.numbers.subarray(loaded.parameters.length)]).toEqual([1, 1])
    await fit(loaded, rowsAround(300, 2), still)
    expect(loaded.numbers).toEqual(model.numbers)
  })

  it('settles where a loaded model never was fitted', async () => {
    const loaded = decodeFlow(encodeFlow(flow(2, layers(), { seed: 5 })))
    await fit(loaded, rows, still)
    const model = flow(2, layers(), { seed: 5 })
    await fit(model, rows, still)
    expect(loaded.numbers).toEqual(model.numbers)
  })

  it('trains to the same bits without threads and with two', async () => {
    const [a, b] = await Promise.all(
      ([0, 2] as const).map(async (threads) => {
        const model = flow(2, layers(), { seed: 5 })
        await fit(model, rows, { ...still, steps: 5, optimizer: adamW(), threads })
        return model
      }),
    )
    expect(b.numbers).toEqual(a.numbers)
  })

  it('is refused the other way about, where no data could set it', () => {
    expect(() => flow(2, [invert(actNorm())])).toThrow('invert was given actNorm, which sets itself by the data')
  })
})

describe('actNorm settled', () => {
  const settled = (rows: readonly number[], dim: number) => {
    const values = { s: new Float64Array(dim).fill(7), t: new Float64Array(dim).fill(7) }
    const state = { initialised: new Float64Array(1) }
    buildLayer(actNorm(), dim, 0).settle?.(Float64Array.from(rows), values, state)
    return { ...values, state }
  }

  it('has t = −mean and s = −ln of the population sd, which nflows takes with n − 1', () => {
    const columns = [
      [
        1.217356, -0.499923, 1.234397, 0.433678, -0.13810699999999998, 1.492766, -0.30325599999999997,
        0.6734519999999999,
      ],
      [1.9233377, 2.2551311, 1.7062466, 2.1713591, 2.0449631, 1.7633606, 2.2986053, 1.8031049],
    ]
    const [logScale, shift] = [
      [0.2644546267816504, 1.466804003026085],
      [-0.6693316718602279, -8.65234785099273],
    ]
    const { s, t, state } = settled(
      Array.from({ length: 16 }, (_, i) => columns[i % 2][i >> 1]),
      2,
    )
    for (const j of [0, 1]) {
      expect(s[j]).toBeCloseTo(logScale[j] + 0.5 * Math.log(8 / 7), 12)
      expect(t[j]).toBeCloseTo(shift[j] * Math.exp(-logScale[j]), 12)
    }
    expect(state.initialised[0]).toBe(1)
  })

  it('only shifts a constant column, whose mean need not be its value', () => {
    const { s, t } = settled(Array(7).fill(0.1), 1)
    expect(s[0]).toBe(0)
    expect(t[0]).toBeCloseTo(-0.1, 15)
  })

  it('goes no further than scales of e^±30', () => {
    expect(settled([1e-20, -1e-20], 1).s[0]).toBe(30)
    expect(settled([1e20, -1e20], 1).s[0]).toBe(-30)
  })

  it('overflows float32 with no log-scale', () => {
    const model = flow(1, [actNorm()])
    for (const s of [1e3, -1e3]) {
      model.parameters.set([s, 0])
      const { z, logDet } = model.forward([[1e3]])
      expect(Number.isFinite(z.get(0, 0))).toBe(true)
      expect(logDet[0]).toBe(Math.sign(s) * 30)
      expect(model.inverse([[z.get(0, 0)]]).x.get(0, 0)).toBeCloseTo(1e3, 3)
    }
  })
})

it('actNorm takes no options', () => {
  expect(() => flow(2, [{ type: 'actNorm', bound: 3 }])).toThrow(UsageError)
})

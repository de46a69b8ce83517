import { describe, expect, test } from 'vitest'
import { type Generator, generators, jang } from '#data/generators.js'
import { toSource } from '#data/row-source.js'
import { dataSha256 } from '#data/sha256.js'

const COUNT = 100_000

function meanAndError(values: Float64Array): { mean: number; error: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length
  return { mean, error: Math.sqrt(variance / values.length) }
}

function averageOver({ generate }: Generator, f: (x1: number, x2: number) => number) {
  const points = generate(COUNT, { seed: 11 })
  return meanAndError(Float64Array.from({ length: COUNT }, (_, i) => f(points.get(i, 0), points.get(i, 1))))
}

describe.each([...generators.values()])('$name', (generator) => {
  test('its mean −ln p is the stated entropy within 4 standard errors', () => {
    const { mean, error } = averageOver(generator, (x1, x2) => -generator.logProb(x1, x2))
    expect(Math.abs(mean - generator.entropy)).toBeLessThan(4 * error)
    expect(error).toBeLessThan(0.01)
  })

  test('∫ p = 1 within 1e-3 on a grid', () => {
    const step = 0.1
    let sum = 0
    for (let x1 = -40; x1 < 160; x1 += step) {
      for (let x2 = -24; x2 < 24; x2 += step) sum += Math.exp(generator.logProb(x1, x2))
    }
    expect(Math.abs(sum * step * step - 1)).toBeLessThan(1e-3)
  })

  test('the first points of a longer set are the same, and another seed gives others', () => {
    const short = generator.generate(10, { seed: 3 })
    expect(short.shape).toEqual([10, 2])
    expect(generator.generate(1000, { seed: 3 }).data.subarray(0, 20)).toEqual(short.data)
    expect(generator.generate(10, { seed: 4 }).data).not.toEqual(short.data)
    expect(generator.generate(10).data).toEqual(generator.generate(10, { seed: 0 }).data)
    expect(generator.generate(0).shape).toEqual([0, 2])
  })

  test('counts, seeds and options that cannot be are refused', () => {
    const { generate, name } = generator
    expect(() => generate(-1)).toThrow(`${name} was asked for -1 points; give an integer ≥ 0.`)
    expect(() => generate(1.5)).toThrow('asked for 1.5 points')
    expect(() => generate(1, { seed: -1 })).toThrow('The seed is -1')
    expect(() => generate(1, { sed: 1 } as object)).toThrow(`${name} has no option "sed"; it knows "seed" and "first".`)
  })
})

describe('jang', () => {
  const crescent = generators.get('jang') as Generator

  test('its entropy is 1 + ln 2π + ln 4 = 4.224171', () => {
    expect(crescent.entropy).toBeCloseTo(4.224171427529236, 14)
  })

  test.each([
    // Moments of x2 ~ N(0, 16), x1 = x2²/4 + N(0, 1), by hand: E x2⁴ = 768.
    ['E x1 = 4', (x1: number) => x1, 4],
    ['E x2 = 0', (_: number, x2: number) => x2, 0],
    ['E x1² = 49', (x1: number) => x1 * x1, 49],
    ['E x2² = 16', (_: number, x2: number) => x2 * x2, 16],
    ['E x1·x2² = 192', (x1: number, x2: number) => x1 * x2 * x2, 192],
    ['E (x1 − x2²/4)² = 1', (x1: number, x2: number) => (x1 - (x2 * x2) / 4) ** 2, 1],
  ])('%s within 4 standard errors', (_, f, expected) => {
    const { mean, error } = averageOver(crescent, f)
    expect(Math.abs(mean - expected)).toBeLessThan(4 * error)
  })

  test('its density at (0, 0) and (5, −4) is that of scipy', () => {
    // norm.logpdf(x1, x2²/4, 1) + norm.logpdf(x2, 0, 4)
    expect(crescent.logProb(0, 0)).toBeCloseTo(-3.224171427529236, 13)
    expect(crescent.logProb(5, -4)).toBeCloseTo(-4.224171427529236, 13)
  })

  test.each([
    [0, 0, 0.25196675008244523, 0.5331225070538926],
    [0, 1, 0.6850065520172255, 2.540720866305737],
    [7, 1023, 1.1225878783662788, 1.3955235625766194],
  ])('of seed %i, point %i is that of a Philox and Box–Muller written in Python with mpmath', (seed, i, x1, x2) => {
    const points = jang(i + 1, { seed })
    expect(points.get(i, 0)).toBeCloseTo(x1, 14)
    expect(points.get(i, 1)).toBeCloseTo(x2, 14)
  })

  test('1024 points of seed 0 have these bits, on every machine', async () => {
    expect(await dataSha256(toSource(jang(1024, { seed: 0 }), 2, 'Points'))).toBe(
      'c4f6f736effc230cdfb696ef47ec0a38f528702403d81c73bf304a33073dd531',
    )
  })

  test('is the generator of its name', () => {
    expect(jang(5, { seed: 9 }).data).toEqual(crescent.generate(5, { seed: 9 }).data)
  })
})

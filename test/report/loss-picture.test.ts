import { describe, expect, test } from 'vitest'
import { binLosses } from '#report/loss-curve.js'
import { lossPicture } from '#report/loss-picture.js'
import { expectApart, expectSound, parse, texts } from './svg.js'

const falling = (steps: number) => Float64Array.from({ length: steps }, (_, t) => 4.2 + 3 * Math.exp(-t / 50))

describe('lossPicture', () => {
  test('names curves, floor, single Gaussian and best step, in original units', () => {
    const svg = lossPicture({
      losses: falling(1000),
      validationLosses: Float64Array.of(7, 4.3, 4.25, 4.5),
      validationEvery: 250,
      bestStep: 500,
      logScale: 1,
      entropyFloor: 4.224171,
      gaussianNll: 5.9,
    })
    expectSound(svg)
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        'training 5.200',
        'validation 5.500',
        'entropy floor 4.224',
        'single Gaussian 5.900',
        'best: step 500',
        'step',
        'nats per row',
      ]),
    )
  })

  test('calls the Gaussian conditional where it is one', () => {
    const svg = lossPicture({ losses: falling(100), gaussianNll: 5.9, conditional: true })
    expect(texts(svg)).toContain('conditional Gaussian 5.900')
  })

  test('shows the curve again, closer, where the single Gaussian would flatten it', () => {
    const wide = lossPicture({ losses: falling(1000), gaussianNll: 20 })
    const narrow = lossPicture({ losses: falling(1000), gaussianNll: 4.5 })
    expectApart(wide)
    expect(texts(wide)).toContain('the same, closer')
    expect(texts(narrow)).not.toContain('the same, closer')
  })

  test('an enormous first loss is told, and does not flatten the rest', () => {
    const losses = falling(1000)
    losses[0] = 1e6
    const svg = lossPicture({ losses })
    expect(texts(svg)).toContain(
      'Mean negative log-likelihood, for the data in their own units, against step. It reaches 1000000.000, above the picture.',
    )
    const numbers = texts(svg)
      .filter((text) => /^\d\.\d+$/.test(text))
      .map(Number)
    expect(Math.max(...numbers)).toBeLessThan(8)
    expect(numbers.length).toBeGreaterThan(3)
  })

  test('a validation loss that runs away is followed a while, and pointed after', () => {
    const svg = lossPicture({
      losses: falling(1000),
      validationLosses: Float64Array.from({ length: 100 }, (_, i) => 5 + i),
      validationEvery: 10,
    })
    expectSound(svg)
    expect(texts(svg)).toContain('validation 104.000 ↑')
    const numbers = texts(svg)
      .filter((text) => /^\d+(\.\d+)?$/.test(text) && !text.includes(','))
      .map(Number)
    expect(Math.max(...numbers.filter((value) => value < 100))).toBeLessThan(12)
  })

  test('a curve that leaves the picture twice is drawn in pieces, with nothing between them', () => {
    const validationLosses = Float64Array.from({ length: 100 }, (_, i) => (i < 40 || i === 80 ? 4.5 : 1000))
    const svg = lossPicture({ losses: falling(1000), validationLosses, validationEvery: 10 })
    const curves = parse(svg).filter(
      ({ name, attributes }) => name === 'path' && /^M[^h]*L[^h]*M[^h]*$/.test(attributes.d ?? ''),
    )
    expect(curves.length).toBeGreaterThanOrEqual(2)
    for (const { attributes } of curves) expect(attributes.d.match(/M/g)).toHaveLength(2)
  })

  test.each([
    ['one step', Float64Array.of(3)],
    ['equal losses', new Float64Array(100).fill(-2)],
    ['losses that are not finite', Float64Array.of(3, Number.NaN, Number.POSITIVE_INFINITY, 2)],
    ['no finite loss at all', Float64Array.of(Number.NaN)],
  ])('is sound with %s', (_name, losses) => {
    expectSound(lossPicture({ losses, bestStep: 0 }))
    expectSound(lossPicture({ losses, bestStep: -1, entropyFloor: -5, gaussianNll: 7 }))
  })

  test('a million noisy steps take less than 200 kB', () => {
    const losses = Float64Array.from({ length: 1e6 }, (_, t) => 4 + ((t * 7919) % 1000) / 1000)
    expect(lossPicture({ losses, bestStep: 123_456 }).length).toBeLessThan(200_000)
  })
})

describe('binLosses', () => {
  test('keeps the least and the greatest loss of a million steps, and their places to a bin', () => {
    const losses = new Float64Array(1e6).fill(2)
    losses[123_456] = 9
    losses[777_777] = -9
    const bins = binLosses(losses, 600)
    expect(bins).toHaveLength(600)
    const [high] = bins.filter(({ high }) => high === 9)
    const [low] = bins.filter(({ low }) => low === -9)
    expect(Math.abs(high.step - 123_456)).toBeLessThanOrEqual(1e6 / 600)
    expect(Math.abs(low.step - 777_777)).toBeLessThanOrEqual(1e6 / 600)
  })

  test('gives every loss of a short run its own step', () => {
    expect(binLosses(Float64Array.of(5, 3, Number.NaN, 1), 600, 10)).toEqual([
      { step: 0, mean: 5, low: 5, high: 5 },
      { step: 10, mean: 3, low: 3, high: 3 },
      { step: 30, mean: 1, low: 1, high: 1 },
    ])
  })
})

test('every line of the loss picture stays within its frame', () => {
  const losses = falling(2000)
  losses[1500] = 50
  const svg = lossPicture({ losses, bestStep: 1999 })
  const frame = parse(svg).find(({ name, attributes }) => name === 'rect' && attributes['aria-label'] === 'frame')
  const top = Number(frame?.attributes.y)
  const curve = parse(svg).filter(({ name, attributes }) => name === 'path' && (attributes.d?.length ?? 0) > 1000)
  expect(curve.length).toBeGreaterThan(0)
  for (const { attributes } of curve) {
    for (const [, y] of attributes.d.matchAll(/,(-?[\d.]+)/g)) expect(Number(y)).toBeGreaterThanOrEqual(top - 0.01)
  }
})

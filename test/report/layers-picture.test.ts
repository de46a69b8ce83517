import { affineCoupling, alternatingMask, flow, jang, leakyReLU } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { toMatrix } from '#data/rows.js'
import { cloudsToNoise, groupsByHeight } from '#report/clouds.js'
import { dataToNoisePicture, layersPicture, noiseToDataPicture } from '#report/layers-picture.js'
import { leakyReluPicture } from '#report/leaky-relu-picture.js'
import { squareWindows } from '#report/windows.js'
import { dotCount, expectApart, expectSound, texts } from './svg.js'

function tutorial(couplings: number, dim = 2) {
  const pairs = Array.from({ length: couplings }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(dim, i), hidden: [4] }),
  ])
  return flow(dim, pairs.flat(), { seed: 1 })
}

const data = toMatrix(jang(1024), 2, 'Data')
const isName = (text: string) => /^(data|random sample|\d+ · out of .*)$/.test(text)

describe('the layers of a flow', () => {
  test('data → noise has a panel for the data and for every layer, numbered and named by it', () => {
    const svg = dataToNoisePicture(tutorial(9), data)
    const layers = Array.from(
      { length: 18 },
      (_, i) => `${i + 1} · out of ${i % 2 === 0 ? 'Leaky ReLU' : 'Scale and Shift'}`,
    )
    expect(texts(svg).filter(isName)).toEqual(['data', ...layers])
    expect(dotCount(svg)).toBe(19 * 1000)
    expectApart(svg)
  })

  test('noise → data begins with a random sample and counts the same layers down', () => {
    const svg = noiseToDataPicture(tutorial(2))
    expect(texts(svg).filter(isName)).toEqual([
      'random sample',
      '4 · out of Scale and Shift',
      '3 · out of Leaky ReLU',
      '2 · out of Scale and Shift',
      '1 · out of Leaky ReLU',
    ])
  })

  test('a flow of 300 layers takes under 60 panels and 600 kB, and keeps the ends', () => {
    const svg = dataToNoisePicture(tutorial(150), data)
    const names = texts(svg).filter(isName)
    expect(names.length).toBeLessThanOrEqual(62)
    expect([names[0], names.at(-1)]).toEqual(['data', '300 · out of Scale and Shift'])
    expectSound(svg, { bytes: 600_000 })
  })

  test('more than two columns are said to be shadows on the first two', () => {
    expect(texts(noiseToDataPicture(tutorial(1, 5))).join(' ')).toContain('Coordinates 1 and 2 of 5.')
  })

  test('points that a panel leaves out are counted, and not mentioned where there are none', () => {
    const near = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i * i))
    const far = near.with(7, 1e4)
    const subtitle = (x: Float64Array) => texts(layersPicture([{ name: 'one', x, y: near }], 'Clouds', 2)).join(' ')
    expect(subtitle(far)).toContain('1 point lies outside its panel.')
    expect(subtitle(near)).not.toContain('outside')
  })

  test('clouds that are constant, or hold NaN, or lie at 1e6, are drawn', () => {
    const clouds = [0, Number.NaN, 1e6].map((value) => ({
      name: `at ${value}`,
      x: Float64Array.of(value, value),
      y: Float64Array.of(value, value),
    }))
    const svg = layersPicture(clouds, 'Clouds', 2)
    expectSound(svg)
    expect(dotCount(svg)).toBe(4)
  })
})

describe('squareWindows', () => {
  const cloud = (size: number, at = 0) => ({
    name: '',
    x: Float64Array.from({ length: 1000 }, (_, i) => at + (size * i) / 999),
    y: Float64Array.from({ length: 1000 }, (_, i) => -at + (size * ((i * 7) % 1000)) / 1999),
  })
  const side = ([low, high]: readonly [number, number]) => high - low

  test('are squares of one size that hold their clouds whole', () => {
    const clouds = [cloud(4), cloud(6, 3), cloud(2, -9)]
    const { windows, oneScale } = squareWindows(clouds)
    expect(oneScale).toBe(true)
    for (const [i, { x, y }] of windows.entries()) {
      expect(side(x)).toBeCloseTo(side(y), 9)
      expect(side(x)).toBeCloseTo(6 * 1.08, 9)
      expect(Math.min(...clouds[i].x)).toBeGreaterThan(x[0])
      expect(Math.max(...clouds[i].x)).toBeLessThan(x[1])
      expect(Math.min(...clouds[i].y)).toBeGreaterThan(y[0])
      expect(Math.max(...clouds[i].y)).toBeLessThan(y[1])
    }
  })

  test('take sizes a power of two apart where one cloud would dwarf the others', () => {
    const { windows, oneScale } = squareWindows([cloud(1), cloud(1.5), cloud(40)])
    expect(oneScale).toBe(false)
    expect(windows.map(({ x }) => Math.log2(side(x) / side(windows[0].x)))).toEqual([0, 1, 6])
  })
})

test('the data end of a trace is standardised like all other clouds', () => {
  const model = tutorial(1)
  model.scaler = { mean: Float64Array.of(100, 200), sd: Float64Array.of(10, 20) }
  const [first] = cloudsToNoise(
    model,
    toMatrix(
      [
        [110, 160],
        [95, 200],
      ],
      2,
      'Data',
    ),
  )
  expect([[...first.x], [...first.y]]).toEqual([
    [1, -0.5],
    [-2, 0],
  ])
})

test('colours cut the start cloud into slices of equal numbers, from low to high', () => {
  const y = Float64Array.of(5, -1, 3, 0)
  expect([...groupsByHeight({ name: '', x: y, y }, 2)]).toEqual([1, 0, 1, 0])
})

describe('leakyReluPicture', () => {
  test('has the slope in its title and each quadrant’s log-det: −0.313 a coordinate for α = 0.73105997', () => {
    const svg = leakyReluPicture(0.73105997, 'Layer 3, Leaky ReLU')
    expectSound(svg)
    expectApart(svg)
    const found = texts(svg)
    expect(found[0]).toBe('The effect of one leaky ReLU, slope α = 0.7311')
    expect(found.filter((text) => text.startsWith('ln|det|')).sort()).toEqual(
      ['ln|det| = 0', 'ln|det| = −0.313', 'ln|det| = −0.313', 'ln|det| = −0.627'].sort(),
    )
    expect(dotCount(svg)).toBe(2 * 81)
  })

  test.each([1e-9, 1, 5000])('is sound for α = %d', (alpha) => {
    expectSound(leakyReluPicture(alpha))
  })
})

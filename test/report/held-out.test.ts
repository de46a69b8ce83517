import { ensemble, flow, leakyReLU, reverse } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { toMatrix } from '#data/rows.js'
import { pitPicture, qqPicture } from '#report/calibration-pictures.js'
import { type Compared, comparedNoise, farthest, levels } from '#report/held-out.js'
import { standardNormals } from '../fixtures/normals.js'
import { dotCount, expectApart, expectSound, texts } from './svg.js'

const rows = toMatrix(
  [
    [3, 10],
    [1, 30],
    [2, 20],
  ],
  2,
  'Rows',
)

describe('comparedNoise', () => {
  test('is each coordinate of the noise that a flow maps rows onto, in ascending order', () => {
    const [z1, z2] = comparedNoise(flow(2, [reverse()]), rows, rows)
    expect([z1.name, [...z1.rows]]).toEqual(['z1', [10, 20, 30]])
    expect([z2.name, [...z2.samples]]).toEqual(['z2', [1, 2, 3]])
  })

  test('goes by the context of each row: an embedded one changes nothing of a flow that does not see it', () => {
    const given = flow(1, [leakyReLU()], { context: 1 })
    const [z1, ...others] = comparedNoise(given, rows, rows)
    expect([others.length, [...z1.rows]]).toEqual([0, [1, 2, 3]])
  })

  test('is the columns themselves for an ensemble', () => {
    const model = ensemble([flow(2, [reverse()]), flow(2, [reverse()], { seed: 1 })])
    expect(comparedNoise(model, rows, rows).map(({ name, rows }) => [name, ...rows])).toEqual([
      ['x1', 1, 2, 3],
      ['x2', 10, 20, 30],
    ])
  })
})

describe('levels', () => {
  const compared = (own: number[], samples: number[]): Compared => ({
    name: 'z1',
    rows: Float64Array.from(own),
    samples: Float64Array.from(samples),
  })

  test('are the share of samples below each row, half a sample from the ends', () => {
    expect([...levels(compared([0, 1.5, 9], [1, 2, 3]))]).toEqual([0.125, 0.375, 0.875])
  })

  test('lie nowhere far from uniform for equals, and as far as half for rows in the middle', () => {
    const even = Array.from({ length: 100 }, (_, i) => i)
    expect(farthest(compared(even, even))).toBeLessThan(0.02)
    expect(
      farthest(
        compared(
          even.map(() => 49.5),
          even,
        ),
      ),
    ).toBeCloseTo(0.495, 2)
  })
})

describe('pictures of held-out rows', () => {
  const normals = toMatrix(standardNormals(300, 14), 14, 'Rows')
  const model = flow(14, [reverse()])
  const shifted = { ...normals, data: normals.data.map((value, at) => (at % 14 === 3 ? value + 2 : value)) }
  const options = { model, compared: comparedNoise(model, shifted, normals), part: 'test' as const }

  test('have a panel for each coordinate, of many those farthest from what they should be', () => {
    for (const svg of [qqPicture(options), pitPicture(options)]) {
      expectSound(svg)
      expectApart(svg)
      const names = texts(svg).filter((text) => /^z\d+$/.test(text))
      // The flow turns the order of columns around: the fourth is the fourth from the end.
      expect([names.length, names[0]]).toEqual([12, 'z11'])
      expect(texts(svg).join(' ')).toMatch(/300 test rows\. The 12 of 14 that are farthest/)
    }
  })

  test('draw 200 quantiles of many rows, and those at the ends', () => {
    const one = { ...options, compared: options.compared.slice(0, 1) }
    const dots = dotCount(qqPicture(one))
    expect(dots).toBeGreaterThanOrEqual(195)
    expect(dots).toBeLessThanOrEqual(225)
  })

  test('say where the rows are the very ones trained on', () => {
    expect(texts(pitPicture({ ...options, part: 'training' })).join(' ')).toContain('which flatter the model')
  })
})

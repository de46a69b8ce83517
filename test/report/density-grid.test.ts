import { flow, leakyReLU, reverse } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { toMatrix } from '#data/rows.js'
import { densityGrid, regionLevels } from '#report/density-grid.js'
import { densityPicture } from '#report/density-picture.js'
import { parse, texts } from './svg.js'

/** Without layers a flow is the standard normal. */
const normal = flow(2, [reverse()])

describe('densityGrid', () => {
  test('a standard normal holds 0.46606 of its probability within one sd of both axes: (erf 1/√2)²', () => {
    expect(densityGrid(normal, [-1, 1], [-1, 1]).mass).toBeCloseTo(0.6826894921370859 ** 2, 4)
  })

  test('∫p = 1 to 1e-4 for a flow whose density jumps along the borders of cells', () => {
    const grid = densityGrid(flow(2, [leakyReLU()], { seed: 5 }), [-16, 16], [-16, 16], 320)
    expect(Math.abs(grid.mass - 1)).toBeLessThan(1e-4)
  })

  test('the first row is the one of smallest y, the first column that of smallest x', () => {
    const { logDensity, size } = densityGrid(normal, [0, 3], [0, 1], 10)
    expect(size).toBe(10)
    expect(logDensity[0]).toBeCloseTo(-Math.log(2 * Math.PI) - (0.15 ** 2 + 0.05 ** 2) / 2, 1)
    expect(logDensity[9] - logDensity[90]).toBeCloseTo((0.95 ** 2 - 2.85 ** 2) / 2 + (0.15 ** 2 - 0.05 ** 2) / 2, 1)
  })
})

describe('regionLevels', () => {
  test('a standard normal’s region of share s ends where ln p = −ln 2π + ln(1 − s)', () => {
    const levels = regionLevels(densityGrid(normal, [-6, 6], [-6, 6]), [0.5, 0.9, 0.99])
    for (const [i, share] of [0.5, 0.9, 0.99].entries()) {
      expect(levels[i]).toBeCloseTo(-Math.log(2 * Math.PI) + Math.log(1 - share), 1)
    }
  })

  test('there is no level for a share that the grid does not hold', () => {
    expect(regionLevels(densityGrid(normal, [0, 1], [0, 1]), [0.05, 0.5])[1]).toBeUndefined()
  })
})

test('the picture says how much probability it holds and what its colours mean', () => {
  const data = toMatrix(
    [
      [-1, -1],
      [1, 1],
    ],
    2,
    'Data',
  )
  const svg = densityPicture({ flow: normal, data, samples: data, columns: ['a', 'b'] })
  const found = texts(svg)
  const held = 100 * 0.7286678781072347 ** 2 // P(|x| < 1.1) = erf(1.1/√2)
  expect(found.join(' ')).toContain(`as a whole holds ${held.toFixed(1)} % of the probability`)
  expect(found).toEqual(expect.arrayContaining(['ln p, nats', '50 % inside']))
  expect(found).not.toContain('90 % inside')
  expect(found.join(' ')).toContain('The line encloses the smallest region with 50 % of the probability.')
  const [image] = parse(svg).filter(({ name }) => name === 'image')
  expect(image.attributes.href).toMatch(/^data:image\/png;base64,iVBORw0KGgo/)
})

test('its lines enclose the regions: a standard normal’s of share s is the circle of radius √(−2 ln(1 − s))', () => {
  const data = toMatrix(Float64Array.of(-4, -3.5, 5, 5.5), 2, 'Data')
  const elements = parse(densityPicture({ flow: normal, data, samples: data, columns: ['a', 'b'] }))
  const place = elements.find(({ name }) => name === 'image')?.attributes ?? {}
  const rings = elements.flatMap(({ name, attributes }) =>
    name === 'path' ? [...(attributes.d ?? '').matchAll(/M[^MZ]+Z/g)].map(([ring]) => ring) : [],
  )
  expect(rings).toHaveLength(3)
  for (const [i, share] of [0.5, 0.9, 0.99].entries()) {
    // The picture is as wide and as high as the data, 9, and a twentieth more at either end; y grows upwards.
    const corners = [...rings[i].matchAll(/([\d.]+),([\d.]+)/g)].map(([, x, y]) => [
      ((Number(x) - Number(place.x)) / Number(place.width)) * 9.9 - 4.45,
      (1 - (Number(y) - Number(place.y)) / Number(place.height)) * 9.9 - 3.95,
    ])
    const radius = Math.sqrt(-2 * Math.log(1 - share))
    expect(corners.length).toBeGreaterThan(100)
    expect(Math.max(...corners.map(([x, y]) => Math.abs(Math.hypot(x, y) - radius)))).toBeLessThan(0.02)
    expect(Math.max(...corners.map(([x]) => x))).toBeCloseTo(radius, 1)
  }
})

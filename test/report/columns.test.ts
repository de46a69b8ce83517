import { describe, expect, test } from 'vitest'
import { matrixSource } from '#data/row-source.js'
import { toMatrix } from '#data/rows.js'
import { commonDomain, countOutside, evenRows, thinRows } from '#report/columns.js'
import { histogram } from '#report/histogram.js'
import { marginalsPicture } from '#report/marginals-picture.js'
import { pairsPicture } from '#report/pairs-picture.js'
import { samplesPicture } from '#report/samples-picture.js'
import { dotCount, expectApart, expectSound, parse, texts } from './svg.js'

const points = (rows: number, dim: number, step: number) =>
  toMatrix(
    Array.from({ length: rows }, (_, i) => Array.from({ length: dim }, (_, j) => ((i * (step + j)) % 97) / 97)),
    dim,
    'Points',
  )

describe('evenRows', () => {
  test.each([1, 3, 10, 499, 500, 900])(
    'takes %i rows from blocks of any size as thinRows from a matrix',
    async (most) => {
      const matrix = points(500, 3, 7)
      for (const step of [1, 6, 50, 500]) {
        const source = {
          rows: 500,
          columns: 3,
          *blocks() {
            for (let first = 0; first < 500; first += step) yield matrix.data.slice(3 * first, 3 * (first + step))
          },
        }
        const { data, rows } = await evenRows(source, most)
        const thin = thinRows(matrix, most)
        expect(data.subarray(0, thin.data.length)).toEqual(thin.data)
        expect(rows).toBe(most < 500 ? most + 6 : 500)
      }
    },
  )

  test('keeps the extremes of every column, with their rows', async () => {
    const data = Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i))
    data.set([500, 0.25], 2 * 3)
    data.set([-0.5, -70], 2 * 997)
    const { data: kept, rows } = await evenRows(matrixSource({ data, rows: 1000, columns: 2 }), 100)
    expect(rows).toBe(104)
    const [leastX, leastY, greatestX, greatestY] = [0, 1, 2, 3].map((i) => [...kept.slice(200 + 2 * i, 202 + 2 * i)])
    expect([leastY, greatestX]).toEqual([
      [-0.5, -70],
      [500, 0.25],
    ])
    const column = (j: number) => data.filter((_, at) => at % 2 === j)
    expect([leastX[0], greatestY[1]]).toEqual([Math.min(...column(0)), Math.max(...column(1))])
  })
})

describe('commonDomain', () => {
  test('holds all of data without outliers, and all samples but the 0.2 % that stray at either end', () => {
    const samples = Float64Array.from({ length: 1000 }, (_, i) => i / 100)
    samples[0] = -1e6
    const [low, high] = commonDomain(Float64Array.of(-3, 7), samples)
    expect(low).toBeLessThan(-3)
    expect(low).toBeGreaterThan(-5)
    expect(high).toBeGreaterThan(9.97)
    expect(high).toBeLessThan(11)
  })

  test('leaves the data half of the axis, however wide the samples lie', () => {
    const [low, high] = commonDomain(Float64Array.of(0, 10), Float64Array.of(-1e4, 1e4))
    expect(low).toBeCloseTo(-6, 9)
    expect(high).toBeCloseTo(16, 9)
  })

  test.each([0, 5, -1.7e9])('gives room around values that are all %d', (value) => {
    const [low, high] = commonDomain(Float64Array.of(value, value), Float64Array.of(value))
    expect(low).toBeLessThan(value)
    expect(high).toBeGreaterThan(value)
  })
})

describe('samplesPicture', () => {
  test('shows as many samples as data, on the same axes', () => {
    const svg = samplesPicture({ data: points(500, 2, 3), samples: points(4000, 2, 5), columns: ['width', 'height'] })
    expectSound(svg)
    expectApart(svg)
    expect(dotCount(svg)).toBe(1000)
    const found = texts(svg)
    expect(found).toEqual(
      expect.arrayContaining(['Data beside samples', 'data: 500 rows', 'samples from the flow: 500 rows']),
    )
    expect(found.filter((text) => text === 'width')).toHaveLength(2)
    const half = (found.length - 2) / 2
    const numbers = (part: string[]) => part.filter((text) => /^−?[\d.]+$/.test(text))
    expect(numbers(found.slice(2, 2 + half))).toEqual(numbers(found.slice(2 + half)))
  })

  test('says how many of the samples lie outside', () => {
    const samples = toMatrix([...Array.from({ length: 999 }, (_, i) => [i / 999, 0.5]), [1e9, 0.5]], 2, 'Samples')
    const svg = samplesPicture({ data: points(1000, 2, 3), samples, columns: ['a', 'b'] })
    expect(texts(svg)[1]).toContain('0.1 % of the samples lie outside.')
    expect(dotCount(svg)).toBe(1999)
  })

  test('draws constant samples and two rows', () => {
    const constant = toMatrix(
      [
        [1, 1],
        [1, 1],
      ],
      2,
      'Samples',
    )
    expect(dotCount(samplesPicture({ data: constant, samples: constant, columns: ['a', 'b'] }))).toBe(4)
  })
})

describe('marginalsPicture', () => {
  test('has one panel a column, named by it', () => {
    const columns = ['a', 'b', 'c', 'd', 'e']
    const svg = marginalsPicture({ data: points(300, 5, 3), samples: points(4000, 5, 7), columns })
    expectApart(svg)
    expect(parse(svg).filter(({ name }) => name === 'svg')).toHaveLength(6)
    expect(texts(svg).filter((text) => columns.includes(text))).toEqual(columns)
    expect(texts(svg)).toEqual(expect.arrayContaining(['data', 'samples from the flow', 'density']))
  })
})

describe('samples beyond the axes', () => {
  const far = [
    [1e9, 0.5],
    [0.5, -1e9],
  ]
  const samples = toMatrix([...Array.from({ length: 998 }, (_, i) => [i / 998, 0.5]), ...far], 2, 'Samples')
  const options = { data: points(1000, 2, 3), samples, columns: ['a', 'b'] }

  test('count in the area of a histogram, which says so', () => {
    expect(texts(marginalsPicture(options)).join(' ')).toContain(
      'has area 1 with what lies outside. 0.2 % of the samples lie outside.',
    )
  })

  test('are counted among those of a picture of pairs', () => {
    const every = { ...options, data: points(500, 2, 3), samples: toMatrix([...far, ...far, [0.5, 0.5]], 2, 'Samples') }
    expect(texts(pairsPicture(every)).join(' ')).toMatch(
      /^Pairs of columns 5 rows of each\. .* 80 % of the samples lie outside/,
    )
  })
})

describe('pairsPicture', () => {
  test('is a lower triangle with its diagonal: 21 cells for six columns, names at the outer ones', () => {
    const columns = ['a', 'b', 'c', 'd', 'e', 'f']
    const svg = pairsPicture({ data: points(300, 6, 3), samples: points(300, 6, 5), columns })
    expectApart(svg)
    expect(parse(svg).filter(({ name }) => name === 'svg')).toHaveLength(1 + 21)
    expect(
      texts(svg)
        .filter((text) => columns.includes(text))
        .sort(),
    ).toEqual([...'abcdef', ...'bcdef'].sort())
    expect(texts(svg).join(' ')).toMatch(/The worst fitted: [a-f] and [a-f]\./)
  })
})

test('a histogram has area 1, puts an upper edge into the last bin, and leaves out what lies outside', () => {
  const { heights, edges } = histogram(Float64Array.of(0, 0.1, 0.6, 2), [0, 2], 4)
  expect([...edges]).toEqual([0, 0.5, 1, 1.5, 2])
  expect([...heights]).toEqual([1, 0.5, 0, 0.5])
  expect([...histogram(Float64Array.of(-1, 1), [0, 2], 1).heights]).toEqual([0.25])
})

test('rows are thinned evenly and counted outside by any column', () => {
  const matrix = toMatrix(
    [
      [0, 0],
      [1, 9],
      [2, 0],
      [9, 0],
    ],
    2,
    'Points',
  )
  expect([...thinRows(matrix, 2).data]).toEqual([0, 0, 2, 0])
  expect(
    countOutside(matrix, [
      [0, 5],
      [0, 5],
    ]),
  ).toBe(2)
})

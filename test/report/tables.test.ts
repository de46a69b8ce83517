import { describe, expect, test } from 'vitest'
import { toMatrix } from '#data/rows.js'
import { countCells } from '#report/cells.js'
import { marginalsPicture } from '#report/marginals-picture.js'
import { columnMisfits, worstPairs } from '#report/misfit.js'
import { pairsPicture } from '#report/pairs-picture.js'
import { runsPicture } from '#report/runs-picture.js'
import { samplesPicture } from '#report/samples-picture.js'
import { standardNormals } from '../fixtures/normals.js'
import { dotCount, expectApart, expectSound, parse, texts } from './svg.js'

const matrix = (rows: number[][]) => toMatrix(rows, rows[0].length, 'Rows')
const normals = (rows: number, columns: number) => standardNormals(rows, columns).map((row) => [...row])
const names = (count: number) => Array.from({ length: count }, (_, j) => `c${j + 1}`)
const images = (svg: string) => parse(svg).filter(({ name }) => name === 'image').length

test('countCells puts each point into its cell, an upper edge into the last one, and none from outside', () => {
  const { counts } = countCells(
    [0, 0.4, 1, 2],
    [0, 0.9, 1, 0],
    [
      [0, 1],
      [0, 1],
    ],
    2,
  )
  expect([...counts]).toEqual([1, 0, 1, 1])
})

describe('axes of a table', () => {
  test('one value of 1e9 among 1000 leaves the bulk its bins, and is told', () => {
    const rows = normals(1000, 2)
    rows[7][0] = 1e9
    const svg = marginalsPicture({ data: matrix(rows), samples: matrix(normals(1000, 2)), columns: ['a', 'b'] })
    expect(texts(svg).join(' ')).toContain('0.1 % of the data lie outside.')
    expect(texts(svg).some((text) => text.includes('000,000'))).toBe(false)
  })

  test('a cluster of 2 % far away stays', () => {
    const rows = normals(1000, 1).map(([x], i) => [i % 50 === 0 ? x + 400 : x])
    const svg = marginalsPicture({ data: matrix(rows), samples: matrix(normals(1000, 1)), columns: ['a'] })
    expect(texts(svg)).toContain('400')
    expect(texts(svg).join(' ')).not.toContain('outside')
  })

  test('a column that is 0 but for a few rows shows them all', () => {
    const rows = Array.from({ length: 500 }, (_, i) => [i === 3 ? 80 : 0])
    const svg = marginalsPicture({ data: matrix(rows), samples: matrix(rows), columns: ['a'] })
    expect(texts(svg)).toContain('80')
  })
})

describe('many rows', () => {
  const many = matrix(normals(4000, 3))
  const options = { data: many, samples: many, columns: names(3) }

  test('give way to cells, in pairs and beside samples', () => {
    const pairs = pairsPicture(options)
    expectSound(pairs)
    expect([dotCount(pairs), images(pairs)]).toEqual([0, 3])
    expect(texts(pairs).join(' ')).toContain('lines enclose half and 90 % of the samples')
    const two = matrix(normals(4000, 2))
    const beside = samplesPicture({ data: two, samples: two, columns: names(2) })
    expect([dotCount(beside), images(beside)]).toEqual([0, 2])
    // On dark paper more rows are lighter.
    for (const svg of [pairs, beside]) expect(texts(svg).join(' ')).toMatch(/stronger the colour(?!.*darker)/)
  })

  test('fewer are dots, 500 of each', () => {
    const some = matrix(normals(1000, 2))
    const svg = pairsPicture({ data: some, samples: some, columns: names(2) })
    expect(images(svg)).toBe(0)
    expect(dotCount(svg)).toBeGreaterThan(990)
  })
})

describe('misfit', () => {
  /** Columns 1 and 2 are alike alone, but go with each other in the data and against each other in the samples. */
  const data = normals(2000, 8).map(([x, y, ...rest]) => [x, x + 0.3 * y, ...rest])
  const samples = normals(2000, 8).map(([x, y, ...rest]) => [x, -x - 0.3 * y, ...rest])

  test('is 0 of a column beside itself and 2 of columns that have no cell in common', () => {
    expect(columnMisfits(matrix(data), matrix(data))).toEqual(Array.from({ length: 8 }, () => 0))
    const far = matrix(data.map((row) => row.map(() => 1e6)))
    expect(columnMisfits(far, matrix(data.map((row) => row.map(() => 2e6))))[0]).toBeCloseTo(2, 9)
  })

  test('finds the pair that columns alone do not show', () => {
    const [first, second] = worstPairs(matrix(data), matrix(samples))
    expect([first.across, first.up]).toEqual([0, 1])
    expect(first.misfit).toBeGreaterThan(4 * second.misfit)
  })

  test('of seven columns and more the worst pairs are drawn, the worst first', () => {
    const svg = pairsPicture({ data: matrix(data), samples: matrix(samples), columns: names(8) })
    expectSound(svg)
    expectApart(svg)
    expect(
      texts(svg)
        .filter((text) => /^c\d$/.test(text))
        .slice(0, 2),
    ).toEqual(['c1', 'c2'])
    expect(texts(svg).join(' ')).toContain('12 of 28 pairs')
  })

  test('of more than 24 columns those that differ most are drawn alone', () => {
    const wide = matrix(normals(200, 30))
    const off = { ...wide, data: wide.data.map((value, at) => (at % 30 === 17 ? value + 3 : value)) }
    const svg = marginalsPicture({ data: wide, samples: off, columns: names(30) })
    const found = texts(svg).filter((text) => /^c\d+$/.test(text))
    expect([found.length, found[0]]).toEqual([24, 'c18'])
    expect(texts(svg).join(' ')).toContain('The 24 of 30 that differ most.')
  })
})

test('runsPicture names each run with its mean', () => {
  const svg = runsPicture(
    [
      { name: 'runs/a', mean: 2.5, standardError: 0.1 },
      { name: `runs/<b>${'w'.repeat(99)}`, mean: -1, standardError: null },
    ],
    'test rows',
  )
  expectSound(svg)
  expect(texts(svg)).toEqual(
    expect.arrayContaining(['runs/a  2.500', expect.stringMatching(/^runs\/<b>w+… {2}−1\.000$/)]),
  )
})

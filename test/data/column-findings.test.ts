import { describe, expect, test } from 'vitest'
import { findDependence, findNearDependence } from '#data/dependence.js'
import { findFills } from '#data/fill-values.js'
import { ApartCheck } from '#data/merging.js'
import { randomStream } from '#random/stream.js'

function table(rows: number, make: (normal: () => number, i: number) => number[], seed = 1) {
  const stream = randomStream(seed, 77, 0)
  const all = Array.from({ length: rows }, (_, i) => make(() => stream.normal(), i))
  return { data: Float64Array.from(all.flat()), rows, columns: all[0].length }
}

describe('a fill value', () => {
  const among = (value: number, every: number) =>
    table(1000, (normal, i) => [i % every === 0 ? value : 15 + 5 * normal(), normal()])

  test.each([9.96921e36, -9999, 1e20])('%d is found in 2 % of N(15, 5)', (value) => {
    expect(findFills(among(value, 50))).toEqual([expect.objectContaining({ column: 0, value, count: 20, rows: 1000 })])
  })

  test('is found in 3 rows and not in 2', () => {
    expect(findFills(among(-9999, 400)).length).toBe(1)
    expect(findFills(among(-9999, 500)).length).toBe(0)
  })

  test('is found beside another one, on the same side and on the other', () => {
    const two = (a: number, b: number) => table(900, (normal, i) => [i % 30 === 0 ? a : i % 30 === 1 ? b : normal()])
    expect(findFills(two(-9999, -8888)).map(({ value }) => value)).toEqual([-9999, -8888])
    expect(findFills(two(-9999, 9999)).map(({ value }) => value)).toEqual([-9999, 9999])
  })

  test('is found as 999 among counts to 30, and 0 among pressures about 1013', () => {
    const days = table(1000, (_, i) => [i % 4 === 0 ? i % 30 : 999])
    expect(findFills(days)[0].value).toBe(999)
    expect(findFills(table(1000, (normal, i) => [i % 20 === 0 ? 0 : 1013 + normal()]))[0].value).toBe(0)
  })

  test('are neither the zeros of a column of counts, nor a single outlier, nor one of two values', () => {
    expect(findFills(table(1000, (normal, i) => [i % 3 === 0 ? 0 : Math.round(20 + 3 * normal())]))).toEqual([])
    expect(findFills(table(1000, (normal, i) => [i === 7 ? 1e9 : normal()]))).toEqual([])
    expect(findFills(table(1000, (_, i) => [i % 100 === 0 ? 1000 : 0]))).toEqual([])
  })

  test('is not in heavy tails: Cauchy, a lognormal of σ = 3 and one rounded to whole numbers', () => {
    const tails = table(5000, (normal) => {
      const skewed = Math.exp(3 * normal())
      return [normal() / normal(), skewed, Math.round(skewed)]
    })
    expect(findFills(tails)).toEqual([])
  })
})

describe('a column that others determine', () => {
  test.each<[string, (normal: () => number) => number[], number, number[]]>([
    ['f = 2c + 1', (n) => ((c) => [c, n(), 2 * c + 1])(n()), 2, [0]],
    ['a copy', (n) => ((c) => [n(), c, c])(n()), 2, [1]],
    ['a total of three', (n) => (([a, b, c]) => [a, b, c, a + b + c])([n(), n(), n()]), 3, [0, 1, 2]],
    ['a total that comes first', (n) => (([a, b]) => [a + b, a, b])([n(), n()]), 2, [0, 1]],
  ])('is found with those it depends on: %s', (_, make, column, of) => {
    expect(findDependence(table(1000, make), make(() => 0).length)).toEqual([{ column, of }])
  })

  test.each([1, 1e-3, 1e-6, 1e-8])('is not one that adds %d of its own', (e) => {
    expect(
      findDependence(
        table(2000, (n) => ((x) => [x, x + e * n()])(n())),
        2,
      ),
    ).toEqual([])
  })

  test('is found among what it is given, but not what is given among itself', () => {
    const rows = table(1000, (n) => (([a, b]) => [2 * a - b, a, b, a + b])([n(), n()]))
    expect(findDependence(rows, 1)).toEqual([{ column: 0, of: [1, 2] }])
  })

  test('of five columns with two copies, both are found', () => {
    const rows = table(1000, (n) => (([a, b, c]) => [a, b, a, c, -3 * b])([n(), n(), n()]))
    expect(findDependence(rows, 5)).toEqual([
      { column: 2, of: [0] },
      { column: 4, of: [1] },
    ])
  })
})

describe('a column that others nearly determine', () => {
  test('is a total that in 70 % of the rows is the sum of its parts, wherever it stands', () => {
    for (const first of [true, false]) {
      const rows = table(2000, (n, i) => {
        const [a, b] = [n(), n()]
        const total = i % 10 < 7 ? a + b : 3 * n()
        return first ? [total, a, b] : [a, b, total]
      })
      const [found, ...others] = findNearDependence(rows, 3, findDependence(rows, 3))
      expect(others).toEqual([])
      expect(found).toMatchObject(first ? { column: 0, of: [1, 2] } : { column: 2, of: [0, 1] })
      expect(found.share).toBeCloseTo(0.7, 2)
    }
  })

  test('is x + 1e-6·noise', () => {
    const rows = table(2000, (n) => ((x) => [x, x + 1e-6 * n()])(n()))
    expect(findNearDependence(rows, 2, [])).toEqual([{ column: 1, of: [0] }])
  })

  test('is none of independent columns, of correlated ones, and of two that are mostly 0 together', () => {
    expect(
      findNearDependence(
        table(2000, (n) => [n(), n(), n()]),
        3,
        [],
      ),
    ).toEqual([])
    expect(
      findNearDependence(
        table(2000, (n) => ((x) => [x, 0.9 * x + 0.4 * n()])(n())),
        2,
        [],
      ),
    ).toEqual([])
    const zeros = table(2000, (n, i) => (i % 10 < 7 ? [0, 0] : ((x) => [x, x + n()])(n())))
    expect(findNearDependence(zeros, 2, [])).toEqual([])
  })
})

describe('values that merge in float32', () => {
  const check = (scale: number, rows = 5000) => {
    const apart = new ApartCheck(rows, 2)
    for (let first = 0; first < rows; first += 1000) {
      const x = table(Math.min(1000, rows - first), (n, i) => [n(), first + i]).data
      apart.add(
        x,
        Float32Array.from(x, (value, at) => (at % 2 === 0 ? value + scale : value)),
      )
    }
    return () => apart.end((j) => `Column ${j}`)
  }

  test('are refused where they lie on 1e6, not where they lie on 1e3', () => {
    expect(check(1e3)).not.toThrow()
    expect(check(1e6)).toThrow(
      /^Column 0 loses its values in float32, as it is scaled: of \d+ different ones \d+ are left/,
    )
  })
})

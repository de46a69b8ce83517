import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTable } from '#data/table.js'
import { formatHeader, formatRows, formatTable, shortestFloat32, type TableNumbers } from '#data/write-table.js'

const text = (data: TableNumbers, columns: number) => [...formatRows(data, columns)].join('')

describe('formatRows', () => {
  test('writes shortest numbers, rows as lines', () => {
    expect(text(Float64Array.of(0.1, 1 / 3, -0, 1e21, -Infinity, NaN), 2)).toBe(
      '0.1,0.3333333333333333\n-0,1e+21\n-Infinity,NaN\n',
    )
  })

  test('writes float32 with the digits of float32', () => {
    // The digits of numpy's str(np.float32(v)).
    const values = Float32Array.of(0.1, 1 / 3, 16777216, 3.4028235e38, 1e-45, 123456.7891, -0, Infinity)
    expect(text(values, 8)).toBe('0.1,0.33333334,16777216,3.4028235e+38,1e-45,123456.79,-0,Infinity\n')
  })

  test('shortestFloat32 gives float64 a float32 that it writes as shortly', () => {
    const shortest = [0.1, -5.3, 1 / 3, -0, -Infinity].map((x) => shortestFloat32(Math.fround(x)))
    expect(text(Float64Array.from(shortest), 5)).toBe('0.1,-5.3,0.33333334,-0,-Infinity\n')
  })

  test('every float64 and every float32 reads back with the same bits', () => {
    const f64 = fc.double({ noNaN: true })
    fc.assert(
      fc.property(f64, (x) => Object.is(Number(text(Float64Array.of(x), 1)), x)),
      { seed: 1, numRuns: 2000 },
    )
    const f32 = fc.float({ noNaN: true })
    fc.assert(
      fc.property(f32, (x) => Object.is(Math.fround(Number(text(Float32Array.of(x), 1))), x)),
      { seed: 2, numRuns: 2000 },
    )
  })

  test('a number is written alike beside an infinity and without', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 5 }), (row) => {
        const alone = text(Float64Array.from(row), row.length)
        expect(text(Float64Array.of(...row, Infinity), row.length + 1)).toBe(alone.replace('\n', ',Infinity\n'))
      }),
      { seed: 3, numRuns: 2000 },
    )
  })

  test('many rows come in pieces of whole lines', () => {
    const data = Float64Array.from({ length: 30_000 }, (_, i) => i)
    const pieces = [...formatRows(data, 3)]
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true)
    expect(pieces.join('').trimEnd().split(/[\n,]/).map(Number)).toEqual([...data])
  })
})

describe('formatTable', () => {
  const collect = async (pieces: AsyncIterable<string>) => {
    let all = ''
    for await (const piece of pieces) all += piece
    return all
  }

  test('quotes names where they need it', () => {
    expect(formatHeader(['x1', 'a,b', 'say "hi"', 'two\nlines', ' edge'])).toBe(
      'x1,"a,b","say ""hi""","two\nlines"," edge"\n',
    )
  })

  test('what it writes, block by block, parseTable reads', async () => {
    const blocks = async function* () {
      yield Float64Array.of(1, 2.5)
      yield Float64Array.of(-3, 4e-5, 1 / 3, 0)
    }
    const names = ['a,b', 'c']
    const table = parseTable(await collect(formatTable(names, blocks())))
    expect(table.columns).toEqual(names)
    expect([...table.data]).toEqual([1, 2.5, -3, 4e-5, 1 / 3, 0])
    expect(await collect(formatTable(names, [Float64Array.of(1, 2)]))).toBe('"a,b",c\n1,2\n')
  })
})

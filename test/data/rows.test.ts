import ndarray, { type NdArray } from 'ndarray'
import { describe, expect, test } from 'vitest'
import { drawnMatrix, type Rows, toMatrix } from '#data/rows.js'

const SIX = [1, 2, 3, 4, 5, 6]

describe('toMatrix reads the same points from every form', () => {
  const wide = Float64Array.from({ length: 40 }, (_, i) => i)
  // Rows 2, 1, 0 and columns 1, 3 of a 4 × 10 grid, read against the grain.
  const strided = ndarray(wide, [4, 10]).lo(0, 1).hi(3, 3).step(-1, 2)
  const forms: [string, Rows][] = [
    ['number[][]', [SIX.slice(0, 2), SIX.slice(2, 4), SIX.slice(4)]],
    ['Float64Array', Float64Array.from(SIX)],
    ['Float32Array', Float32Array.from(SIX)],
    ['NdArray of float64', ndarray(Float64Array.from(SIX), [3, 2])],
    ['NdArray of a plain array', ndarray(SIX, [3, 2])],
    ['NdArray of int32', ndarray(Int32Array.from(SIX), [3, 2])],
    ['transposed NdArray', ndarray(Float32Array.of(1, 3, 5, 2, 4, 6), [2, 3]).transpose(1, 0)],
    ['rows as typed arrays', [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)] as unknown as Rows],
  ]
  test.each(forms)('%s', (_, input) => {
    const matrix = toMatrix(input, 2, 'Batch')
    expect([...matrix.data]).toEqual(SIX)
    expect([matrix.rows, matrix.columns]).toEqual([3, 2])
  })

  test('a strided, reversed view', () => {
    expect([...toMatrix(strided, 2, 'Batch').data]).toEqual([21, 23, 11, 13, 1, 3])
  })

  test('flat arrays and contiguous NdArrays are shared, others copied', () => {
    const flat = Float32Array.from(SIX)
    expect(toMatrix(flat, 2, 'Batch').data.buffer).toBe(flat.buffer)
    expect(toMatrix(ndarray(flat, [3, 2]).lo(1, 0), 2, 'Batch').data).toEqual(flat.subarray(2))
    expect(toMatrix(ndarray(flat, [3, 2]).lo(1, 0), 2, 'Batch').data.buffer).toBe(flat.buffer)
    expect(toMatrix(ndarray(flat, [2, 3]).hi(2, 2), 2, 'Batch').data).toEqual(Float32Array.of(1, 2, 4, 5))
  })

  test('no rows are a matrix of no rows', () => {
    for (const none of [[], new Float32Array(0), ndarray(new Float64Array(0), [0, 2])]) {
      expect(toMatrix(none, 2, 'Batch')).toMatchObject({ rows: 0, columns: 2 })
    }
  })
})

describe('toMatrix says what is wrong', () => {
  const wrong = (input: unknown, columns = 2) => {
    try {
      toMatrix(input as Rows, columns, 'Batch')
      return 'nothing'
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`
    }
  }
  test.each([
    [ndarray(new Float32Array(9), [3, 3]), 'UsageError: Batch has 3 columns, but this flow expects 2.'],
    [[[1, 2], [3]], 'UsageError: Batch has 1 column in row 1, but this flow expects 2.'],
    [[1, 2], 'UsageError: Batch has the number 1 as row 0; each row is an array of 2 numbers.'],
    [[[1, '2']], 'DataError: Batch has "2" in row 0, column 1; expected a number.'],
    [[[1, null]], 'DataError: Batch has null in row 0, column 1; expected a number.'],
    [ndarray(new Float32Array(6), [6]), 'UsageError: Batch is an NdArray of shape [6]; expected [rows, 2].'],
    [
      new Float32Array(5),
      'UsageError: Batch has 5 numbers in a flat array, but this flow expects rows of 2: give a multiple of 2.',
    ],
    [new Map(), 'UsageError: Batch is a Map; give number[][], an NdArray [rows, 2], a Float32Array or a Float64Array.'],
    [
      undefined,
      'UsageError: Batch is undefined; give number[][], an NdArray [rows, 2], a Float32Array or a Float64Array.',
    ],
    [
      [
        [1, 2],
        [3, NaN],
      ],
      'DataError: Batch has NaN in row 1, column 1 (counted from 0); remove the row or fill the value in.',
    ],
    [
      Float32Array.of(1, -Infinity),
      'DataError: Batch has -Infinity in row 0, column 1 (counted from 0); remove the row or fill the value in.',
    ],
  ])('%o', (input, message) => {
    expect(wrong(input)).toBe(message)
  })

  test('infinities pass where asked for, NaN never', () => {
    expect([...toMatrix([[Infinity, -Infinity]], 2, 'Batch', { infinite: true }).data]).toEqual([Infinity, -Infinity])
    expect(() => toMatrix([[0, NaN]], 2, 'Batch', { infinite: true })).toThrow('Batch has NaN in row 0, column 1')
  })

  test.each([
    ['float32', Float32Array],
    ['float64', Float64Array],
  ])('one bad number is found wherever it stands, of %s, and the largest finite one is none', (name, Floats) => {
    const largest = name === 'float32' ? 2 ** 128 - 2 ** 104 : Number.MAX_VALUE
    // A view that begins within its buffer, and ends within a block of what is checked at a time.
    const data = new Floats(10_003).fill(-largest).subarray(1)
    expect(toMatrix(data, 2, 'Batch').rows).toBe(5001)
    for (const at of [0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 10_000, 10_001]) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        data[at] = bad
        expect(() => toMatrix(data, 2, 'Batch')).toThrow(`has ${bad} in row ${at >> 1}, column ${at & 1}`)
      }
      data[at] = largest
    }
  })

  test('a number NdArray of any element type is accepted by the types', () => {
    const generic: NdArray = ndarray([1, 2])
    expect(() => toMatrix(generic, 2, 'Batch')).toThrow('shape [2]')
  })
})

test('a flow that draws NaN is to blame itself, and infinite samples are samples', () => {
  expect(() => drawnMatrix(Float64Array.of(1, 2, 3, Number.NaN), 2)).toThrow(
    /^The flow draws NaN \(sample 1, column 1, counted from 0\): .*lower learning rate/,
  )
  expect(drawnMatrix(Float64Array.of(1, Number.POSITIVE_INFINITY), 2).rows).toBe(1)
})

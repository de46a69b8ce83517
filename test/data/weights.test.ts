import ndarray from 'ndarray'
import { describe, expect, test } from 'vitest'
import { GaussianFit } from '#data/gaussian.js'
import { evenRows } from '#data/row-sample.js'
import { matrixSource } from '#data/row-source.js'
import { toMatrix } from '#data/rows.js'
import { fitStandardiser, ScalerFit } from '#data/scaler.js'

const rows = Array.from({ length: 40 }, (_, i) => [Math.sin(7 * i) + 100, (i * i) % 11])
/** 0, 1, 2, 0, 1, 2, … */
const weights = Float64Array.from(rows, (_, i) => i % 3)
const repeated = rows.flatMap((row, i) => Array.from({ length: i % 3 }, () => row))
const source = (points: number[][]) => matrixSource(toMatrix(points, 2, 'Rows'))
const close = (expected: ArrayLike<number>) => Array.from(expected, (value) => expect.closeTo(value, 12))

describe('a row of weight 2 counts as if it were there twice, and one of weight 0 as if it were not,', () => {
  test('for the scaler, in whatever blocks', async () => {
    const twice = await fitStandardiser(source(repeated), undefined, 2)
    const weighted = await fitStandardiser(source(rows), undefined, 2, weights)
    expect([...weighted.mean, ...weighted.sd]).toEqual(close([...twice.mean, ...twice.sd]))
    const fit = new ScalerFit(2)
    for (let first = 0; first < rows.length; first += 7) {
      const block = rows.slice(first, first + 7)
      fit.add(ndarray(Float64Array.from(block.flat()), [block.length, 2]), weights.slice(first, first + 7))
    }
    const inBlocks = fit.end()
    expect([...inBlocks.mean, ...inBlocks.sd]).toEqual(close([...twice.mean, ...twice.sd]))
  })

  test('for a column that is constant but where the weight is 0', async () => {
    const points = rows.map(([x], i) => [x, i === 3 ? 5 : 4])
    await expect(fitStandardiser(source(points), undefined, 2, weights)).rejects.toThrow(/Column 1 is constant \(4/)
  })

  test('for the Gaussian', () => {
    const [twice, weighted] = [new GaussianFit(2), new GaussianFit(2)]
    twice.add(Float64Array.from(repeated.flat()))
    for (let first = 0; first < rows.length; first += 9) {
      weighted.add(Float64Array.from(rows.slice(first, first + 9).flat()), weights.subarray(first, first + 9))
    }
    expect([...weighted.end().mean]).toEqual(close(twice.end().mean))
    expect([...weighted.end().cholesky]).toEqual(close(twice.end().cholesky))
  })

  test('for a sample of as many rows as the weights sum up to', async () => {
    expect([...(await evenRows(source(rows), repeated.length, weights)).data]).toEqual(repeated.flat())
  })
})

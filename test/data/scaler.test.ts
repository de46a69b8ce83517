import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import { describe, expect, test } from 'vitest'
import { RowTransform } from '#data/row-transform.js'
import { toMatrix } from '#data/rows.js'
import { identityScaler, logScale, rowsOutside, ScalerFit, STANDARDISED_BOUND } from '#data/scaler.js'

const columnsOf = (...columns: number[][]) =>
  ndarray(Float64Array.from(columns.flat()), [columns.length, columns[0].length]).transpose(1, 0)

/** The scaler of x [rows, dim], taken in blocks of so many rows. */
function fitScaler(x: NdArray, names?: readonly string[], blockRows = x.shape[0]) {
  const fit = new ScalerFit(x.shape[1], names)
  for (let first = 0; first < x.shape[0]; first += blockRows) {
    fit.add(x.lo(first, 0).hi(Math.min(blockRows, x.shape[0] - first), x.shape[1]))
  }
  return fit.end()
}

describe('ScalerFit', () => {
  test('gives the mean and the population sd of numpy, on any strides', () => {
    // numpy: np.mean, np.std of [2, 4, 4, 4, 5, 5, 7, 9] and [1, 2, 4, 8, 16, 32, 64, 128].
    const scaler = fitScaler(columnsOf([2, 4, 4, 4, 5, 5, 7, 9], [1, 2, 4, 8, 16, 32, 64, 128]))
    expect([...scaler.mean]).toEqual([5, 31.875])
    expect(scaler.sd[0]).toBe(2)
    expect(scaler.sd[1]).toBeCloseTo(41.40784195052913, 12)
  })

  test('a timestamp column of 1.7e9 ± 1 has mean 1.7e9 and sd 1 exactly', () => {
    const signs = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1 : -1))
    const scaler = fitScaler(
      columnsOf(
        signs,
        signs.map((s) => 1.7e9 + s),
      ),
    )
    expect([...scaler.mean]).toEqual([0, 1.7e9])
    expect([...scaler.sd]).toEqual([1, 1])
  })

  test('moving a column by 1.7e9 leaves its sd the same to 1e-7 of it, the resolution of the moved values', () => {
    const steps = Array.from({ length: 4097 }, (_, i) => (i - 2048) / 1024)
    const { mean, sd } = fitScaler(
      columnsOf(
        steps,
        steps.map((s) => 1.7e9 + s),
      ),
    )
    expect(mean[1]).toBe(1.7e9)
    expect(Math.abs(sd[1] / sd[0] - 1)).toBeLessThan(1e-7)
  })

  test('a sum that rounds does not spoil the mean: 1.7e9 + i/1024, i < 100 000', () => {
    // The plain sum, 1.7e14, loses 1/1024 in every addition: its mean is off by some 1e-5.
    const { mean } = fitScaler(columnsOf(Array.from({ length: 100_000 }, (_, i) => 1.7e9 + i / 1024)))
    expect(Math.abs(mean[0] - (1.7e9 + 49_999.5 / 1024))).toBeLessThan(3e-7)
  })

  test('nor the sd where the mean is no double: 1e15 + {1, 0, 0} has √2/3', () => {
    const { mean, sd } = fitScaler(columnsOf(Array.from({ length: 9999 }, (_, i) => 1e15 + (i % 3 === 0 ? 1 : 0))))
    expect(Math.abs(mean[0] - 1e15 - 1 / 3)).toBeLessThan(0.125)
    expect(sd[0]).toBeCloseTo(Math.SQRT2 / 3, 12)
  })

  test.each([1, 7, 1000, 4096])('takes its rows in blocks of %i as well as in one, sorted ones too', (blockRows) => {
    const ascending = Array.from({ length: 5000 }, (_, i) => 1.7e9 + i)
    const bent = ascending.map((_, i) => (i < 2500 ? i : 1e6 - i))
    const whole = fitScaler(columnsOf(ascending, bent))
    const { mean, sd } = fitScaler(columnsOf(ascending, bent), undefined, blockRows)
    // i < n has the mean (n − 1)/2 and the variance (n² − 1)/12.
    expect(mean[0]).toBe(1.7e9 + 2499.5)
    expect(Math.abs(sd[0] / Math.sqrt((5000 ** 2 - 1) / 12) - 1)).toBeLessThan(1e-13)
    expect(Math.abs(mean[1] / whole.mean[1] - 1)).toBeLessThan(1e-13)
    expect(Math.abs(sd[1] / whole.sd[1] - 1)).toBeLessThan(1e-12)
  })

  test('a column that is constant in its first block is not constant, one that is so in every block is', () => {
    const late = [1, 1, 1, 1, 2]
    expect(fitScaler(columnsOf(late, [1, 2, 3, 4, 5]), undefined, 2).mean[0]).toBeCloseTo(1.2, 15)
    expect(() => fitScaler(columnsOf(late, [3, 3, 3, 3, 3]), undefined, 2)).toThrow('Column 1 is constant (3')
  })

  test('standardised columns have mean 0 and sd 1 to rounding', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 50 }), (rows) => {
        const spread = [0, 1].map((j) => Math.max(...rows.map((r) => r[j])) - Math.min(...rows.map((r) => r[j])))
        fc.pre(spread.every((s) => s > 1))
        const matrix = toMatrix(rows, 2, 'Data')
        const { mean, sd } = fitScaler(ndarray(matrix.data, [rows.length, 2]))
        const z = Float64Array.from(matrix.data, (x, i) => (x - mean[i % 2]) / sd[i % 2])
        const again = fitScaler(ndarray(z, [rows.length, 2]))
        for (const j of [0, 1]) {
          // A mean near 1e6 is itself rounded to 1e-10, and the spread may be as small as 1.
          expect(Math.abs(again.mean[j])).toBeLessThan(1e-9)
          expect(Math.abs(again.sd[j] - 1)).toBeLessThan(1e-9)
        }
      }),
      { numRuns: 200, seed: 1 },
    )
  })

  test('a constant column is refused by name or number', () => {
    const data = columnsOf([1, 2, 3], [0.1, 0.1, 0.1])
    expect(() => fitScaler(data, ['a', 'b'])).toThrow(
      'Column "b" is constant (0.1 in every row), so it has no density: leave it out.',
    )
    expect(() => fitScaler(data)).toThrow('Column 1 is constant')
  })

  test('spreads that float64 cannot square are refused, as is an empty set', () => {
    expect(() => fitScaler(columnsOf([0, 1e-200], [0, 1]))).toThrow('Column 0 cannot be standardised')
    expect(() => fitScaler(columnsOf([1e200, -1e200], [0, 1]))).toThrow('Column 0 cannot be standardised')
    expect(() => fitScaler(ndarray(new Float64Array(0), [0, 2]))).toThrow('at least one row')
  })
})

test('rowsOutside names the rows beyond the bound, which is inside itself', () => {
  const far = STANDARDISED_BOUND
  const rows = [
    [far, -far],
    [far * (1 + 1e-15), 1],
    [1, 2],
    [3, -Infinity],
    [-far - 1e-9, 0],
  ]
  expect(rowsOutside(toMatrix(rows, 2, 'Data', { infinite: true }), identityScaler(2))).toEqual([1, 3, 4])
})

describe('back to the units of the data', () => {
  const scaler = { mean: Float64Array.of(1.7e9, -2), sd: Float64Array.of(0.5, 4) }

  test('a transform of lines goes back to float64, into a longer target too', () => {
    const target = new Float64Array(6)
    new RowTransform(scaler, 2).inverse(Float32Array.of(0.5, 0.5, -1, 0), target)
    expect([...target]).toEqual([1.7e9 + 0.25, 0, 1.7e9 - 0.5, -2, 0, 0])
  })

  test('logScale is the sum of ln sd', () => {
    expect(logScale(scaler, 2)).toBeCloseTo(Math.log(2), 15)
    expect(logScale(identityScaler(5), 5)).toBe(0)
  })
})

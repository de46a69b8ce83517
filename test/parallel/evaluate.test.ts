import { DataError, flow, leakyReLU, logProb } from 'pushforward'
import { describe, expect, it } from 'vitest'

const model = flow(2, [leakyReLU()])
const ROWS = 150_000

function rowsWithNaN(...at: number[]): Float64Array {
  const rows = new Float64Array(2 * ROWS).fill(0.5)
  for (const i of at) rows[i] = Number.NaN
  return rows
}

describe.each([
  ['float32', Float32Array],
  ['float64', Float64Array],
])('a batch of %s in shared memory', (_, Floats) => {
  const own = Floats.from({ length: 2 * ROWS }, (_, i) => Math.sin(i))
  /** The second half of a larger array. */
  const shared = new Floats(new SharedArrayBuffer(2 * own.byteLength)).subarray(own.length)
  shared.set(own)

  it.each([0, 1, 2])('has the densities of another array, on %i threads', async (threads) => {
    expect(await logProb(model, shared, { threads })).toEqual(await logProb(model, own, { threads: 0 }))
  })

  it('is refused with NaN', async () => {
    const spoilt = new Floats(new SharedArrayBuffer(own.byteLength))
    spoilt[2 * 90_000 + 1] = Number.NaN
    await expect(logProb(model, spoilt, { threads: 2 })).rejects.toThrow('NaN in row 90000, column 1')
  })
})

describe.each([0, 1, 2])('a batch with NaN, scored on %i threads', (threads) => {
  it('is refused by the place of the first one, whichever is met first', async () => {
    const scoring = logProb(model, rowsWithNaN(2 * 149_000 + 1, 2 * 70_000), { threads })
    await expect(scoring).rejects.toThrow(
      new DataError('Batch has NaN in row 70000, column 0 (counted from 0); remove the row or fill the value in.'),
    )
    await expect(scoring).rejects.toBeInstanceOf(DataError)
  })

  it('leaves the threads as they were', async () => {
    await expect(logProb(model, rowsWithNaN(5), { threads })).rejects.toThrow('NaN in row 2, column 1')
    const rows = rowsWithNaN()
    rows[3] = Number.NEGATIVE_INFINITY
    const density = await logProb(model, rows, { threads })
    expect(density[0]).toBeCloseTo(-Math.log(2 * Math.PI) - 0.25, 5)
    expect([...density.subarray(0, 3)]).toEqual([density[0], Number.NEGATIVE_INFINITY, density[0]])
  })
})

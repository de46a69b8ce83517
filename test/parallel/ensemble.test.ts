import { ensemble, flow, logProb, nsf, sample } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { flowsOf, gridRows, mixtureOf } from '../fixtures/ensembles.js'

const mixture = mixtureOf(3)
const conditional = mixtureOf(2, 'float32', 1)
/** Members that are not built alike. */
const mixed = ensemble([...flowsOf(1), flow(2, nsf(2, { layers: 2, hidden: [4] })), ...flowsOf(2).slice(1)])
const rows = gridRows(5000)
const context = rows.map(([, b]) => [b / 4])

describe.each([0, 1, 2, 3, 5])('an ensemble on %d threads', (threads) => {
  test('has the bits of the ensemble itself in densities and samples', async () => {
    for (const model of [mixture, mixed]) {
      expect(await logProb(model, rows, { threads })).toEqual(model.logProb(rows))
      const options = { seed: 3, firstRow: 77 }
      expect((await sample(model, 5000, { ...options, threads })).data).toEqual(model.sample(5000, options).data)
    }
  })

  test('has them given a context, a row each or one for all', async () => {
    expect(await logProb(conditional, rows, { threads, context })).toEqual(conditional.logProb(rows, { context }))
    for (const given of [context, [0.3]]) {
      const drawn = await sample(conditional, 5000, { threads, context: given })
      expect(drawn.data).toEqual(conditional.sample(5000, { context: given }).data)
    }
  })
})

test('an ensemble writes into shared memory in place', async () => {
  const x = new Float64Array(new SharedArrayBuffer(8 * 2 * rows.length))
  x.set(rows.flat())
  const out = new Float32Array(new SharedArrayBuffer(4 * rows.length))
  expect(await logProb(mixture, x, { threads: 2, out })).toBe(out)
  expect([...out]).toEqual([...mixture.logProb(rows)])
  const drawn = new Float64Array(new SharedArrayBuffer(8 * 2 * 3000))
  await sample(mixture, 3000, { threads: 2, out: drawn })
  expect([...drawn]).toEqual([...mixture.sample(3000).data])
})

test('NaN among the rows of an ensemble is named by its place', async () => {
  const broken = rows.map((row, i) => (i === 4321 ? [row[0], Number.NaN] : row))
  await expect(logProb(mixture, broken, { threads: 2 })).rejects.toThrow(/NaN in row 4321, column 1/)
})

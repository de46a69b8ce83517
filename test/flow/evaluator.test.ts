import { affineCoupling, alternatingMask, flow, leakyReLU } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { identityScaler, STANDARDISED_BOUND } from '#data/scaler.js'
import { Evaluator } from '#flow/evaluator.js'

const scaler = { mean: Float64Array.of(1.7e9, -2), sd: Float64Array.of(0.5, 4) }

describe.each([
  ['simd', 'float32'],
  ['portable', 'float32'],
  ['portable', 'float64'],
] as const)('rows of an evaluator, %s kernels in %s', (kind, precision) => {
  const layers = [affineCoupling({ mask: alternatingMask(2, 0), hidden: [4] })]
  const evaluator = new Evaluator(flow(2, layers, { precision }).structure, kind)

  it('are standardised in float64 and rounded once: 1.7e9 + 0.25 becomes 0.5', () => {
    evaluator.setScaler(scaler)
    evaluator.rows.fill(7)
    expect(evaluator.loadRows(Float64Array.of(1.7e9 + 0.25, 0, 1.7e9, 2))).toEqual([])
    expect([...evaluator.rows.subarray(0, 5)]).toEqual([0.5, 0.5, 0, 1, 7])
  })

  it('come as float32 too', () => {
    evaluator.setScaler(scaler)
    expect(evaluator.loadRows(Float32Array.of(1.7e9, 2, 1.7e9 + 128, -2, 1.7e9, 0))).toEqual([])
    expect([...evaluator.rows.subarray(0, 6)]).toEqual([0, 1, 256, 0, 0, 0.5])
  })

  it.each([
    ['float64', Float64Array],
    ['float32', Float32Array],
  ])('beyond the bound are named and become zeros, of %s; the bound itself is inside', (name, Floats) => {
    const identity = identityScaler(2)
    const far = STANDARDISED_BOUND
    // The next number of either kind.
    const beyond = far * (1 + (name === 'float64' ? 2 ** -52 : 2 ** -23))
    const rows = [
      [far, -far],
      [beyond, 1],
      [1, 2],
      [3, Number.NEGATIVE_INFINITY],
      [-beyond, 0],
    ]
    evaluator.setScaler(identity)
    expect(evaluator.loadRows(Floats.from(rows.flat()))).toEqual([1, 3, 4])
    expect([...evaluator.rows.subarray(0, 10)]).toEqual([far, -far, 0, 0, 1, 2, 0, 0, 0, 0])
    for (const [i, row] of rows.entries()) {
      expect(evaluator.loadRows(Floats.from(row))).toEqual([1, 3, 4].includes(i) ? [0] : [])
    }
  })

  it.each([
    ['float64', Float64Array],
    ['float32', Float32Array],
  ])('are refused with NaN among them, wherever it stands, of %s', (_, Floats) => {
    evaluator.setScaler(identityScaler(2))
    for (const length of [2, 4, 6, 8, 40]) {
      for (let at = 0; at < length; at++) {
        const data = new Floats(length)
        // Whatever else is there: the largest number, one beyond the bound, infinity.
        data[(at + 1) % length] = [3e38, 1, Number.POSITIVE_INFINITY][at % 3]
        data[at] = at % 2 === 0 ? Number.NaN : -Number.NaN
        expect(() => evaluator.loadRows(data)).toThrow(`NaN in row ${at >> 1}, column ${at % 2}`)
      }
    }
  })

  it('go back to the units of the data in float64', () => {
    evaluator.setScaler(scaler)
    evaluator.rows.set([0.5, 0.5, -1, 0, 9, 9])
    expect([...evaluator.unloadRows(2)]).toEqual([1.7e9 + 0.25, 0, 1.7e9 - 0.5, -2])
  })

  it('are whole rows of a chunk', () => {
    evaluator.setScaler(scaler)
    const data = Float64Array.from({ length: 2 * evaluator.chunkRows }, (_, i) => scaler.mean[i % 2] + i * 2 ** -10)
    expect(evaluator.loadRows(data)).toEqual([])
    expect([...evaluator.unloadRows(evaluator.chunkRows)]).toEqual([...data])
  })
})

it.each([[[4]], [[32]], [[8, 8]]])(
  'a row of a flow with hidden layers %j has the same bits whichever rows are beside it',
  (hidden) => {
    const layers = Array.from({ length: 4 }, (_, i) => [
      leakyReLU(),
      affineCoupling({ mask: alternatingMask(2, i), hidden }),
    ])
    const model = flow(2, layers.flat(), { seed: 3 })
    // Beyond 6 here and there, where units change to another form of tanh.
    const rows = Array.from({ length: 1100 }, (_, i) => [
      ((i * 37) % 101) / 20 - 2.5,
      i % 97 === 5 ? 9 : (i % 13) / 6 - 1,
    ])
    const together = model.logProb(rows)
    rows.forEach((row, i) => {
      if (i % 7 === 0 || i % 97 === 5) expect(model.logProb([row])[0], `row ${i}`).toBe(together[i])
    })
  },
)

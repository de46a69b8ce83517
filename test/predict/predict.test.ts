import { DataError, type Flow, flow, fullNormal, gaussianMixture, nsf, predict, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { meanOf } from '../fixtures/normals.js'

const MEAN = [1, -2, 0.5]
const COVARIANCE = [
  [4, 1.2, -0.3],
  [1.2, 1, 0.2],
  [-0.3, 0.2, 0.25],
]

/** Untrained spline layers are the identity: this is the normal itself. */
const normal = () =>
  flow(3, nsf(3, { layers: 2, hidden: [4] }), { base: fullNormal({ mean: MEAN, covariance: COVARIANCE }) })

/** Mean and sd of y given the others, by the covariance. */
function conditional([, a, b]: number[]) {
  const [[s, p, q], [, c, d], [, , e]] = COVARIANCE
  const det = c * e - d * d
  const [w, v] = [(p * e - q * d) / det, (q * c - p * d) / det]
  return { mean: MEAN[0] + w * (a - MEAN[1]) + v * (b - MEAN[2]), sd: Math.sqrt(s - w * p - v * q) }
}

const Z95 = 1.6448536269514722
/** CRPS of N(0, 1) at z = 1: z(2Φ(z) − 1) + 2φ(z) − 1/√π. Gneiting & Raftery 2007, (21). */
const CRPS_AT_1 = 0.6826894921370859 + 2 * 0.24197072451914337 - 1 / Math.sqrt(Math.PI)

describe('predict', () => {
  const rows = [
    [3, -1.5, 0.4],
    [-4, -5, 0.9],
    [0, -2, 0.5],
  ].map((row) => {
    const { mean, sd } = conditional(row)
    return [mean + sd, row[1], row[2]]
  })

  it('is the conditional normal of a joint one', async () => {
    const told = await predict(normal(), rows, { of: 0, threads: 0 })
    for (const [i, row] of rows.entries()) {
      const { mean, sd } = conditional(row)
      const near = (value: number, expected: number) => expect(Math.abs(value - expected) / sd).toBeLessThan(2e-3)
      near(told.mean[i], mean)
      near(told.median[i], mean)
      near(told.sd[i], sd)
      near(told.quantiles[0][i], mean - Z95 * sd)
      near(told.quantiles[3][i], mean + Z95 * sd)
      expect(Math.abs(told.level[i] - 0.8413447460685429)).toBeLessThan(2e-4)
      expect(Math.abs(told.crps[i] / sd - CRPS_AT_1)).toBeLessThan(2e-4)
      expect(Math.abs(told.logProb[i] + 0.5 + Math.log(sd * Math.sqrt(2 * Math.PI)))).toBeLessThan(2e-4)
    }
  })

  it('tells the probability of cells', async () => {
    const model = flow(1, [], { base: fullNormal() })
    const cells = [Number.NEGATIVE_INFINITY, -1, 1, Number.POSITIVE_INFINITY]
    const told = await predict(model, [[Number.NaN]], { of: 0, cells, threads: 0 })
    const expected = [0.15865525393145707, 0.6826894921370859, 0.15865525393145707]
    for (const [k, share] of expected.entries()) expect(Math.abs(told.cells[k][0] - share)).toBeLessThan(2e-4)
    for (const wrong of [[0], [1, 0], [0, Number.NaN]]) {
      await expect(predict(model, [[0]], { of: 0, cells: wrong })).rejects.toThrow(/two ascending edges or more/)
    }
  })

  it('takes a rounded value for the interval from it on', async () => {
    const model = flow(1, [], { base: fullNormal() })
    const { logProb, level, crps } = await predict(model, [[-1]], { of: 0, width: 2, threads: 0 })
    // P(−1 ≤ z < 1), F(0), and of the middle 2φ(0) − 1/√π.
    expect(Math.abs(logProb[0] - Math.log(0.6826894921370859))).toBeLessThan(3e-4)
    expect(Math.abs(level[0] - 0.5)).toBeLessThan(2e-4)
    expect(Math.abs(crps[0] - (2 * 0.3989422804014327 - 1 / Math.sqrt(Math.PI)))).toBeLessThan(2e-4)
    await expect(predict(model, [[0]], { of: 0, width: -1 })).rejects.toThrow(UsageError)
  })

  it('finds both modes, however narrow and far from the column’s middle', async () => {
    // y is −3 ± 0.001 or 40 ± 0.5, whichever x: 0.3 and 0.7 of the mass.
    const base = gaussianMixture({
      components: 2,
      weights: [0.3, 0.7],
      means: [
        [0, -3],
        [0, 40],
      ],
      covariances: [
        [
          [1, 0],
          [0, 1e-6],
        ],
        [
          [1, 0],
          [0, 0.25],
        ],
      ],
    })
    const told = await predict(flow(2, nsf(2, { layers: 1, hidden: [4] }), { base }), [[0.2, Number.NaN]], {
      of: 1,
      quantiles: [0.15, 0.65],
      threads: 0,
    })
    expect(told.mean[0]).toBeCloseTo(-0.9 + 28, 1)
    expect(Math.abs(told.quantiles[0][0] + 3)).toBeLessThan(1e-4)
    expect(Math.abs(told.quantiles[1][0] - 40)).toBeLessThan(2e-3)
    expect(told.logProb[0]).toBeNaN()
  })

  it('takes what the model is given, and a column by name', async () => {
    const given = flow(1, nsf(1, { layers: 1, hidden: [4] }), { context: 2, base: fullNormal() }) as Flow
    given.data = { columns: ['y', 'a', 'b'], sha256: undefined }
    const told = await predict(given, [[1], [Number.NaN]], {
      of: 'y',
      context: [
        [0, 1],
        [2, 3],
      ],
      threads: 0,
    })
    expect(meanOf([...told.mean])).toBeCloseTo(0, 3)
    expect(told.level[0]).toBeCloseTo(0.8413, 3)
  })

  it('keeps within the values that a column can have', async () => {
    const model = flow(1, [], { base: fullNormal() })
    model.scaler = { ...model.scaler, supports: [{ low: 2 }] }
    const { median, mean, quantiles } = await predict(model, [[3]], { of: 0, threads: 0 })
    // 2 + e^z
    expect(Math.abs(median[0] - 3)).toBeLessThan(1e-3)
    expect(Math.abs(mean[0] - 2 - Math.exp(0.5))).toBeLessThan(5e-3)
    expect(Math.abs(quantiles[0][0] - 2 - Math.exp(-Z95))).toBeLessThan(1e-3)
  })

  it('has nothing to say of a row beyond all that the model can tell, and says no to what it cannot do', async () => {
    const told = await predict(normal(), [[0, 1e12, 0], rows[0]], { of: 0, threads: 0 })
    expect(told.mean[0]).toBeNaN()
    expect(told.mean[1]).not.toBeNaN()
    await expect(predict(normal(), [[0, Number.NaN, 0]], { of: 0 })).rejects.toThrow(DataError)
    await expect(predict(normal(), rows, { of: 'w' })).rejects.toThrow(/expected one that is modelled: x1, x2, x3/)
    await expect(predict(normal(), rows, { of: 0, quantiles: [0.5, 1] })).rejects.toThrow(UsageError)
  })
})

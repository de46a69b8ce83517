import { flow, fullNormal, gaussianMixture, nsf, predict } from 'pushforward'
import { describe, expect, test } from 'vitest'
import type { TableCodec } from '#columns/kinds.js'
import { RowCodec } from '#columns/table-codec.js'
import { strangeColumns } from '#predict/strange-columns.js'

const continuous = (name: string) => ({ name, kind: { kind: 'continuous' } as const })
const LN_2PI = Math.log(2 * Math.PI)

describe('strangeColumns', () => {
  // y = 3x + a normal of sd 0.1, beside z of sd 100 that has nothing to do with them.
  const covariance = [
    [1, 3, 0],
    [3, 9.01, 0],
    [0, 0, 1e4],
  ]
  const base = fullNormal({ mean: [0, 0, 0], covariance })
  const codec = new RowCodec({ columns: ['x', 'y', 'z'].map(continuous), given: [], seed: 0 })
  const model = () => flow(3, nsf(3, { layers: 1, hidden: [4] }), { base })

  test('names the column that is least likely given the others, whatever its unit', async () => {
    const rows = Float64Array.of(0, 0.2, 600, 0.1, 3, 5, 2, 6, 10)
    const found = await strangeColumns(model(), codec, rows, { threads: 0 })
    expect(found[0].column).toBe(2)
    // 6 sd of z; half the median of χ² of one degree is 0.2275.
    expect(Math.abs(found[0].logProb + 18 + Math.log(100) + LN_2PI / 2)).toBeLessThan(2e-3)
    expect(Math.abs(found[0].typical + 0.2275 + Math.log(100) + LN_2PI / 2)).toBeLessThan(0.2)
    // Both are 27 sd of what the other says, and as likely alone: one of them it is.
    expect([0, 1]).toContain(found[1].column)
    expect(found[1].typical - found[1].logProb).toBeGreaterThan(300)
    // Nothing is strange here.
    expect(found[2].typical - found[2].logProb).toBeLessThan(1)
  })

  test('tells levels and whole numbers by their probability', async () => {
    // Levels 0 and 1 at n about 0 and 20, each in the middle of its interval but for the noise of a tenth.
    const mixture = gaussianMixture({
      components: 2,
      weights: [0.5, 0.5],
      means: [
        [0.5, 0.5],
        [1.5, 20.5],
      ],
      covariances: [0, 1].map(() => [
        [0.01, 0],
        [0, 4],
      ]),
    })
    const table: TableCodec = {
      columns: [
        { name: 'level', kind: { kind: 'category', levels: ['a', 'b'] } },
        { name: 'n', kind: { kind: 'integer', low: -10, high: 60, step: 1, decimals: 0 } },
      ],
      given: [],
      seed: 0,
    }
    const whole = flow(2, nsf(2, { layers: 1, hidden: [4] }), { base: mixture })
    const [far, mixed] = await strangeColumns(whole, new RowCodec(table), Float64Array.of(0, -9, 1, 0), { threads: 0 })
    // ln(Φ(−4.25) − Φ(−4.75)), −9 … −8 being so many sd of 2 below 0.5, by scipy.special.log_ndtr.
    expect(far.column).toBe(1)
    expect(Math.abs(far.logProb - -11.54633308357862)).toBeLessThan(0.01)
    expect(mixed.typical - mixed.logProb).toBeGreaterThan(10)
  })

  test('leaves columns out that are given, and has nothing to say without rows', async () => {
    const given = new RowCodec({ columns: ['x', 'c'].map(continuous), given: ['c'], seed: 0 })
    const conditional = flow(1, [], { context: 1, base: fullNormal() })
    const [found] = await strangeColumns(conditional, given, Float64Array.of(3, 50), { threads: 0 })
    expect(found.column).toBe(0)
    expect(Math.abs(found.logProb + 4.5 + LN_2PI / 2)).toBeLessThan(1e-3)
    expect(await strangeColumns(conditional, given, new Float64Array(0), { threads: 0 })).toEqual([])
  })
})

test('the mass of a value far out is told, too small for a difference of integrals', async () => {
  const model = flow(1, [], { base: fullNormal() })
  const { logProb } = await predict(model, [[4], [9], [-30.25]], { of: 0, width: 0.5, threads: 0 })
  // ln(Φ(b) − Φ(a)) by scipy.special.log_ndtr; over the last one the density grows by a factor of e¹⁵.
  for (const [i, expected] of [-10.473583157636277, -43.63749141457242].entries())
    expect(Math.abs(logProb[i] - expected)).toBeLessThan(0.01)
  expect(Math.abs(logProb[2] - -446.8441446559308)).toBeLessThan(0.3)
})

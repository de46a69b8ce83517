import {
  type Energy,
  type EnergyModule,
  energies,
  energyModule,
  flow,
  importance,
  realNVP,
  rowEnergy,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { loadEnergy } from '#energies/energy.js'
import { centralDifferences, relativeError } from '../laws/differences.js'

/** U and ∂U/∂x at one point. */
function at({ dim, evaluate }: Energy, x: readonly number[]): { value: number; gradient: number[] } {
  const [values, gradient] = [new Float64Array(1), new Float64Array(dim)]
  evaluate(Float64Array.from(x), values, gradient)
  return { value: values[0], gradient: [...gradient] }
}

/** As the papers have them. */
const normal = (x: number, sd: number) => Math.exp(-0.5 * (x / sd) ** 2)
const published = {
  potentialU1: {
    u: (x: number, y: number) =>
      0.5 * ((Math.hypot(x, y) - 2) / 0.4) ** 2 - Math.log(normal(x - 2, 0.6) + normal(x + 2, 0.6)),
    z: 6.5371522,
  },
  twoMoons: {
    u: (x: number, y: number) =>
      0.5 * ((Math.hypot(x, y) - 2) / 0.2) ** 2 +
      0.5 * ((Math.abs(x) - 2) / 0.3) ** 2 -
      Math.log(1 + Math.exp((-4 * Math.abs(x)) / 0.09)),
    z: 2.2349401,
  },
}

describe.each(['potentialU1', 'twoMoons'] as const)('%s', (name) => {
  const energy = energies[name]
  const points = [-3, -2.1, -1, -0.02, 0, 0.5, 1.9, 2.6].flatMap((x) => [-2, -0.3, 0, 1.4].map((y) => [x, y]))

  it.each(points)('is the published energy at (%f, %f)', (x, y) => {
    expect(relativeError(at(energy, [x, y]).value, published[name].u(x, y))).toBeLessThan(1e-13)
  })

  // At the middle the distance from it has no derivative.
  it.each(points.filter(([x, y]) => x !== 0 || y !== 0))('has the gradient of differences at (%f, %f)', (x, y) => {
    const { gradient } = at(energy, [x, y])
    const along = (j: number, moved: number) => at(energy, j === 0 ? [moved, y] : [x, moved]).value
    for (const j of [0, 1]) {
      const slope = centralDifferences([x, y][j], (moved) => ({ values: [along(j, moved)], branch: '' }))
      expect(relativeError(gradient[j], (slope as number[])[0])).toBeLessThan(1e-7)
    }
  })

  it('is finite with a gradient of 0 at the middle', () => {
    const { value, gradient } = at(energy, [0, 0])
    expect(Number.isFinite(value)).toBe(true)
    expect(gradient.map(Math.abs)).toEqual([0, 0])
  })

  it('has the Z of the literature, and of a sum over a grid', () => {
    const step = 0.02
    let z = 0
    for (let x = -5; x <= 5; x += step) for (let y = -5; y <= 5; y += step) z += Math.exp(-at(energy, [x, y]).value)
    expect(Math.log(z * step * step)).toBeCloseTo(energy.logZ, 9)
    expect(Math.exp(energy.logZ)).toBeCloseTo(published[name].z, 6)
  })

  it('is what its module exports under its name', async () => {
    const { module, name: own } = energy
    expect(await loadEnergy({ module, name: own }, 2)).toBe(energy)
  })
})

describe('an energy by rows', () => {
  it('is evaluated row by row, whatever the function leaves in its arguments', () => {
    const energy = rowEnergy(3, (x, gradient) => {
      gradient.set([x[1], x[0], 1])
      const value = x[0] * x[1] + x[2]
      x.fill(7)
      return value
    })
    const x = Float64Array.from([1, 2, 3, 4, 5, 6])
    const [values, gradient] = [new Float64Array(2), new Float64Array(6)]
    energy.evaluate(x, values, gradient)
    expect([...values]).toEqual([5, 26])
    expect([...gradient]).toEqual([2, 1, 1, 5, 4, 1])
    expect([...x]).toEqual([1, 2, 3, 4, 5, 6])
  })
})

/** N(0, s²) in both columns, not normalised, of which a flow that is the identity is N(0, 1): every figure is known. */
function wider(s: number): Energy {
  return rowEnergy(2, (x, gradient) => {
    gradient[0] = x[0] / (s * s)
    gradient[1] = x[1] / (s * s)
    return (x[0] * x[0] + x[1] * x[1]) / (2 * s * s)
  })
}

describe('importance', () => {
  const identity = flow(2, realNVP(2, { layers: 2 }), { seed: 1 })
  const s = 1.2
  const figures = importance(identity, wider(s), { rows: 100_000, seed: 3, threads: 0 })

  it('knows Z = 2πs², and how far off it may be', async () => {
    const { logZ, logZStandardError, rows } = await figures
    expect(rows).toBe(100_000)
    expect(logZStandardError).toBeGreaterThan(1e-4)
    expect(Math.abs(logZ - Math.log(2 * Math.PI * s * s))).toBeLessThan(3 * logZStandardError)
  })

  it('knows the effective sample size (E w)²/E w² = s²(2 − s²) for two columns', async () => {
    // E w² a column is ∫ N(x; 0, s²)²/N(x; 0, 1) = 1/(s √(2 − s²)).
    const { effectiveSampleSize, logZStandardError } = await figures
    expect(effectiveSampleSize).toBeCloseTo(s * s * (2 - s * s), 1)
    expect(logZStandardError).toBeCloseTo(Math.sqrt((1 / effectiveSampleSize - 1) / 100_000), 12)
  })

  it('has weights that add up to 1 and turn means under the flow into means under the energy', async () => {
    const { samples, logWeights } = await figures
    expect(logWeights.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 9)
    const square = logWeights.reduce((sum, value, i) => sum + Math.exp(value) * samples.data[2 * i] ** 2, 0)
    expect(Math.abs(square - s * s)).toBeLessThan(0.03)
    expect(samples.data).toEqual(identity.sample(100_000, { seed: 3 }).data)
  })

  it('is the same to the bit without keeping rows, and on threads', async () => {
    const { samples: _, logWeights, ...expected } = await figures
    for (const threads of [0, 2]) {
      const got = await importance(identity, wider(s), { rows: 100_000, seed: 3, threads, keep: false })
      expect(got).toEqual(expected)
    }
    const kept = await importance(identity, wider(s), { rows: 100_000, seed: 3, threads: 2 })
    expect(kept.logWeights).toEqual(logWeights)
  })

  it('is 1 and exact where the flow is the target', async () => {
    const { effectiveSampleSize, logZ } = await importance(identity, wider(1), { rows: 1000 })
    expect(effectiveSampleSize).toBeCloseTo(1, 10)
    expect(logZ).toBeCloseTo(Math.log(2 * Math.PI), 6)
  })

  it('gives a sample where p is 0 no weight', async () => {
    const half = rowEnergy(2, (x, gradient) => {
      gradient.set(x)
      return x[0] < 0 ? Number.POSITIVE_INFINITY : 0.5 * (x[0] * x[0] + x[1] * x[1])
    })
    const { logZ, effectiveSampleSize, logZStandardError } = await importance(identity, half, { rows: 10_000 })
    expect(Math.abs(logZ - Math.log(Math.PI))).toBeLessThan(4 * logZStandardError)
    expect(effectiveSampleSize).toBeCloseTo(0.5, 1)
  })

  it('tells of rows and ends by a signal', async () => {
    const seen: number[] = []
    await importance(identity, wider(1), {
      rows: 150_000,
      threads: 0,
      keep: false,
      onProgress: (p) => seen.push(p.rows),
    })
    expect(seen.at(-1)).toBe(150_000)
    expect(seen.length).toBeGreaterThan(1)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(importance(identity, wider(1), { rows: 50_000, signal })).rejects.toThrow('enough')
  })

  const constant = (value: number) => rowEnergy(2, () => value)
  it.each<[string, Energy | EnergyModule, RegExp]>([
    ['NaN', constant(Number.NaN), /The energy of sample 0 \(counted from 0\) is NaN; expected a number, or ∞/],
    ['−∞', constant(Number.NEGATIVE_INFINITY), /is -Infinity; expected a number/],
    ['∞ everywhere', constant(Number.POSITIVE_INFINITY), /All 10000 samples have weight 0/],
    ['another dimension', rowEnergy(3, () => 0), /The energy is of 3 columns, but this flow of 2/],
    ['no energy', {} as Energy, /The energy is a value of type object; expected { dim, evaluate/],
    ['nothing', undefined as unknown as Energy, /The energy is nothing; expected/],
    [
      'no such export',
      { ...energies.twoMoons, evaluate: undefined, name: 'moons' },
      /exports as moons nothing; expected/,
    ],
  ])('refuses an energy that is %s', async (_, energy, message) => {
    await expect(importance(identity, energy as Energy)).rejects.toThrow(message)
  })

  it('refuses a flow with a context, and options that are none', async () => {
    const given = flow(2, realNVP(2, { layers: 2 }), { context: 1 })
    await expect(importance(given, energies.twoMoons)).rejects.toThrow(/conditioned on a context/)
    await expect(importance(identity, energies.twoMoons, { rows: 1 })).rejects.toThrow(
      /rows is 1; expected an integer ≥ 2/,
    )
    expect(() => energyModule('./energy.mjs', 'mine')).toThrow(/expected a whole URL: new URL/)
  })
})

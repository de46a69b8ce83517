import {
  contaminated,
  diagonalNormal,
  fullNormal,
  gaussianMixture,
  mlp,
  standardNormal,
  studentT,
  uniformBox,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { BaseBench, normals } from './bench.js'
import type { Case } from './cases.js'

const conditioner = mlp({ hidden: [5], lastLayerScale: 1 })

const planar: readonly Case[] = [
  { name: 'standardNormal', base: standardNormal(), dim: 2 },
  { name: 'diagonalNormal', base: diagonalNormal({ mean: 1, sd: [0.5, 2] }), dim: 2 },
  { name: 'diagonalNormal, context', base: diagonalNormal({ conditioner }), dim: 2, contextDim: 2 },
  { name: 'fullNormal', base: fullNormal(), dim: 2 },
  { name: 'fullNormal, context', base: fullNormal({ conditioner }), dim: 2, contextDim: 2 },
  { name: 'uniformBox', base: uniformBox({ low: [-1, 0], high: [1, 3] }), dim: 2 },
  { name: 'studentT', base: studentT({ degrees: [1, 4], location: 1 }), dim: 2 },
  { name: 'studentT, context', base: studentT({ conditioner }), dim: 2, contextDim: 2 },
  { name: 'gaussianMixture', base: gaussianMixture({ components: 3 }), dim: 2 },
  { name: 'gaussianMixture, context', base: gaussianMixture({ components: 3, conditioner }), dim: 2, contextDim: 2 },
  { name: 'contaminated', base: contaminated({ base: gaussianMixture({ components: 2 }), share: 0.1 }), dim: 2 },
]

/**
 * The plane from a square: z = ±((1 − |t|)^−m − 1), under which tails of |z|^(−1−ν) become (1 − |t|)^(mν − 1), smooth enough
 * for a midpoint rule where ν is above ½.
 */
const POWER = 4
const point = (t: number) => Math.sign(t) * ((1 - Math.abs(t)) ** -POWER - 1)
const slope = (t: number) => POWER * (1 - Math.abs(t)) ** (-POWER - 1)

function integral(bench: BaseBench, context: Float64Array, place: typeof point, jacobian: typeof slope): number {
  const side = bench.rows
  const ts = Array.from({ length: side }, (_, i) => (2 * i + 1) / side - 1)
  const z = new Float64Array(2 * side)
  z.set(ts.map(place))
  let sum = 0
  for (const t of ts) {
    z.fill(place(t), side)
    const logProb = bench.logProb(z, context)
    ts.forEach((s, i) => {
      sum += Math.exp(logProb[i]) * jacobian(s) * jacobian(t)
    })
  }
  return sum * (2 / side) ** 2
}

describe.each(planar)('$name', ({ name, base, dim, contextDim = 0 }) => {
  it('integrates to 1 over the plane', () => {
    const bench = new BaseBench({ base, dim, contextDim, rows: 600 })
    const wide = normals(bench.parameters, 5).map((value, i) => bench.numbers[i] + 0.5 * value)
    bench.numbers.set(wide)
    const row = normals(contextDim, 6)
    const context = Float64Array.from({ length: contextDim * bench.rows }, (_, i) => row[Math.floor(i / bench.rows)])
    // A box has edges, which a grid of cells of 0.01 meets.
    const whole =
      name === 'uniformBox'
        ? integral(
            bench,
            context,
            (t) => 3 * t,
            () => 3,
          )
        : integral(bench, context, point, slope)
    expect(Math.abs(whole - 1)).toBeLessThan(1e-3)
  })
})

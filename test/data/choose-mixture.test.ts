import { pinwheel } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { chooseMixture, crossValidatedMixture, type MixtureChoice } from '#data/choose-mixture.js'
import { mixtureLogProb } from '#data/gaussian-mixture.js'
import { meanOf, standardNormals } from '../fixtures/normals.js'

const flat = (rows: readonly (readonly number[])[]) => ({ rows: Float64Array.from(rows.flat()) })
/** Three normals of sd 1 at 0, 10 and 20 on the diagonal, in turn. */
const three = (rows: number, seed: number) =>
  standardNormals(rows, 2, seed).map((row, i) => row.map((value) => value + 10 * (i % 3)))

describe('chooseMixture', () => {
  test('finds three normals far apart, each a third, and what they gain', async () => {
    const held = flat(three(600, 2))
    const choice = await chooseMixture(flat(three(1500, 1)), held, 2, { seed: 0 })
    expect(choice?.mixture.weights.length).toBe(3)
    for (const weight of choice?.mixture.weights ?? []) expect(weight).toBeCloseTo(1 / 3, 2)
    expect(
      [...(choice?.mixture.means ?? [])].map((mean) => 5 * Math.round(mean / 5) + 0).sort((a, b) => a - b),
    ).toEqual([0, 0, 10, 10, 20, 20])
    // The truth: −ln 3 − ln 2π − 1, and one normal of variance 1 + 200/3 along with covariance 200/3.
    const truth = -Math.log(3) - Math.log(2 * Math.PI) - 1
    const one = -Math.log(2 * Math.PI) - 1 - 0.5 * Math.log((1 + 200 / 3) ** 2 - (200 / 3) ** 2)
    expect(choice?.gain).toBeCloseTo(truth - one, 1)
    const logProb = new Float64Array(600)
    if (choice) mixtureLogProb(choice.mixture, held.rows, logProb)
    expect(meanOf(logProb)).toBeCloseTo(truth, 1)
  })

  test('has none for one normal, nor for fewer rows than two components need', async () => {
    const rows = flat(standardNormals(2000, 2, 3))
    expect(await chooseMixture(rows, flat(standardNormals(500, 2, 4)), 2, { seed: 0 })).toBeUndefined()
    // Two components of two columns: 2 · 5 rows.
    expect(await chooseMixture(flat(three(9, 5)), flat(three(99, 6)), 2, { seed: 0 })).toBeUndefined()
    expect(await chooseMixture(flat(three(60, 5)), flat(three(99, 6)), 2, { seed: 0 })).toBeDefined()
  })

  test('counts rows of weight 0 as if they were not there, fitted to, held out or in turn', async () => {
    const first = (count: number) => Float64Array.from({ length: count }, (_, i) => Number(i % 3 < 2))
    const some = (rows: number, seed: number) => flat(three(rows, seed).filter((_, i) => i % 3 < 2))
    const [training, held] = [flat(three(900, 1)), flat(three(300, 2))]
    const numbers = (choice: MixtureChoice | undefined) => {
      const { mixture, gain } = choice as MixtureChoice
      return [...mixture.weights, ...mixture.means, ...mixture.choleskies, gain]
    }
    const weighted = await chooseMixture({ ...training, weights: first(900) }, { ...held, weights: first(300) }, 2, {
      seed: 0,
    })
    expect(weighted?.mixture.weights.length).toBe(2)
    const alone = numbers(await chooseMixture(some(900, 1), some(300, 2), 2, { seed: 0 }))
    expect(numbers(weighted)).toEqual(alone.map((value) => expect.closeTo(value, 9)))
    const folded = await crossValidatedMixture({ ...flat(three(600, 3)), weights: first(600) }, 2, 5, { seed: 0 })
    expect(folded?.mixture.weights.length).toBe(2)
    expect((await crossValidatedMixture(flat(three(600, 3)), 2, 5, { seed: 0 }))?.mixture.weights.length).toBe(3)
  })

  test('falls onto a column of three values as far as its prior lets it, and not where values do not repeat', async () => {
    const kinds = (rows: number, seed: number) => three(rows, seed).map(([x], i) => [x, i % 3])
    const held = flat(kinds(600, 8))
    const choice = await chooseMixture(flat(kinds(1500, 7)), held, 2, { seed: 0 })
    expect(choice?.mixture.weights.length).toBe(3)
    const logProb = new Float64Array(600)
    if (choice) mixtureLogProb(choice.mixture, held.rows, logProb)
    // A third of N(x; 10 k, 1) N(0; 0, s²), where s² is 1e-5 of the variance 2/3, as one row of 501.
    const s = Math.sqrt((1e-5 * (2 / 3)) / 501)
    expect(meanOf(logProb)).toBeCloseTo(-Math.log(3) - Math.log(2 * Math.PI) - 0.5 - Math.log(s), 1)
    expect((await chooseMixture(flat(three(1500, 1)), flat(three(600, 2)), 2, { seed: 0 }))?.prior).toBe(1e-2)
  })

  test('averages mixtures where that makes rows left out likelier', async () => {
    const { data } = pinwheel(12_000, { seed: 1 })
    const held = { rows: data.slice(0, 16_000) }
    const choice = await chooseMixture({ rows: data.slice(16_000) }, held, 2, { seed: 0, seconds: 5 })
    const averaged = choice?.averaged ?? []
    expect(averaged[0]).toBe(choice?.mixture)
    expect(averaged.length).toBeGreaterThan(1)
    const logs = averaged.map((mixture) => {
      const logProb = new Float64Array(8000)
      mixtureLogProb(mixture, held.rows, logProb)
      return logProb
    })
    const average = logs[0].map((_, i) => Math.log(logs.reduce((sum, log) => sum + Math.exp(log[i]), 0) / logs.length))
    expect(meanOf(average)).toBeGreaterThan(meanOf(logs[0]))
  })
})

import { describe, expect, test } from 'vitest'
import { type Generator, generators, jang, moons, moonsGenerator } from '#data/generators.js'
import { toSource } from '#data/row-source.js'
import { dataSha256 } from '#data/sha256.js'
import { averageOver } from './average.js'

/** Rows whose densities are averaged. */
const COUNT = 50_000
/** Of a mean of so many, where there is no spread. */
const ROUNDING = 1e-10

const named = (name: string) => generators.get(name) as Generator

/** A box beyond which less than 1e-6 of the points lie, and a step that is fine beside what the density varies over. */
type Grid = [from1: number, to1: number, from2: number, to2: number, step: number]

/** The entropy of the definition to six digits: a quadrature in Python, or a logarithm by hand. */
const CASES: [generator: Generator, entropy: number, grid: Grid][] = [
  [named('jang'), 4.224171, [-40, 160, -24, 24, 0.25]],
  [named('moons'), 1.007585, [-1.6, 2.6, -1.1, 1.6, 0.05]],
  [moonsGenerator({ noise: 0.05 }), 0.289234, [-1.3, 2.3, -0.8, 1.3, 0.025]],
  [named('8gaussians'), 2.83188, [-5.3, 5.3, -5.3, 5.3, 0.15]],
  [named('circles'), 3.268136, [-4.5, 4.5, -4.5, 4.5, 0.1]],
  [named('rings'), 2.623183, [-3.5, 3.5, -3.5, 3.5, 0.04]],
  // Midpoints of cells that do not cross an edge.
  [named('checkerboard'), 3.465736, [-4.95, 4.95, -4.95, 4.95, 0.1]],
  [named('swissroll'), 2.669646, [-4, 4.2, -4, 4.2, 0.1]],
  [named('2spirals'), 2.64545, [-4, 4, -4, 4, 0.06]],
  [named('pinwheel'), 2.317788, [-5.5, 5.5, -5.5, 5.5, 0.06]],
]

test('there are those of the cases, under their names', () => {
  expect([...generators.keys()]).toEqual([...new Set(CASES.map(([{ name }]) => name))])
  for (const [name, generator] of generators) expect(generator).toMatchObject({ name, columns: ['x1', 'x2'] })
})

describe.each(CASES.map(([generator, ...rest], i) => [`${generator.name} (${i})`, generator, ...rest] as const))(
  '%s',
  (_, generator, entropy, [from1, to1, from2, to2, step]) => {
    const { name, generate } = generator

    test(`its entropy is ${entropy}`, () => {
      expect(generator.entropy).toBeCloseTo(entropy, 6)
    })

    test('its mean −ln p is the stated entropy within 4 standard errors', () => {
      const { mean, error } = averageOver(generate(COUNT, { seed: 11 }).data, (x1, x2) => -generator.logProb(x1, x2))
      expect(Math.abs(mean - generator.entropy)).toBeLessThan(4 * error + ROUNDING)
      expect(error).toBeLessThan(0.01)
    })

    test('∫ p = 1 and −∫ p ln p = H within 3e-5 on a grid', () => {
      let [mass, entropyOfGrid] = [0, 0]
      for (let x1 = from1; x1 < to1; x1 += step) {
        for (let x2 = from2; x2 < to2; x2 += step) {
          const logProb = generator.logProb(x1, x2)
          const p = Math.exp(logProb) * step * step
          mass += p
          if (p > 0) entropyOfGrid -= p * logProb
        }
      }
      expect(Math.abs(mass - 1)).toBeLessThan(3e-5)
      expect(Math.abs(entropyOfGrid - generator.entropy)).toBeLessThan(3e-5)
    })

    test('the first points of a longer set are the same, blocks of it too, and another seed gives others', () => {
      const short = generate(10, { seed: 3 })
      const long = generate(1000, { seed: 3 })
      expect(short.shape).toEqual([10, 2])
      expect(long.data.subarray(0, 20)).toEqual(short.data)
      expect(generate(200, { seed: 3, first: 700 }).data).toEqual(long.data.subarray(1400, 1800))
      expect(generate(10, { seed: 4 }).data).not.toEqual(short.data)
      expect(generate(10).data).toEqual(generate(10, { seed: 0 }).data)
      expect(generate(0).shape).toEqual([0, 2])
    })

    test('counts, seeds and options that cannot be are refused', () => {
      expect(() => generate(-1)).toThrow(`${name} was asked for -1 points; give an integer ≥ 0.`)
      expect(() => generate(1.5)).toThrow('asked for 1.5 points')
      expect(() => generate(1, { first: -1 })).toThrow('asked for points from -1 on')
      expect(() => generate(1, { seed: -1 })).toThrow('The seed is -1')
      expect(() => generate(1, { sed: 1 } as object)).toThrow(
        `${name} has no option "sed"; it knows "seed" and "first".`,
      )
    })
  },
)

test.each([
  ['jang', 'c4f6f736effc230cdfb696ef47ec0a38f528702403d81c73bf304a33073dd531'],
  ['moons', '1dd9bd55ba21caa7447bd65d8f00733bc6fa8ead08be1befb10421f60d3a55ad'],
  ['8gaussians', 'e28fab399fad0923c635b1dafae9e4b76cf6068f67641d323f447327f13155fc'],
  ['circles', '8bfce01c15c248fc90c67df92edc0a0f0cfbd9ef5bacc54b9550b6f96334f09f'],
  ['rings', 'e3d81182a458f033b678b91818b73158aaa7607349ed21e01bd98513de84fedb'],
  ['checkerboard', '3bc159db2e2a45c570fa5e487e3e3b3eed26c19bc424708d1867875899092c67'],
  ['swissroll', '12c78d85bc119869700d94bc7365f885da22d2f4b6782f384e9dc0cc63511426'],
  ['2spirals', 'b68ce1aa148e63d89d9dd2a6b672f6ad18977bdcd8b2a20ce5cb1bd90fe48e8d'],
  ['pinwheel', 'fab54c12d26c29c42b3d24ed948ae5cb74b43a8877039f91d3f92779e39c236d'],
])('1024 points of %s with seed 0 have these bits, on every machine', async (name, sha256) => {
  expect(await dataSha256(toSource(named(name).generate(1024, { seed: 0 }), 2, 'Points'))).toBe(sha256)
})

// By scipy: a sum of Gaussians (8gaussians), i0e (circles, rings), 16 or 24 Gauss–Legendre nodes on each of 60 to 150
// panels, with ndtr for the box (moons, swissroll, 2spirals), zeros among 28801 r (pinwheel); by hand jang, checkerboard.
test.each([
  ['jang', 0, 0, -3.224171427529236],
  ['jang', 5, -4, -4.224171427529236],
  ['moons', 0.5, 0.25, -9.191644195953053],
  ['moons', 1, -0.4, -0.9001040647186487],
  ['moons', -1.2, 0.1, -2.8299429693994753],
  ['8gaussians', 2.8, 0.1, -1.8814962669138129],
  ['8gaussians', 5, 5, -73.80194093637601],
  ['circles', 1.4, 0.3, -2.442036729950355],
  ['circles', 0, 0, -19.208041535689],
  ['rings', 2.3, 0, -2.6344588009145085],
  ['rings', 1, 1.6, -12.378057088413835],
  ['checkerboard', 1, 1, -Math.log(32)],
  ['checkerboard', 1, -1, -Infinity],
  ['checkerboard', -2, 3.9, -Math.log(32)],
  ['checkerboard', 5, 1, -Infinity],
  ['swissroll', 0.1, -1, -1.94497852333684],
  ['swissroll', -2, 1, -4.692133648523445],
  ['2spirals', 0.1, -0.05, -3.6766243067305],
  ['2spirals', -1, 1, -2.4285530797149235],
  ['2spirals', 3.1, 0.4, -2.3210929106030718],
  ['pinwheel', 1, 0.5, -4.579178666795512],
  ['pinwheel', 0.3, -0.2, -5.005493086138425],
  ['pinwheel', 0, 2.5, -1.9958275890686674],
])('ln p of %s at (%d, %d) is %d within 2e-7', (name, x1, x2, expected) => {
  const value = named(name).logProb(x1, x2)
  if (Number.isFinite(expected)) expect(Math.abs(value - expected)).toBeLessThan(2e-7)
  else expect(value).toBe(expected)
})

test.each([
  [0, 0, 0.25196675008244523, 0.5331225070538926],
  [0, 1, 0.6850065520172255, 2.540720866305737],
  [7, 1023, 1.1225878783662788, 1.3955235625766194],
])(
  'of seed %i, point %i of jang is that of a Philox and Box–Muller written in Python with mpmath',
  (seed, i, x1, x2) => {
    const points = jang(i + 1, { seed })
    expect(points.get(i, 0)).toBeCloseTo(x1, 14)
    expect(points.get(i, 1)).toBeCloseTo(x2, 14)
  },
)

describe('moons', () => {
  test('take their noise, which is 0.1 where none is given', () => {
    expect(moons(5, { seed: 9 }).data).toEqual(named('moons').generate(5, { seed: 9 }).data)
    expect(moons(5, { first: 2, noise: 0.3 }).data).toEqual(
      moonsGenerator({ noise: 0.3 }).generate(5, { first: 2 }).data,
    )
    expect(moons(5, { noise: 0.3 }).data).not.toEqual(moons(5).data)
  })

  test.each([0, 0.009, -1, Infinity, NaN, '0.1'])('refuse a noise of %s', (noise) => {
    const message = `The noise of moons is ${noise}; expected a number ≥ 0.01.`
    expect(() => moons(1, { noise: noise as number })).toThrow(message)
    expect(() => moonsGenerator({ noise: noise as number })).toThrow(message)
  })

  test('an unknown option is refused', () => {
    expect(() => moons(1, { nose: 1 } as object)).toThrow('it knows "seed", "first" and "noise".')
  })
})

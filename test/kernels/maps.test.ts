// The laws of maps of one coordinate, on their reference kernels in float64.
import { describe, it } from 'vitest'
import {
  mapBackward,
  mapInverseBackward,
  numberBackward,
  numberInverseBackward,
} from '#kernels/operations/map-backward.js'
import { type Outputs, Trial } from './compiled-alone.js'
import { normals } from './inputs.js'
import { type ElementMap, MAPS, portableMaps } from './maps.js'

const double = new Trial(portableMaps, 'float64')

type Rows = Readonly<Record<string, Float64Array>>

/** What a map makes of rows: `given` holds x (or z, of an inverse) and the numbers. */
function apply(map: ElementMap, inverse: boolean, given: Rows): { out: Float64Array; log: Float64Array; all: Outputs } {
  const rows = Object.values(given)[0].length
  const operation = inverse ? map.inverse : map.forward
  const all = double.run(operation, { rows }, { ...map.values, ...given, logDet: new Float64Array(rows) })
  return { out: all[inverse ? 'x' : 'z'], log: all.logDet, all }
}

/** Numbers drawn wide: raws within ±10, others as normals. */
function numbersFor(map: ElementMap, rows: number, factor: number): Rows {
  const entries = map.numbers.map(({ name }, k) => {
    const drawn = Float64Array.from(normals(rows, 50 + k, factor))
    return [name, drawn.map((v) => Math.max(-10, Math.min(10, v)))] as const
  })
  return Object.fromEntries(entries)
}

const same = (length: number, value: number) => new Float64Array(length).fill(value)
const moved = (rows: Rows, name: string, h: Float64Array, by: number): Rows => ({
  ...rows,
  [name]: rows[name].map((v, i) => v + by * h[i]),
})

interface Derivative {
  readonly value: Float64Array
  /** What the rounding of the differences may have made of it. */
  readonly noise: Float64Array
}

/** ∂(out, log)/∂name by fourth-order central differences. */
function difference(
  map: ElementMap,
  inverse: boolean,
  given: Rows,
  name: string,
): { out: Derivative; log: Derivative } {
  const [low, high] = name === 'z' ? map.image : [-Infinity, Infinity]
  const least = name === 'z' || name === 'x' ? 1e-3 : 1
  const h = given[name].map((v) => 1e-4 * Math.min(Math.max(least, Math.abs(v)), v - low, high - v))
  const [p2, p1, m1, m2] = [2, 1, -1, -2].map((by) => apply(map, inverse, moved(given, name, h, by)))
  const derivativeOf = (pick: (at: typeof p1) => Float64Array): Derivative => ({
    value: h.map((step, i) => (8 * (pick(p1)[i] - pick(m1)[i]) - (pick(p2)[i] - pick(m2)[i])) / (12 * step)),
    // Roundings of the values, and of the points themselves.
    noise: h.map((step, i) => {
      const slope = Math.abs(pick(p1)[i] - pick(m1)[i]) / step
      return (3e-16 * (Math.abs(pick(p1)[i]) + slope * Math.abs(given[name][i]))) / step
    }),
  })
  return { out: derivativeOf(({ out }) => out), log: derivativeOf(({ log }) => log) }
}

interface Expected {
  readonly value: Float64Array
  readonly noise?: Float64Array
}

function expectClose(got: Float64Array, expected: Expected, tolerance: number, about: string, at: Rows): void {
  got.forEach((value, i) => {
    const [exact, noise] = [expected.value[i], expected.noise?.[i] ?? 0]
    const bound = tolerance * Math.max(1, Math.abs(value), Math.abs(exact)) + noise
    if (!(Math.abs(value - exact) <= bound)) {
      const where = Object.entries(at).map(([name, rows]) => `${name} = ${rows[i]}`)
      throw new Error(`${about} is ${value}, expected ${exact}, at ${where.join(', ')}`)
    }
  })
}

/** Points of the line a map takes, a few of them far out. */
function points(map: ElementMap, rows: number): Float64Array {
  const [low, high] = map.domain
  const far = [-1e3, 1e3, -40, 40, 1e-3, -1e-3, 3e-5, -25, 25, 1e6, -1e6, 1e19, -1e19]
  return Float64Array.from(normals(rows, 3, 2), (v, i) => Math.max(low, Math.min(high, far[i] ?? v)))
}

const ROWS = 300

describe.each(MAPS.map((map) => [map.forward.id, map] as const))('%s', (_, map) => {
  const at = (factor: number): Rows => ({ x: points(map, ROWS), ...numbersFor(map, ROWS, factor) })

  it.each([1, 4])(
    'writes its slope, its bend and the gains by its numbers as differences have them, numbers × %d',
    (factor) => {
      const given = at(factor)
      const { all } = apply(map, false, given)
      const { out, log } = difference(map, false, given, 'x')
      expectClose(all.slope, out, 1e-6, 'slope', given)
      expectClose(all.bend, log, 1e-6, 'bend', given)
      for (const { name, f, g } of map.numbers) {
        const gains = difference(map, false, given, name)
        expectClose(all[f], gains.out, 1e-6, f, given)
        expectClose(all[g], gains.log, 1e-6, g, given)
      }
    },
  )

  it('adds the logarithm of its slope to the log-det', () => {
    const given = at(2)
    const { all, log } = apply(map, false, given)
    // A slope that has underflown says nothing of its logarithm.
    const value = all.slope.map((slope, i) => (slope > 1e-300 ? Math.log(slope) : log[i]))
    expectClose(log, { value }, 1e-9, 'logDet', given)
    const before = same(ROWS, 0.5)
    const after = double.run(map.forward, { rows: ROWS }, { ...map.values, ...given, logDet: before }).logDet
    expectClose(after, { value: log.map((v) => v + 0.5) }, 1e-14, 'logDet', given)
  })

  it.each([0, 1, 4, 8])(
    'is undone by its inverse, numbers × %d, which writes what the map does at that x',
    (factor) => {
      const given = at(factor)
      const { out, all } = apply(map, false, given)
      const { x, ...numbers } = given
      const back = apply(map, true, { z: out, ...numbers })
      // dx = dz/f′: where the map is flat, a rounding of z moves x further.
      const noise = out.map((z, i) => (4e-16 * Math.abs(z)) / all.slope[i])
      expectClose(back.out, { value: x, noise }, 1e-9, 'x', given)
      const there = apply(map, false, { x: back.out, ...numbers })
      expectClose(there.out, { value: out }, 1e-9, 'z', given)
      for (const name of Object.keys(all).filter((output) => output !== 'z')) {
        const sign = name === 'logDet' ? -1 : 1
        expectClose(back.all[name], { value: there.all[name].map((v) => sign * v) }, 1e-8, name, given)
      }
    },
  )

  it.each([false, true])(
    'has the gradients that differences have, for weights on both outputs, inverse: %s',
    (inverse) => {
      const there = at(1)
      const { x, ...numbers } = there
      const given: Rows = inverse ? { z: apply(map, false, there).out, ...numbers } : there
      const { all } = apply(map, inverse, given)
      const { slope, bend } = all
      const [dOut, dLogDet] = [Float64Array.from(normals(ROWS, 8)), Float64Array.from(normals(ROWS, 9))]
      const total = (name: string): Derivative => {
        const { out, log } = difference(map, inverse, given, name)
        const weighted = (which: 'value' | 'noise', size: (v: number) => number) =>
          dOut.map((d, i) => size(d) * out[which][i] + size(dLogDet[i]) * log[which][i])
        return { value: weighted('value', (v) => v), noise: weighted('noise', Math.abs) }
      }
      const size = { rows: ROWS }
      const dIn = inverse
        ? double.run(mapInverseBackward, size, { slope, bend, dx: dOut, dLogDet }).dz
        : double.run(mapBackward, size, { slope, bend, dz: dOut, dLogDet }).dx
      expectClose(dIn, total(inverse ? 'z' : 'x'), 1e-6, 'the gradient of the input', given)
      for (const { name, f, g } of map.numbers) {
        const gains = { fTheta: all[f], gTheta: all[g], dLogDet, dz: inverse ? dIn : dOut }
        const { dTheta } = double.run(inverse ? numberInverseBackward : numberBackward, size, gains)
        expectClose(dTheta, total(name), 1e-6, `the gradient of ${name}`, given)
      }
    },
  )
})

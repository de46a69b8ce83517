// The SIMD kernels of maps of one coordinate against their reference kernels over the same float32 arrays.
import { describe, expect, it } from 'vitest'
import { circularShift, circularShiftInverse } from '#kernels/operations/affine-maps.js'
import {
  mapBackward,
  mapInverseBackward,
  numberBackward,
  numberInverseBackward,
} from '#kernels/operations/map-backward.js'
import { compileFiles, type Inputs, type Layout, Trial } from './compiled-alone.js'
import { LENGTHS, normals, normalsWithEdges, uniforms } from './inputs.js'
import { type ElementMap, FILES, MAPS, portableMaps } from './maps.js'
import { EPS } from './ulp.js'

const simd = new Trial(await compileFiles(...FILES))
const reference = new Trial(portableMaps, 'float32')

type Rows = Readonly<Record<string, Float32Array>>

/** What the error of an output of row i is so many ε of, ε = 2⁻²⁴; `of` reads inputs and the reference's outputs. */
type Magnitude = (of: (name: string) => number) => number

interface Claim {
  readonly k: number
  readonly of: Magnitude
}

const itself = (name: string, k: number): Claim => ({ k, of: (of) => of(name) })
const unit = (k: number): Claim => ({ k, of: () => 1 })
/** Of a log-det, whose sum rounds too. */
const counted = (k: number, added: Magnitude): Claim => ({ k, of: (of) => added(of) + Math.abs(of('before')) })

const { abs, asinh, exp, log1p, max, min } = Math

/** sinh 20, from where sinh goes on by its tangent. */
const SINH_BEND = 242582597.7

/** Of sinh-arcsinh: a = A(x), w = A(z), C(a), C(w), δ, and how far a rounding of the one argument or the other goes. */
function sides(of: (name: string) => number, inverse: boolean) {
  const arc = (v: number) => asinh(min(abs(v), SINH_BEND)) + max(abs(v) / SINH_BEND - 1, 0)
  const [a, w] = [arc(of('x')), arc(of('z'))]
  const delta = exp(of('raw'))
  const [coshA, coshW] = [Math.cosh(min(a, 20)), Math.cosh(min(w, 20))]
  const spread = inverse ? 1 + (w + abs(of('skew'))) / delta : 1 + delta * a + abs(of('skew'))
  // How far T of the rounded side is off: its slope is 1/C².
  const turn = 1 + spread / (inverse ? coshA : coshW) ** 2
  return { a, w, delta, coshA, coshW, spread, turn, raw: abs(of('raw')) }
}

const SINH_ARCSINH = (inverse: boolean): Readonly<Record<string, Claim>> => ({
  [inverse ? 'x' : 'z']: {
    k: 5,
    of: (of) => sides(of, inverse)[inverse ? 'coshA' : 'coshW'] * sides(of, inverse).spread,
  },
  logDet: counted(3.6, (of) => {
    const { a, w, raw, spread } = sides(of, inverse)
    return a + w + raw + spread
  }),
  slope: { k: 4.2, of: (of) => of('slope') * sides(of, inverse).spread },
  bend: {
    k: 4.8,
    of: (of) => {
      const { delta, coshA, turn, spread } = sides(of, inverse)
      return inverse ? (turn + delta) / coshA + abs(of('bend')) * spread : (1 + delta * turn) / coshA
    },
  },
  fSkew: { k: 2.9, of: (of) => of('fSkew') * sides(of, inverse).spread },
  gSkew: { k: 2.8, of: (of) => sides(of, inverse).turn },
  fRaw: {
    k: 2.9,
    of: (of) => of('fSkew') * sides(of, inverse).delta * (sides(of, inverse).a + 1) * sides(of, inverse).spread,
  },
  gRaw: {
    k: 3.5,
    of: (of) => {
      const { delta, a, turn, spread } = sides(of, inverse)
      return 1 + delta * a * turn + spread
    },
  },
})

/** Of Yeo-Johnson: L = Λ(|x|) and y = Λ(μ|z|), which are exponents: ε of them is ε of what they are exponents of. */
const exponents = (of: (name: string) => number) => {
  const log = (v: number) => min(log1p(v), 40)
  const mu = 2 / (1 + exp(of('z') < 0 ? of('raw') : -of('raw')))
  return { L: log(abs(of('x'))), y: log(mu * abs(of('z'))) }
}

const YEO_JOHNSON: Readonly<Record<string, Claim>> = {
  z: { k: 4.2, of: (of) => of('z') * (1 + exponents(of).y) },
  x: { k: 4.2, of: (of) => of('x') * (1 + exponents(of).L) },
  logDet: counted(6, (of) => exponents(of).L + exponents(of).y),
  slope: { k: 4.6, of: (of) => of('slope') * (1 + exponents(of).L + exponents(of).y) },
  bend: { k: 5.5, of: (of) => of('bend') * (1 + exponents(of).L) },
  fRaw: { k: 10.5, of: (of) => of('fRaw') * (1 + exponents(of).y) },
  gRaw: itself('gRaw', 6.2),
}

const SOFT_AFFINE = (inverse: boolean): Readonly<Record<string, Claim>> => ({
  [inverse ? 'x' : 'z']: {
    k: 5,
    of: (of) => (inverse ? abs(of('x') + of('t')) + abs(of('t')) : (abs(of('x')) + abs(of('t'))) * of('slope')),
  },
  logDet: counted(2.2, () => 2),
  slope: { k: 3.8, of: (of) => of('slope') },
  bend: unit(0),
  fA: { k: 8.2, of: (of) => (inverse ? of('fA') : (abs(of('x')) + abs(of('t'))) * of('slope') * of('gA')) },
  gA: itself('gA', 4.2),
})

const CLAIMS: Readonly<Record<string, Readonly<Record<string, Claim>>>> = {
  hyperbolicTangent: {
    z: itself('z', 4.1),
    logDet: counted(4.2, (of) => 1 + abs(of('x'))),
    slope: itself('slope', 5.6),
    bend: itself('bend', 4.1),
  },
  hyperbolicTangentInverse: {
    x: itself('x', 4),
    logDet: counted(4, (of) => abs(of('x'))),
    slope: itself('slope', 2),
    bend: itself('bend', 0),
  },
  logistic: {
    z: itself('z', 4),
    logDet: counted(2.2, (of) => 2 + abs(of('x'))),
    slope: itself('slope', 5.6),
    bend: itself('bend', 4.2),
  },
  logisticInverse: {
    x: itself('x', 2.6),
    logDet: counted(4, (of) => 1 + abs(of('x'))),
    slope: itself('slope', 2),
    bend: itself('bend', 0),
  },
  softsign: {
    z: itself('z', 3),
    logDet: counted(5, (of) => 2 * log1p(abs(of('x')))),
    slope: itself('slope', 6),
    bend: itself('bend', 3),
  },
  softsignInverse: {
    x: itself('x', 3),
    logDet: counted(5, (of) => 2 * log1p(abs(of('x')))),
    slope: itself('slope', 4),
    bend: itself('bend', 2),
  },
  softplus: {
    z: itself('z', 3.2),
    logDet: counted(2.2, (of) => max(-of('x'), 0) + 1),
    slope: itself('slope', 4),
    bend: itself('bend', 3.6),
  },
  softplusInverse: {
    x: { k: 3.2, of: (of) => abs(of('x')) + of('z') },
    logDet: counted(4, (of) => abs(of('x')) + of('z')),
    slope: itself('slope', 2.1),
    bend: itself('bend', 2.1),
  },
  exponential: {
    z: itself('z', 2.1),
    logDet: counted(2, (of) => abs(of('x'))),
    slope: itself('slope', 2.1),
    bend: unit(0),
  },
  exponentialInverse: {
    x: itself('x', 2.1),
    logDet: counted(2.1, (of) => abs(of('x'))),
    slope: itself('slope', 0),
    bend: unit(0),
  },
  symmetricLog: {
    z: itself('z', 3.2),
    logDet: counted(4.2, (of) => abs(of('z'))),
    slope: itself('slope', 2.6),
    bend: itself('bend', 2.6),
  },
  symmetricLogInverse: {
    x: itself('x', 3),
    logDet: unit(0),
    slope: itself('slope', 3.8),
    bend: itself('bend', 3.8),
  },
  sinhArcsinh: SINH_ARCSINH(false),
  sinhArcsinhInverse: SINH_ARCSINH(true),
  yeoJohnson: YEO_JOHNSON,
  yeoJohnsonInverse: YEO_JOHNSON,
  clampedAffine: SOFT_AFFINE(false),
  clampedAffineInverse: SOFT_AFFINE(true),
}

interface Given {
  readonly map: ElementMap
  readonly inverse: boolean
  readonly rows: Rows
}

function inputsOf({ map, rows }: Given): { inputs: Inputs; before: Float32Array; length: number } {
  const length = Object.values(rows)[0].length
  const before = normals(length, 77)
  return { inputs: { ...map.values, ...rows, logDet: before }, before, length }
}

function expectNear(given: Given, layout: Layout = {}): void {
  const operation = given.inverse ? given.map.inverse : given.map.forward
  const { inputs, before, length } = inputsOf(given)
  const got = simd.run(operation, { rows: length }, inputs, layout)
  const expected = reference.run(operation, { rows: length }, inputs)
  for (const [name, { k, of }] of Object.entries(CLAIMS[operation.id])) {
    if (!(name in expected)) continue
    for (let i = 0; i < length; i++) {
      const look = (at: string): number => (at === 'before' ? before : (given.rows[at] ?? expected[at]))[i]
      // Below the smallest normal float ε is no measure.
      const bound = k * EPS * abs(of(look)) + 2 ** -126
      const [result, exact] = [got[name][i], expected[name][i]]
      if (!(abs(result - exact) <= bound)) {
        const where = Object.entries(given.rows).map(([input, values]) => `${input} = ${values[i]}`)
        throw new Error(
          `${operation.id}'s ${name} is ${result}, expected ${exact}, within ${bound}; ${where.join(', ')}`,
        )
      }
    }
  }
}

const clamped = (rows: Float32Array, low: number, high: number) => rows.map((v) => max(low, min(high, v)))

function numbersFor({ numbers }: ElementMap, length: number, factor: number): Rows {
  return Object.fromEntries(numbers.map(({ name }, k) => [name, clamped(normals(length, 50 + k, factor), -10, 10)]))
}

describe.each(
  MAPS.flatMap(
    (map) =>
      [
        [map.forward.id, map, false],
        [map.inverse.id, map, true],
      ] as const,
  ),
)('%s', (_, map, inverse) => {
  const [input, [low, high]] = inverse ? (['z', map.image] as const) : (['x', [-Infinity, Infinity]] as const)
  /** Rows within the reach of a map, reaching `factor` far. */
  const rowsOf = (values: Float32Array, factor: number): Rows => ({
    [input]:
      high <= 1
        ? values.map((v) => low + (high - low) / (1 + exp(-v)))
        : values.map((v) => (low === 0 ? exp(min(v, 60)) : v)),
    ...numbersFor(map, values.length, factor),
  })

  it.each(LENGTHS)('agrees with the reference and writes nothing else, rows = %d', (length) => {
    for (const unaligned of [false, true]) {
      expectNear({ map, inverse, rows: rowsOf(normalsWithEdges(length, 5), 1) }, { unaligned })
    }
  })

  it('agrees with the reference on wide rows and numbers, all of it finite', () => {
    const far = low < -1 ? [1e12, 1e25] : []
    for (const reach of [0.01, 1, 5, 30, 100, 1e4, 1e6, ...far]) {
      for (const factor of [0, 1, 5]) {
        const rows = rowsOf(uniforms(4000, 21, -reach, reach), factor)
        const given = { map, inverse, rows }
        const { inputs } = inputsOf(given)
        const inside = clampedInside(inputs, map, inverse)
        expectNear({ ...given, rows: inside })
        for (const trial of [simd, reference]) {
          const outputs = trial.run(inverse ? map.inverse : map.forward, { rows: 4000 }, { ...inputs, ...inside })
          for (const [name, values] of Object.entries(outputs)) expect(values.every(Number.isFinite), name).toBe(true)
        }
      }
    }
  })

  it('gives the same bits in place', () => {
    const given = { map, inverse, rows: rowsOf(normals(131, 5), 1) }
    const { inputs } = inputsOf(given)
    const operation = inverse ? map.inverse : map.forward
    const apart = simd.run(operation, { rows: 131 }, inputs)
    const same: Layout['same'] = inverse ? { x: 'z' } : { z: 'x' }
    expect(simd.run(operation, { rows: 131 }, inputs, { same })).toEqual(apart)
  })
})

/** z strictly inside of a map's image, in float32. */
function clampedInside(inputs: Inputs, { numbers, image: [low, high] }: ElementMap, inverse: boolean): Rows {
  const rows = Object.fromEntries(
    [inverse ? 'z' : 'x', ...numbers.map(({ name }) => name)].map((name) => [name, inputs[name] as Float32Array]),
  )
  if (!inverse || low < -1) return rows
  return { ...rows, z: clamped(rows.z, low === 0 ? 2 ** -126 : -1 + 2 ** -24, high === 1 ? 1 - 2 ** -24 : high) }
}

describe('the ways back', () => {
  it.each(LENGTHS)('agree with the reference within 2 ε of their terms and write nothing else, rows = %d', (rows) => {
    const [a, b, d, dLogDet] = [1, 2, 3, 4].map((seed) => normalsWithEdges(rows, seed))
    const slope = a.map((v) => exp(v))
    const calls = [
      [mapBackward, { slope, bend: b, dz: d, dLogDet }, 'dx', slope],
      [numberBackward, { fTheta: slope, gTheta: b, dz: d, dLogDet }, 'dTheta', slope],
      [numberInverseBackward, { fTheta: slope, gTheta: b, dz: d, dLogDet }, 'dTheta', slope],
      [mapInverseBackward, { slope, bend: b, dx: d, dLogDet }, 'dz', slope.map((v) => 1 / v)],
    ] as const
    for (const [operation, inputs, output, factor] of calls) {
      for (const unaligned of [false, true]) {
        const got = simd.run(operation, { rows }, inputs, { unaligned })[output]
        reference.run(operation, { rows }, inputs)[output].forEach((exact, i) => {
          const other = abs(dLogDet[i] * b[i]) * (operation === mapInverseBackward ? factor[i] : 1)
          expect(abs(got[i] - exact)).toBeLessThanOrEqual(3 * EPS * (abs(d[i]) * factor[i] + other) + 2 ** -126)
        })
      }
    }
  })

  it('give the same bits in place', () => {
    const [bend, d, dLogDet] = [2, 3, 4].map((seed) => normals(131, seed))
    const slope = normals(131, 1).map((v) => exp(v))
    for (const [operation, inputs, same] of [
      [mapBackward, { slope, bend, dz: d, dLogDet }, { dx: 'dz' }],
      [mapInverseBackward, { slope, bend, dx: d, dLogDet }, { dz: 'dx' }],
    ] as const) {
      const apart = simd.run(operation, { rows: 131 }, inputs)
      expect(simd.run(operation, { rows: 131 }, inputs, { same })).toEqual(apart)
    }
  })

  it('through an inverse that is steeper than floats reach hold the gradient at the largest one', () => {
    const inputs = { slope: [2 ** -126, 2 ** -126, 2 ** -126], bend: [0, 0, 0], dx: [100, -100, 0], dLogDet: [1, 1, 1] }
    const largest = 2 ** 128 - 2 ** 104
    for (const trial of [simd, reference]) {
      const { dz } = trial.run(mapInverseBackward, { rows: 3 }, inputs)
      expect([...dz]).toEqual([largest, -largest, 0])
    }
  })
})

describe('circularShift', () => {
  const operations = [
    [circularShift, 'x', 'z'],
    [circularShiftInverse, 'z', 'x'],
  ] as const

  it.each(LENGTHS)('agrees with the reference up to whole turns and stays in [−box, box), rows = %d', (rows) => {
    const box = 3
    const phi = normals(rows, 2, 4)
    const from = normals(rows, 1).map((v) => max(-box, min(v, 2.9999998)))
    for (const [operation, input, output] of operations) {
      for (const unaligned of [false, true]) {
        const inputs = { box, phi, [input]: from }
        const got = simd.run(operation, { rows }, inputs, { unaligned })[output]
        reference.run(operation, { rows }, inputs)[output].forEach((exact, i) => {
          const apart = abs(got[i] - exact)
          expect(min(apart, 2 * box - apart)).toBeLessThanOrEqual(3 * EPS * (abs(from[i]) + abs(phi[i]) + box))
          expect(got[i] >= -box && got[i] < box).toBe(true)
        })
      }
    }
  })

  it.each([Math.fround(Math.PI), 1.0186517238616943])(
    'stays in [−box, box) about odd multiples of box, where roundings of turns lie on either side, box = %d',
    (box) => {
      const x = new Float32Array(1024)
      const phi = x.map((_, i) => (2 * (i >> 3) - 127) * box * (1 + ((i & 7) - 4) * 2 ** -23))
      for (const trial of [simd, reference]) {
        const { z } = trial.run(circularShift, { rows: 1024 }, { box, phi, x })
        expect(z.filter((value) => !(value >= -box && value < box))).toEqual(new Float64Array(0))
      }
    },
  )

  it('is undone by its inverse up to whole turns, in float64 within 10⁻¹² and in float32 within 10⁻⁵', () => {
    const exact = new Trial(portableMaps, 'float64')
    const box = Math.fround(Math.PI)
    const x = uniforms(500, 1, -box, box)
    x.set([-box, 0, -0, 3.1415925])
    const phi = normals(500, 2, 20)
    phi.set([2 * box, -2 * box, box, 0])
    for (const [trial, bound] of [
      [exact, 1e-12],
      [simd, 1e-5],
    ] as const) {
      const { z } = trial.run(circularShift, { rows: 500 }, { box, phi, x })
      const back = trial.run(circularShiftInverse, { rows: 500 }, { box, phi, z }).x
      back.forEach((value, i) => {
        const apart = abs(value - x[i])
        expect(min(apart, 2 * box - apart)).toBeLessThanOrEqual(bound)
        expect(z[i] >= -box && z[i] < box).toBe(true)
      })
    }
  })
})

import { describe, expect, it } from 'vitest'
import { gelu, geluBackward, multiply, silu, siluBackward, subtract } from '#kernels/operations/activations.js'
import { portableActivations } from '#kernels/portable/activations.js'
import { compileFiles, type Layout, Trial } from './compiled-alone.js'
import { LENGTHS, normals, normalsWithEdges, uniforms } from './inputs.js'
import { EPS, ulp } from './ulp.js'

const simd = new Trial(await compileFiles('activations'))
const double = new Trial(portableActivations, 'float64')

type Bound = (x: Readonly<Record<string, ArrayLike<number>>>, i: number, expected: number) => number

/** How far from float64 a result may be: k ulp of it; a subnormal factor of x is so many of the smallest float away. */
const ulps =
  (k: number): Bound =>
  (inputs, i, expected) =>
    k * (ulp(expected) + Math.abs(Object.values(inputs)[0][i]) * 2 ** -149)
/** The terms of a slope may cancel: k·ε of dy, ε = 2⁻²⁴. */
const slope =
  (k: number): Bound =>
  ({ dy }, i) =>
    k * EPS * Math.abs(dy[i]) + 2 ** -149
const operations = { silu, siluBackward, gelu, geluBackward, multiply, subtract }

const BOUNDS = {
  silu: { output: 'y', inputs: ['x'], bound: ulps(2.8) },
  gelu: { output: 'y', inputs: ['x'], bound: ulps(5) },
  siluBackward: { output: 'dx', inputs: ['x', 'dy'], bound: slope(4.5) },
  geluBackward: { output: 'dx', inputs: ['x', 'dy'], bound: slope(3.5) },
  multiply: { output: 'y', inputs: ['a', 'b'], bound: ulps(0.5) },
  subtract: { output: 'y', inputs: ['x', 'y'], bound: ulps(0.5) },
} satisfies Record<string, { output: string; inputs: string[]; bound: Bound }>

type Name = keyof typeof BOUNDS

function expectNear(name: Name, inputs: Readonly<Record<string, ArrayLike<number>>>, layout?: Layout): void {
  const { output, bound } = BOUNDS[name]
  const counts = { n: Object.values(inputs)[0].length }
  const got = simd.run(operations[name], counts, inputs, layout)[output]
  const expected = double.run(operations[name], counts, inputs)[output]
  expected.forEach((value, i) => {
    const error = Math.abs(got[i] - value)
    if (!(error <= bound(inputs, i, value))) {
      throw new Error(`${name} at ${Object.values(inputs).map((array) => array[i])}: ${got[i]}, expected ${value}`)
    }
  })
}

describe.each(Object.keys(BOUNDS) as Name[])('%s', (name) => {
  it.each(LENGTHS)('agrees with float64 and writes nothing else, n = %d', (n) => {
    const arrays = BOUNDS[name].inputs.map((input, i) => [input, normalsWithEdges(n, i)] as const)
    expectNear(name, Object.fromEntries(arrays))
    expectNear(name, Object.fromEntries(arrays), { unaligned: true })
  })

  it('agrees with float64 on wide inputs', () => {
    for (const reach of [1, 6, 20, 120, 1e6]) {
      const arrays = BOUNDS[name].inputs.map(
        (input, i) => [input, i === 0 ? uniforms(8192, 7, -reach, reach) : normals(8192, 3)] as const,
      )
      expectNear(name, Object.fromEntries(arrays))
    }
  })
})

it.each([
  ['silu', { y: 'x' }],
  ['gelu', { y: 'x' }],
  ['siluBackward', { dx: 'dy' }],
  ['geluBackward', { dx: 'dy' }],
  ['multiply', { y: 'a' }],
] as const)('%s gives the same bits in place', (name, same) => {
  const arrays = BOUNDS[name].inputs.map((input, i) => [input, normals(131, i)] as const)
  const inputs = Object.fromEntries(arrays)
  const apart = simd.run(operations[name], { n: 131 }, inputs)
  expect(simd.run(operations[name], { n: 131 }, inputs, { same })).toEqual(apart)
})

it.each([
  ['silu', 'siluBackward'],
  ['gelu', 'geluBackward'],
] as const)("%s's backward is its derivative, by fourth-order central differences in float64", (name, backward) => {
  const x = Float64Array.from({ length: 401 }, (_, i) => (i - 200) / 10)
  const at = (offset: number) => double.run(operations[name], { n: 401 }, { x: x.map((v) => v + offset) }).y
  const h = 1e-3
  const [p2, p1, m1, m2] = [at(2 * h), at(h), at(-h), at(-2 * h)]
  const { dx } = double.run(operations[backward], { n: 401 }, { x, dy: x.map(() => 1) })
  dx.forEach((value, i) => {
    expect(Math.abs((8 * (p1[i] - m1[i]) - (p2[i] - m2[i])) / (12 * h) - value), `at ${x[i]}`).toBeLessThan(1e-10)
  })
})

// By mpmath 1.3 to 40 digits: x/(1 + e^−x), x·erfc(−x/√2)/2, and their derivatives.
const EXACT: readonly (readonly [x: number, silu: number, dSilu: number, gelu: number, dGelu: number])[] = [
  [-8, -0.002682801043731825, -0.0023465512355853157, -4.976768459417427e-15, -3.979607261086796e-14],
  [-3, -0.14227761953270035, -0.08810410601516962, -0.0040496940948902835, -0.011945647204183927],
  [-1.25, -0.27837517353163604, 0.0063191550846875815, -0.13206221708356908, -0.12266158306942213],
  [-0.75, -0.24061597561845527, 0.1574000555032465, -0.16997051428265114, 0.0007742782607648957],
  [-0.125, -0.05859882832828047, 0.4376623797495416, -0.056282721896235885, 0.4007820643017934],
  [0, 0.0, 0.5, 0.0, 0.5],
  [0.5, 0.3112296656009273, 0.7399611873026518, 0.34573123063700656, 0.8674951246561629],
  [1, 0.7310585786300049, 0.9276705118714867, 0.8413447460685429, 1.0833154705876864],
  [2.5, 2.310354549946891, 1.0994011113415267, 2.4844758366855597, 1.037611085908145],
  [7, 6.993622641639195, 1.005460497066452, 6.999999999991041, 1.0000000000626632],
]

it('has the values of mpmath, in float64 within 10⁻¹⁴ and in float32 within the bounds', () => {
  for (const [x, ...expected] of EXACT) {
    const calls = [
      [operations.silu, { x: [x] }, 'y'],
      [operations.siluBackward, { x: [x], dy: [1] }, 'dx'],
      [operations.gelu, { x: [x] }, 'y'],
      [operations.geluBackward, { x: [x], dy: [1] }, 'dx'],
    ] as const
    for (const [k, [operation, inputs, output]] of calls.entries()) {
      const [reference] = double.run(operation, { n: 1 }, inputs)[output]
      expect(Math.abs(reference - expected[k]), `${operation.id} at ${x}`).toBeLessThanOrEqual(
        1e-14 * Math.max(Math.abs(expected[k]), 0.01),
      )
      const [got] = simd.run(operation, { n: 1 }, inputs)[output]
      expect(Math.abs(got - expected[k]), `${operation.id} at ${x}`).toBeLessThanOrEqual(
        5 * (k % 2 === 0 ? ulp(expected[k]) : EPS),
      )
    }
  }
})

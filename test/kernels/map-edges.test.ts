// Where maps of one coordinate meet the ends of what floats and their images hold.
import { describe, expect, it } from 'vitest'
import { hyperbolicTangent, logistic, softsign } from '#kernels/operations/bounded-maps.js'
import { mapBackward, mapInverseBackward } from '#kernels/operations/map-backward.js'
import { exponential, softplus } from '#kernels/operations/positive-maps.js'
import { sinhArcsinh, sinhArcsinhInverse } from '#kernels/operations/sinh-arcsinh.js'
import { yeoJohnson, yeoJohnsonInverse } from '#kernels/operations/yeo-johnson.js'
import { compileFiles, Trial } from './compiled-alone.js'
import { FILES, MAPS, portableMaps } from './maps.js'

const trials = {
  simd: new Trial(await compileFiles(...FILES)),
  float32: new Trial(portableMaps, 'float32'),
  float64: new Trial(portableMaps, 'float64'),
}

const BELOW_ONE = { simd: 1 - 2 ** -24, float32: 1 - 2 ** -24, float64: 1 - 2 ** -53 }
const SMALLEST = { simd: 2 ** -126, float32: 2 ** -126, float64: 2 ** -1022 }
const LARGEST = { simd: 2 ** 128 - 2 ** 104, float32: 2 ** 128 - 2 ** 104, float64: Number.MAX_VALUE }

const zeros = (rows: number) => new Float64Array(rows)
const mapOf = (id: string) => MAPS.find(({ forward }) => forward.id === id) as (typeof MAPS)[number]

describe.each(Object.keys(trials) as (keyof typeof trials)[])('%s', (kind) => {
  const trial = trials[kind]

  it.each([
    ['hyperbolicTangent', [1, -1, 1.5, -7, 1e30, Infinity, -Infinity]],
    ['logistic', [0, -0, 1, -1e-30, 1.25, 1e30, Infinity, -Infinity]],
    ['softsign', [1, -1, 1.5, -7, 1e30, Infinity, -Infinity]],
    ['softplus', [0, -0, -1e-30, -3, -1e30, -Infinity]],
    ['exponential', [0, -0, -1e-30, -3, -1e30, -Infinity]],
  ])("%s's inverse gives −∞ for the log-det outside of the image, a finite x, slope 1 and bend 0", (id, outside) => {
    const { inverse } = mapOf(id)
    const rows = outside.length
    const { x, logDet, slope, bend } = trial.run(inverse, { rows }, { z: outside, logDet: zeros(rows).fill(3) })
    expect([...logDet]).toEqual(outside.map(() => -Infinity))
    expect(x.every(Number.isFinite)).toBe(true)
    expect([...slope]).toEqual(outside.map(() => 1))
    expect([...bend]).toEqual(outside.map(() => 0))
    const dx = zeros(rows).fill(2)
    const { dz } = trial.run(mapInverseBackward, { rows }, { slope, bend, dx, dLogDet: zeros(rows).fill(5) })
    expect([...dz]).toEqual([...dx])
  })

  it.each([
    [hyperbolicTangent, [1e3, -1e3, 1e6], [BELOW_ONE[kind], -BELOW_ONE[kind], BELOW_ONE[kind]]],
    [logistic, [1e3, -1e3, 1e6], [BELOW_ONE[kind], SMALLEST[kind], BELOW_ONE[kind]]],
    [softsign, [1e17, -1e17, 1e19], [BELOW_ONE[kind], -BELOW_ONE[kind], BELOW_ONE[kind]]],
    [softplus, [-1e3, -1e6], [SMALLEST[kind], SMALLEST[kind]]],
    [exponential, [1e3, -1e3], [LARGEST[kind], SMALLEST[kind]]],
  ] as const)(
    '%o holds a saturated z at the nearest float inside, and its inverse is finite there',
    (forward, x, held) => {
      const rows = x.length
      const there = trial.run(forward, { rows }, { x, logDet: zeros(rows) })
      expect([...there.z]).toEqual([...held])
      const back = trial.run(mapOf(forward.id).inverse, { rows }, { z: there.z, logDet: zeros(rows) })
      for (const values of [...Object.values(there), ...Object.values(back)]) {
        expect(values.every(Number.isFinite)).toBe(true)
      }
      expect([...back.x].map(Math.sign)).toEqual(x.map(Math.sign))
    },
  )

  it('log-dets of saturated rows are those of x, not of the z that is held', () => {
    const x = [100, -100]
    const logDetOf = (forward: typeof logistic) => [...trial.run(forward, { rows: 2 }, { x, logDet: zeros(2) }).logDet]
    const near = (got: number[], expected: number[]) =>
      got.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 4)
      })
    near(logDetOf(hyperbolicTangent), [Math.log(4) - 200, Math.log(4) - 200])
    near(logDetOf(logistic), [-100, -100])
    near(logDetOf(softplus), [0, -100])
    near(logDetOf(exponential), [100, -100])
  })

  it('NaN stays NaN in every output but constant ones', () => {
    for (const { forward, inverse, numbers, values } of MAPS) {
      for (const operation of [forward, inverse]) {
        const input = operation === forward ? 'x' : 'z'
        const theta = Object.fromEntries(numbers.map(({ name }) => [name, [0.5]]))
        const inputs = { ...values, ...theta, [input]: [Number.NaN], logDet: [0] }
        const outputs = trial.run(operation, { rows: 1 }, inputs)
        expect(outputs[operation === forward ? 'z' : 'x'][0], operation.id).toBeNaN()
        if (operation.id.startsWith('clampedAffine')) continue
        expect(outputs.logDet[0], operation.id).toBeNaN()
      }
    }
  })

  it('sinh-arcsinh and Yeo-Johnson are finite, round trips included, for raws of ±10 and any x within ±10⁶', () => {
    const x = [-1e6, -1e3, -1, -1e-20, -0, 0, 1e-20, 1e-3, 1, 37, 1e3, 1e6]
    const rows = x.length
    for (const raw of [-10, -1, 0, 1, 10]) {
      const raws = zeros(rows).fill(raw)
      for (const [forward, inverse, numbers] of [
        [sinhArcsinh, sinhArcsinhInverse, { skew: zeros(rows).fill(3), raw: raws }],
        [yeoJohnson, yeoJohnsonInverse, { raw: raws }],
      ] as const) {
        const there = trial.run(forward, { rows }, { ...numbers, x, logDet: zeros(rows) })
        const back = trial.run(inverse, { rows }, { ...numbers, z: there.z, logDet: zeros(rows) })
        const far = trial.run(inverse, { rows }, { ...numbers, z: x, logDet: zeros(rows) })
        const [slope, bend, dz] = [there.slope, there.bend, there.z.map((v) => -v)]
        const gradient = trial.run(mapBackward, { rows }, { slope, bend, dz, dLogDet: zeros(rows).fill(1) })
        for (const outputs of [there, back, far, gradient]) {
          for (const [name, values] of Object.entries(outputs)) {
            expect(values.every(Number.isFinite), `${forward.id} ${name} ${values}`).toBe(true)
          }
        }
      }
    }
  })
})

describe('closed forms in float64', () => {
  const { float64 } = trials

  it('Yeo-Johnson is the identity at raw 0, and has the powers of λ = ½, 3/2 and the logarithm it tends to', () => {
    const run = (raw: number, x: number) =>
      float64.run(yeoJohnson, { rows: 1 }, { raw: [raw], x: [x], logDet: [0] }).z[0]
    const rawOf = (lambda: number) => Math.log(lambda / (2 - lambda))
    for (const x of [-40, -1, -1e-9, 0, 1e-9, 0.5, 3, 1e4]) {
      expect(run(0, x)).toBeCloseTo(x, 9)
      for (const lambda of [0.5, 1.5]) {
        const expected = x < 0 ? -((1 - x) ** (2 - lambda) - 1) / (2 - lambda) : ((1 + x) ** lambda - 1) / lambda
        expect(Math.abs(run(rawOf(lambda), x) - expected)).toBeLessThanOrEqual(1e-14 * Math.abs(expected) + 1e-16)
      }
    }
    expect(run(-60, 3)).toBeCloseTo(Math.log(4), 12)
    expect(run(60, -3)).toBeCloseTo(-Math.log(4), 12)
  })

  it('sinh-arcsinh is the identity at 0, a shift of asinh by its skew, a multiple by e^raw', () => {
    for (const x of [-50, -1, 0, 0.25, 1e5]) {
      for (const [skew, raw] of [
        [0, 0],
        [1.5, 0],
        [-0.5, 0.25],
      ]) {
        const inputs = { skew: [skew], raw: [raw], x: [x], logDet: [0] }
        const { z, logDet } = float64.run(sinhArcsinh, { rows: 1 }, inputs)
        const argument = Math.exp(raw) * Math.asinh(x) + skew
        const slope = (Math.exp(raw) * Math.cosh(argument)) / Math.sqrt(1 + x * x)
        expect(Math.abs(z[0] - Math.sinh(argument))).toBeLessThanOrEqual(1e-13 * Math.abs(z[0]))
        expect(logDet[0]).toBeCloseTo(Math.log(slope), 10)
      }
    }
  })
})

import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { amongKnots, drawKnots, type Knots, published } from './spline-knots.js'
import { EPS } from './ulp.js'

type Reals = ArrayLike<number>

/** Both directions of a spline over rows of any number, and what they write. */
function splineOf({ xs, zs, logSlopes }: Knots, rows: number, kind: KernelKind, precision: 'float32' | 'float64') {
  const arena = new Arena(precision)
  const knots = xs.length
  const [atX, atZ, atLog] = [arena.real(knots), arena.real(knots), arena.real(knots)]
  const [x, z, logDet, slope, bend, bin] = Array.from({ length: 6 }, () => arena.real(rows))
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  real.set(xs, atX)
  real.set(zs, atZ)
  real.set(logSlopes, atLog)
  const args = { knots, rows, xs: atX, zs: atZ, logSlopes: atLog, logDet, slope, bend, bin }
  const run = (name: 'quantileSpline' | 'quantileSplineInverse', given: Reals, inPlace: boolean) => {
    const [from, to] = name === 'quantileSpline' ? [x, z] : [z, x]
    const out = inPlace ? from : to
    real.set(given, from)
    real.fill(0, logDet, logDet + rows)
    kernels.call(name, { ...args, ...(name === 'quantileSpline' ? { x: from, z: out } : { z: from, x: out }) })
    const copy = (at: number) => Float64Array.from(real.subarray(at, at + rows))
    return { output: copy(out), logDet: copy(logDet), slope: copy(slope), bend: copy(bend), bin: copy(bin) }
  }
  return {
    forward: (given: Reals, inPlace = false) => run('quantileSpline', given, inPlace),
    inverse: (given: Reals, inPlace = false) => run('quantileSplineInverse', given, inPlace),
  }
}

const unitBin = (...logs: readonly number[]): Knots => ({
  xs: Float32Array.of(0, 1),
  zs: Float32Array.of(0, 1),
  logSlopes: Float32Array.from(logs),
})

const SPLINES = [
  ['two knots', drawKnots(2, 0)],
  ['five knots', drawKnots(5, 1)],
  ['32 knots', drawKnots(32, 1)],
  ['32 knots, 9 of them one', drawKnots(32, 2, 9)],
  ['64 knots, bins of e^±9', drawKnots(64, 3)],
  // Where the roots of this one meet, rounding alone would make the inverse fall by a float.
  ['two knots from 0 to 1', unitBin(-0.6899001598358154, 0.09325248003005981)],
  ['zeros', { xs: new Float32Array(32), zs: new Float32Array(32), logSlopes: new Float32Array(32) }],
] as const

/** Nearer to a knot at 0 than this, quotients by the distance overflow, and a row is the knot. */
const SMALL = 2 ** -120

const floats = new Float32Array(1)
const bits = new Int32Array(floats.buffer)
/** The float `steps` floats away. */
function neighbour(x: number, steps: number): number {
  floats[0] = x
  const ordinal = bits[0] < 0 ? -(bits[0] & 0x7fffffff) : bits[0]
  const moved = ordinal + steps
  bits[0] = moved < 0 ? -moved | (1 << 31) : moved
  return floats[0]
}

const WAYS = ['forward', 'inverse'] as const
const ownOf = ({ xs, zs }: Knots, way: (typeof WAYS)[number]) => (way === 'forward' ? xs : zs)
const otherOf = ({ xs, zs }: Knots, way: (typeof WAYS)[number]) => (way === 'forward' ? zs : xs)

/** Where in each bin, by z, the inverse goes over from the root by one end to that by the other: c/e = d₀/d₁. */
function meetings({ zs, logSlopes }: Knots): number[] {
  return Array.from(zs.subarray(1), (top, k) => {
    const [d0, d1] = [Math.exp(logSlopes[k]), Math.exp(logSlopes[k + 1])]
    return zs[k] + ((top - zs[k]) * d0) / (d0 + d1)
  })
}

/** Floats in order: 20 on either side of each knot, of 0, 200 where roots meet, and many between and beyond. */
function ordered(knots: Knots, way: (typeof WAYS)[number] = 'forward'): Float32Array {
  const own = ownOf(knots, way)
  const around = (x: number, count: number) => Array.from({ length: 2 * count + 1 }, (_, i) => neighbour(x, i - count))
  const near = [...own, 0].flatMap((knot) => around(knot, 20))
  const roots = way === 'inverse' ? meetings(knots).flatMap((z) => around(z, 200)) : []
  return Float32Array.from([...near, ...roots, ...amongKnots(20_000, own, 5)]).sort()
}

describe.each(SPLINES)('the spline through %s', (_, knots) => {
  it.each(WAYS)('never falls from one float to the next, %s', (way) => {
    const given = ordered(knots, way)
    const { output } = splineOf(knots, given.length, 'simd', 'float32')[way](given)
    for (let i = 1; i < given.length; i++) {
      if (!(output[i] >= output[i - 1])) throw new Error(`falls between ${given[i - 1]} and ${given[i]}`)
    }
  })

  it.each(WAYS)('goes through its knots to the bit, with their slopes, %s', (way) => {
    const own = ownOf(knots, way)
    const { output, logDet } = splineOf(knots, own.length, 'simd', 'float32')[way](own)
    expect(output).toEqual(Float64Array.from(otherOf(knots, way)))
    const sign = way === 'forward' ? 1 : -1
    for (const [k, log] of knots.logSlopes.entries()) {
      expect(Math.abs(sign * logDet[k] - log)).toBeLessThan(8 * EPS * (1 + Math.abs(log)))
    }
  })

  it.each(WAYS)('is finite and has a positive slope wherever |x| ≤ 10⁶, %s', (way) => {
    const given = ordered(knots, way)
    const results = splineOf(knots, given.length, 'simd', 'float32')[way](given)
    for (const values of Object.values(results)) expect(values.every(Number.isFinite)).toBe(true)
    expect(results.slope.every((value) => value > 0)).toBe(true)
  })

  it('comes back: within 5 ε·(|x| + |x_k| + (|z| + |z_k|)/f′) in float32, 10⁻¹⁴ of it in float64', () => {
    const given = ordered(knots)
    for (const [kind, precision, bound] of [
      ['simd', 'float32', 5 * EPS],
      ['portable', 'float64', 1e-14],
    ] as const) {
      const spline = splineOf(knots, given.length, kind, precision)
      const { output, slope, bin } = spline.forward(given)
      const back = spline.inverse(output).output
      const worst = given.reduce((most, x, i) => {
        const k = Math.max(bin[i], 0)
        const other = (Math.abs(output[i]) + Math.abs(knots.zs[k])) / slope[i]
        return Math.max(
          most,
          Math.max(Math.abs(back[i] - x) - SMALL, 0) / (Math.abs(x) + Math.abs(knots.xs[k]) + other || 1),
        )
      }, 0)
      expect(worst).toBeLessThan(bound)
    }
  })

  it.each(WAYS)('has the same bits in place, and NaN where NaN goes in, %s', (way) => {
    const given = amongKnots(131, ownOf(knots, way), 6)
    given[17] = Number.NaN
    const spline = splineOf(knots, given.length, 'simd', 'float32')
    const apart = spline[way](given)
    expect(spline[way](given, true)).toEqual(apart)
    expect(apart.output[17]).toBeNaN()
    expect(apart.output.filter(Number.isNaN).length).toBe(1)
  })
})

describe('the reference spline', () => {
  it.each(SPLINES.slice(0, 3))('through %s has the values and slopes of the published formulas', (_, knots) => {
    const [first, last] = [knots.xs[0], knots.xs[knots.xs.length - 1]]
    const x = Float64Array.from({ length: 1000 }, (_, i) => first + ((last - first) * i) / 1000)
    const { output, slope, logDet } = splineOf(knots, x.length, 'portable', 'float64').forward(x)
    for (const [i, value] of x.entries()) {
      const expected = published(knots, value)
      expect(output[i]).toBeCloseTo(expected.z, 11)
      expect(slope[i] / expected.slope).toBeCloseTo(1, 11)
      expect(logDet[i]).toBeCloseTo(Math.log(expected.slope), 11)
    }
  })

  it('through zeros alone is the identity', () => {
    const x = Float64Array.from([-3, -0.1, 0, 0.1, 1e6])
    const spline = splineOf(SPLINES[6][1], x.length, 'portable', 'float64')
    for (const way of WAYS) expect(spline[way](x).output).toEqual(x)
  })
})

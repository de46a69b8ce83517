import { describe, expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { ulp } from './ulp.js'

const SMALLEST = 2 ** -149
const SMALLEST_NORMAL = 2 ** -126
const LARGEST = 2 ** 128 - 2 ** 104
const LN_SMALLEST = -149 * Math.LN2
/** The last float whose e^x is finite, and the next. */
const EXP_LAST_FINITE = 88.72283172607422
const EXP_FIRST_INFINITE = 88.72283935546875
/** The first float whose e^x rounds to the smallest subnormal, and the one below, which rounds to 0. */
const EXP_LAST_POSITIVE = -103.97207641601562
const EXP_FIRST_ZERO = -103.97208404541016

const arena = new Arena('float32')
const [x, y, y2] = [arena.real(4), arena.real(4), arena.real(4)]
const kernels = createKernels(createHeap(arena, 'simd', false))
const { real } = kernels.heap

/** A kernel's value at one float, in the company of ordinary ones. */
function at(name: 'exp' | 'log' | 'tanh' | 'relu', value: number): number {
  real.set([0.5, value, 0.25, 1], x)
  expect(real[x + 1]).toBe(value)
  kernels.call(name, { n: 4, x, y })
  return real[y + 1]
}

describe('exp', () => {
  it.each([0, -0, SMALLEST, -SMALLEST, SMALLEST_NORMAL, -SMALLEST_NORMAL])('is exactly 1 at %s', (value) => {
    expect(at('exp', value)).toBe(1)
  })

  it('is ∞ at ∞, 0 at −∞ and NaN at NaN', () => {
    expect([Infinity, -Infinity, NaN].map((value) => at('exp', value))).toEqual([Infinity, 0, NaN])
  })

  it('overflows right after the last float whose power is finite', () => {
    expect(at('exp', EXP_LAST_FINITE)).toBeLessThan(Infinity)
    expect([EXP_FIRST_INFINITE, 89, 100, 1e4, LARGEST].map((value) => at('exp', value))).toEqual(
      Array(5).fill(Infinity),
    )
  })

  it('underflows gradually, to 0 right after the last float whose power rounds to 2⁻¹⁴⁹', () => {
    expect(at('exp', EXP_LAST_POSITIVE)).toBe(SMALLEST)
    expect([EXP_FIRST_ZERO, -104.5, -150, -1e4, -LARGEST].map((value) => at('exp', value))).toEqual(Array(5).fill(0))
    for (const value of [-87.5, -90, -95, -100, -103]) {
      expect(Math.abs(at('exp', value) - Math.exp(value))).toBeLessThanOrEqual(SMALLEST)
    }
  })
})

describe('log', () => {
  it('is −∞ at ±0', () => {
    expect([at('log', 0), at('log', -0)]).toEqual([-Infinity, -Infinity])
  })

  it.each([-SMALLEST, -SMALLEST_NORMAL, -1, -LARGEST, -Infinity, NaN])('is NaN at %s', (value) => {
    expect(at('log', value)).toBeNaN()
  })

  it('is ∞ at ∞', () => {
    expect(at('log', Infinity)).toBe(Infinity)
  })

  it('is exactly 0 at 1', () => {
    expect(at('log', 1)).toBe(0)
  })

  it('takes the smallest subnormal, the smallest normal and the largest number', () => {
    for (const value of [SMALLEST, 3 * SMALLEST, SMALLEST_NORMAL, LARGEST]) {
      const expected = Math.log(value)
      expect(Math.abs(at('log', value) - expected)).toBeLessThanOrEqual(ulp(expected))
    }
    expect(at('log', SMALLEST)).toBeCloseTo(LN_SMALLEST, 4)
  })
})

describe('tanh', () => {
  it.each([9.02, 9.5, 10, 88, 1e4, LARGEST, Infinity])('is exactly ±1 at ±%s', (value) => {
    const float = Math.fround(value)
    expect([at('tanh', float), at('tanh', -float)]).toEqual([1, -1])
  })

  it('never exceeds 1, at any float from 7 to 10', () => {
    const [first, last] = new Int32Array(new Float32Array([7, 10]).buffer)
    const n = last - first + 1
    const long = new Arena('float32')
    const [from, to] = [long.real(n), long.real(n)]
    const wide = createKernels(createHeap(long, 'simd', false))
    for (let i = 0; i < n; i++) wide.heap.i32[from + i] = first + i
    wide.call('tanh', { n, x: from, y: to })
    const values = [...wide.heap.real.subarray(to, to + n)]
    expect(values.reduce((a, b) => Math.max(a, b))).toBe(1)
  })

  it.each([0, SMALLEST, 3 * SMALLEST, 2 ** -100, 2 ** -20, 2 ** -13])('gives %s back, sign included', (value) => {
    expect(at('tanh', value)).toBe(value)
    expect(at('tanh', -value)).toBe(-value)
  })

  it('gives the smallest normal number back within an ulp: 0.93 of it, on the way, is subnormal', () => {
    expect(Math.abs(at('tanh', SMALLEST_NORMAL) - SMALLEST_NORMAL)).toBeLessThanOrEqual(SMALLEST)
    expect(at('tanh', -SMALLEST_NORMAL)).toBe(-at('tanh', SMALLEST_NORMAL))
  })

  it('is NaN at NaN', () => {
    expect(at('tanh', NaN)).toBeNaN()
  })
})

describe('sincos', () => {
  it('is exact at 0, and turns its signs with the quadrants', () => {
    real.set([0, Math.PI / 2, Math.PI, (3 * Math.PI) / 2], x)
    kernels.sincos(4, x, y, y2)
    expect([real[y], real[y2]]).toEqual([0, 1])
    expect([...real.subarray(y + 1, y + 4)].map(Math.round)).toEqual([1, -0, -1])
    expect([...real.subarray(y2 + 1, y2 + 4)].map(Math.round)).toEqual([-0, -1, 0])
  })

  it('keeps sin x = x for tiny x', () => {
    for (const value of [SMALLEST, SMALLEST_NORMAL, 2 ** -20]) {
      real.fill(value, x, x + 4)
      kernels.sincos(4, x, y, y2)
      expect([real[y], real[y2]]).toEqual([value, 1])
    }
  })
})

describe('relu', () => {
  it('is 0 at −0, negative numbers and NaN, and ∞ at ∞', () => {
    expect([-0, -SMALLEST, -Infinity, NaN, Infinity].map((value) => at('relu', value))).toEqual([0, 0, 0, 0, Infinity])
  })
})

describe('affineCouple', () => {
  /** e and z of one row whose tanh is saturated: s = ±bound; x = 1, t = 0. */
  function saturated(bound: number, sign: 1 | -1): { e: number; z: number; logDet: number } {
    const one = new Arena('float32')
    const [f, a, t, x, z, logDet, u, e] = Array.from({ length: 8 }, () => one.real(1))
    const coupled = createKernels(createHeap(one, 'simd', false))
    coupled.heap.real[f] = Math.log(bound)
    coupled.heap.real[a] = sign * 1e6
    coupled.heap.real[x] = 1
    coupled.call('affineCouple', { rows: 1, f, a, t, x, z, logDet, u, e })
    const [scale, out, total] = [e, z, logDet].map((offset) => coupled.heap.real[offset])
    return { e: scale, z: out, logDet: total }
  }

  it('does not clamp e^s: it overflows to ∞, underflows gradually and then to 0', () => {
    expect(saturated(120, 1)).toMatchObject({ e: Infinity, z: Infinity })
    expect(saturated(120, -1)).toMatchObject({ e: 0, z: 0 })
    const { e, z, logDet } = saturated(95, -1)
    expect(z).toBe(e)
    // s itself is off by some ulps of 95, and e by as much of itself.
    expect(e / Math.exp(-95)).toBeCloseTo(1, 3)
    expect(logDet).toBeCloseTo(-95, 3)
  })
})

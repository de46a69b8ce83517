import { describe, expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import {
  EXP_ULP,
  LOG_ULP,
  MODERATE_EXP_ULP,
  SCALED_TANH_ULP,
  SHORT_EXP_ULP,
  SHORT_TANH_ULP,
  SMALL,
  TANH_ULP,
  TRIG_ERROR,
} from './claims.js'
import { oneUnit, SCALED_TANH_ONE, SHORT_TANH_SCALE, scaledTanhKernel, TANH_SCALE } from './single-operations.js'
import { errorInUlp, ulp } from './ulp.js'

const LENGTH = 1 << 16
/** A prime, so that the patterns met have all kinds of low bits. */
const STRIDE = 4099

const arena = new Arena('float32')
const [x, y, y2, u, e] = Array.from({ length: 5 }, () => arena.real(LENGTH))
const logBound = arena.real(1)
const kernels = createKernels(createHeap(arena, 'simd', false))
const { real, i32 } = kernels.heap

interface Worst {
  readonly error: number
  readonly at: number
}

/** The largest error over the floats of every `stride`-th bit pattern from `first` up to `last`. */
function sweep(first: number, last: number, stride: number, run: (n: number) => void, errorOf: (i: number) => number) {
  let worst: Worst = { error: 0, at: Number.NaN }
  for (let pattern = first; pattern <= last; ) {
    let n = 0
    for (; n < LENGTH && pattern <= last; n++, pattern += stride) i32[x + n] = pattern | 0
    run(n)
    for (let i = 0; i < n; i++) {
      const error = errorOf(i)
      if (!(error <= worst.error)) worst = { error, at: real[x + i] }
    }
  }
  return worst
}

/** Over every STRIDE-th of the 2³² floats, in ulp. */
function worstOf(name: 'exp' | 'log' | 'tanh'): Worst {
  const reference = Math[name]
  return sweep(
    0,
    2 ** 32 - 1,
    STRIDE,
    (n) => kernels.call(name, { n, x, y }),
    (i) => errorInUlp(real[y + i], reference(real[x + i])),
  )
}

it(`exp is within ${EXP_ULP} ulp of e^x over every ${STRIDE}th float`, () => {
  const { error, at } = worstOf('exp')
  expect(error, `at x = ${at}`).toBeLessThanOrEqual(EXP_ULP)
})

const STEPS = 1 << 20
/** What tanh takes to even steps from −1 to 1. */
const artanhs = Float64Array.from({ length: STEPS + 1 }, (_, i) => Math.atanh((2 * i) / STEPS - 1))

/** The worst of a coupling's e^±s over 2²⁰ even steps of u from −1 to 1, s = u·e^f, where |s| ≤ most. */
function worstScale(name: 'affineCouple' | 'affineCoupleInverse', f: number, most: number): Worst {
  real[logBound] = f
  kernels.call('exp', { n: 1, x: logBound, y })
  const bound = real[y]
  let worst: Worst = { error: 0, at: Number.NaN }
  for (let first = 0; first <= STEPS; first += LENGTH) {
    for (let i = 0; i < LENGTH; i++) real[x + i] = bound * artanhs[Math.min(first + i, STEPS)]
    const places = { f: logBound, a: x, t: y, logDet: y2, u, e }
    kernels.call(name, { rows: LENGTH, ...places, x: y, z: y })
    for (let i = 0; i < LENGTH; i++) {
      const s = Math.fround(real[u + i] * bound)
      const error = Math.abs(s) > most ? 0 : errorInUlp(real[e + i], Math.exp(name === 'affineCouple' ? s : -s))
      if (!(error <= worst.error)) worst = { error, at: s }
    }
  }
  return worst
}

describe.each(['affineCouple', 'affineCoupleInverse'] as const)("%s's e^s", (name) => {
  it.each([
    [-1, 1, SHORT_EXP_ULP.half],
    [0, 0.5, SHORT_EXP_ULP.half],
    [0, 1, SHORT_EXP_ULP.all],
    [0.25, 2, SHORT_EXP_ULP.all],
    [0.2500001, 2, MODERATE_EXP_ULP],
    [1, 3, MODERATE_EXP_ULP],
    [1.757, 6, MODERATE_EXP_ULP],
    [1.76, 6, EXP_ULP],
    [4.4, 90, EXP_ULP],
    [4.6, 87, EXP_ULP],
  ])('of f = %d is within its bound, |s| ≤ %d', (f, most, bound) => {
    const { error, at } = worstScale(name, f, most)
    expect(error, `at s = ${at}`).toBeLessThanOrEqual(bound)
  })
})

it(`log is within ${LOG_ULP} ulp of ln x over every ${STRIDE}th float`, () => {
  const { error, at } = worstOf('log')
  expect(error, `at x = ${at}`).toBeLessThanOrEqual(LOG_ULP)
})

it(`tanh is within ${TANH_ULP} ulp of tanh x over every ${STRIDE}th float`, () => {
  const { error, at } = worstOf('tanh')
  expect(error, `at x = ${at}`).toBeLessThanOrEqual(TANH_ULP)
})

it('tanh is odd, bit for bit, over every 4099th float', () => {
  let mismatches = 0
  for (let first = 0; first < 0x7f800000; first += STRIDE * LENGTH) {
    for (let i = 0; i < LENGTH; i++) i32[x + i] = Math.min(first + i * STRIDE, 0x7f800000)
    kernels.call('tanh', { n: LENGTH, x, y })
    for (let i = 0; i < LENGTH; i++) i32[x + i] |= 0x80000000
    kernels.call('tanh', { n: LENGTH, x, y: y2 })
    for (let i = 0; i < LENGTH; i++) if (i32[y + i] !== (i32[y2 + i] ^ 0x80000000)) mismatches++
  }
  expect(mismatches).toBe(0)
})

it(`tanh of a scaled argument is within ${SCALED_TANH_ULP} ulp, tiny ones in that of ${SMALL}, over every ${STRIDE}th float`, () => {
  const { y: scaled, run } = scaledTanhKernel(LENGTH)
  let got = scaled
  const errorOf = (i: number) => {
    const expected = Math.tanh(real[x + i] / TANH_SCALE)
    return Math.abs(expected) < SMALL ? Math.abs(got[i] - expected) / ulp(SMALL) : errorInUlp(got[i], expected)
  }
  const fill = (n: number) => {
    scaled.set(real.subarray(x, x + n))
    got = run()
  }
  const { error, at } = sweep(0, 2 ** 32 - 1, STRIDE, fill, errorOf)
  expect(error, `at ${at / TANH_SCALE}`).toBeLessThanOrEqual(SCALED_TANH_ULP)
})

it.each([
  [0.383, 0],
  [-0.2, 1.09],
  [0.01, -2.24],
])(`the tanh of units of weight %d and bias %d is within ${SHORT_TANH_ULP} ulp of that of their arguments`, (w, b) => {
  const rows = LENGTH - 1
  const { params, kept, h, run } = oneUnit(rows)
  params.set([w, b])
  kept.forEach((_, i) => {
    kept[i] = (12 * i) / (rows - 1) - 6
  })
  run()
  const scaled = (value: number) => Math.fround(Math.fround(value) * SHORT_TANH_SCALE)
  let worst: Worst = { error: 0, at: Number.NaN }
  kept.forEach((value, i) => {
    const argument = Math.fround(scaled(b) + Math.fround(scaled(w) * value)) / SHORT_TANH_SCALE
    const error = errorInUlp(h[i], Math.tanh(argument))
    if (!(error <= worst.error)) worst = { error, at: argument }
  })
  expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(SHORT_TANH_ULP)
  expect(worst.error).toBeGreaterThan(0.5)
})

it('tanh of a scaled argument never exceeds 1, and is odd, at any float about saturation and beyond', () => {
  const [first, last] = new Int32Array(new Float32Array([7.5 * TANH_SCALE, 1.1 * SCALED_TANH_ONE]).buffer)
  const { y: scaled, run } = scaledTanhKernel(last - first + 1)
  const words = new Int32Array(scaled.buffer, scaled.byteOffset, scaled.length)
  words.forEach((_, i) => {
    words[i] = first + i
  })
  const values = run().slice()
  expect(values.reduce((a, b) => Math.max(a, b))).toBe(1)
  expect(values[values.length - 1]).toBe(1)
  words.forEach((word, i) => {
    words[i] = word | 0x80000000
  })
  expect(run()).toEqual(values.map((value) => -value))
})

function trigError(i: number): number {
  const angle = real[x + i]
  const sine = Math.abs(real[y + i] - Math.sin(angle))
  const cosine = Math.abs(real[y2 + i] - Math.cos(angle))
  return Number.isNaN(sine + cosine) ? Number.POSITIVE_INFINITY : Math.max(sine, cosine)
}

it(`sincos is within ${TRIG_ERROR} of sin x and cos x over every 1009th float of [0, 2π]`, () => {
  const twoPi = new Int32Array(new Float32Array([2 * Math.PI]).buffer)[0]
  const { error, at } = sweep(0, twoPi, 1009, (n) => kernels.sincos(n, x, y, y2), trigError)
  expect(error, `at x = ${at}`).toBeLessThanOrEqual(TRIG_ERROR)
})

it(`sincos is within ${TRIG_ERROR} of sin x and cos x on 2²⁰ even steps from 0 to 2π`, () => {
  let worst: Worst = { error: 0, at: Number.NaN }
  for (let first = 0; first <= STEPS; first += LENGTH) {
    for (let i = 0; i < LENGTH; i++) real[x + i] = (2 * Math.PI * Math.min(first + i, STEPS)) / STEPS
    kernels.sincos(LENGTH, x, y, y2)
    for (let i = 0; i < LENGTH; i++) {
      const error = trigError(i)
      if (!(error <= worst.error)) worst = { error, at: real[x + i] }
    }
  }
  expect(worst.error, `at x = ${worst.at}`).toBeLessThanOrEqual(TRIG_ERROR)
})

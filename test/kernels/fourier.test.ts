import { expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { FOURIER_EPS, FOURIER_FIRST_ULP } from './claims.js'
import { EPS, errorInUlp } from './ulp.js'

const COUNT = 64
const LENGTH = 1 << 12
/** A prime, so that the patterns met have all kinds of low bits. */
const STRIDE = 80_021
const FAR = 1e4
const PERIODS = [10, 6, 1, 0.7, 2 * Math.PI, 1e-3].map(Math.fround)

function bench(kind: KernelKind) {
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const [x, y, dy, dx] = [1, 2 * COUNT + 1, 2 * COUNT + 1, 1].map((width) => arena.real(width * LENGTH))
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  return {
    x: real.subarray(x, x + LENGTH),
    dy: real.subarray(dy, dy + (2 * COUNT + 1) * LENGTH),
    /** Feature i of the rows. */
    feature: (i: number, rows = LENGTH) => real.subarray(y + i * rows, y + (i + 1) * rows),
    dx: real.subarray(dx, dx + LENGTH),
    there: (period: number, features: number, rows = LENGTH) =>
      kernels.call('fourier', { n: 1, features, rows, period, x, y }),
    back: (period: number, features: number, rows = LENGTH) =>
      kernels.call('fourierBackward', { n: 1, features, rows, period, y, dy, dx }),
  }
}

const simd = bench('simd')

/** Batches of x to ±most: every STRIDE-th float, and as many even steps. */
function* floats(most: number) {
  const bits = new Float32Array(1)
  const pattern = new Uint32Array(bits.buffer)
  bits[0] = most
  const last = pattern[0]
  for (let next = 0; next <= last; ) {
    for (let t = 0; t < LENGTH; t += 4, next += STRIDE) {
      pattern[0] = Math.min(next, last)
      const even = (most * Math.min(next, last)) / last
      simd.x.set([bits[0], -bits[0], even, -even], t)
    }
    yield
  }
}

/** x in periods, whole ones taken off, from −½ to ½. */
const turns = (x: number, period: number) => x / period - Math.round(x / period)

it(`sin kωx and cos kωx, k up to ${COUNT}, are within ${FOURIER_EPS}·k·2⁻²⁴ over every ${STRIDE}th float and even steps to ±10⁴`, () => {
  for (const period of PERIODS) {
    let worst = { error: 0, at: Number.NaN, k: 0 }
    for (const _ of floats(FAR)) {
      simd.there(period, 2 * COUNT)
      for (let k = 1; k <= COUNT; k++) {
        const [sine, cosine] = [simd.feature(2 * k - 2), simd.feature(2 * k - 1)]
        for (let t = 0; t < LENGTH; t++) {
          const angle = 2 * Math.PI * k * turns(simd.x[t], period)
          const off = Math.max(Math.abs(sine[t] - Math.sin(angle)), Math.abs(cosine[t] - Math.cos(angle)))
          if (!(off / (k * EPS) <= worst.error)) worst = { error: off / (k * EPS), at: simd.x[t], k }
        }
      }
    }
    expect(worst.error, `period ${period}, ${JSON.stringify(worst)}`).toBeLessThanOrEqual(FOURIER_EPS)
  }
})

it(`sin ωx and cos ωx are within ${FOURIER_FIRST_ULP} ulp where |x| is an eighth of the period at most`, () => {
  for (const period of PERIODS) {
    let worst = { error: 0, at: Number.NaN }
    for (const _ of floats(period / 8)) {
      simd.there(period, 2)
      for (let t = 0; t < LENGTH; t++) {
        const angle = (2 * Math.PI * simd.x[t]) / period
        const off = [errorInUlp(simd.feature(0)[t], Math.sin(angle)), errorInUlp(simd.feature(1)[t], Math.cos(angle))]
        if (!(Math.max(...off) <= worst.error)) worst = { error: Math.max(...off), at: simd.x[t] }
      }
    }
    expect(worst.error, `period ${period}, at x = ${worst.at}`).toBeLessThanOrEqual(FOURIER_FIRST_ULP)
  }
})

it('waves of any finite x are within ±1 and 10⁻⁵; of ±∞ and NaN they are NaN, and x itself is there as it was', () => {
  const numbers = [1e5, -1e9, 3e38, -3.4028234663852886e38, 2 ** -149, -0, Infinity, -Infinity, NaN]
  for (const period of PERIODS) {
    simd.x.set(numbers)
    simd.there(period, 2 * COUNT + 1, numbers.length)
    const got = Array.from({ length: 2 * COUNT + 1 }, (_, i) => [...simd.feature(i, numbers.length)])
    expect(got[0]).toEqual(numbers.map(Math.fround))
    for (const waves of got.slice(1)) {
      expect(waves.map(Number.isFinite)).toEqual(numbers.map(Number.isFinite))
      for (const value of waves.slice(0, -3)) expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-5)
    }
  }
})

it('waves of whole turns and quarters of them are 0 and ±1 to the bit, however many they are', () => {
  const turns = [0, 1, -3, 2 ** 20, -(2 ** 33), 2 ** 100]
  simd.x.set([...turns.map((n) => 8 * n), 2, -2, 8 * 2 ** 20 + 2])
  simd.there(8, 4, turns.length + 3)
  const [sine, cosine, sine2, cosine2] = [0, 1, 2, 3].map((i) =>
    [...simd.feature(i, turns.length + 3)].map((v) => v + 0),
  )
  expect(sine).toEqual([...turns.map(() => 0), 1, -1, 1])
  expect(cosine).toEqual([...turns.map(() => 1), 0, 0, 0])
  expect(sine2).toEqual([...turns.map(() => 0), 0, 0, 0])
  expect(cosine2).toEqual([...turns.map(() => 1), -1, -1, -1])
})

it('float64 waves are those of turns that are known, and the way back is their derivative to 10⁻⁶', () => {
  const { x, dy, dx, feature, there, back } = bench('portable')
  const [period, rows] = [8, 3]
  x.set([1, -2, 17])
  there(period, 5, rows)
  const half = Math.SQRT1_2
  const known = [
    [1, -2, 17],
    [half, -1, half],
    [half, 0, half],
    [1, 0, 1],
    [0, -1, 0],
  ]
  for (const [i, values] of known.entries()) {
    for (const [t, value] of values.entries()) expect(feature(i, rows)[t]).toBeCloseTo(value, 12)
  }
  const weight = (i: number) => Math.cos(3 * i + 1)
  for (const features of [12, 13]) {
    const loss = (given: number[]) => {
      x.set(given)
      there(period, features, rows)
      return given.map((_, t) => {
        return Array.from({ length: features }, (_, i) => weight(i) * feature(i, rows)[t]).reduce((a, b) => a + b)
      })
    }
    const [h, at] = [1e-5, [0.3, -3.9, 1000.25]]
    const [above, below] = [loss(at.map((value) => value + h)), loss(at.map((value) => value - h))]
    loss(at)
    for (let i = 0; i < features; i++) dy.fill(weight(i), i * rows, (i + 1) * rows)
    back(period, features, rows)
    for (let t = 0; t < rows; t++) expect(dx[t]).toBeCloseTo((above[t] - below[t]) / (2 * h), 6)
  }
})

// Every float there is, once: the claims that accuracy.test.ts samples, without gaps. Prints what it measures, which was
// (2026-11, minutes on one core): exp 1.0091 ulp, log 0.9543 ulp, tanh 3.4507 ulp and 3.7750 scaled, sine and cosine 1.24e-7 absolute.
import { expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { EXP_ULP, LOG_ULP, SCALED_TANH_ULP, SMALL, TANH_ULP, TRIG_ERROR } from './claims.js'
import { scaledTanhKernel, TANH_SCALE } from './single-operations.js'
import { ulp } from './ulp.js'

const LENGTH = 1 << 16
const PATTERNS = 2 ** 32
/** What ∞ counts as: the first power of two that float32 does not hold. */
const OVERFLOW = 2 ** 128

const arena = new Arena('float32')
const [x, y, y2] = [arena.real(LENGTH), arena.real(LENGTH), arena.real(LENGTH)]
const kernels = createKernels(createHeap(arena, 'simd', false))
const { real, i32 } = kernels.heap

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
/** 1/ulp by the exponent field of a float64: 2³² calls of `ulp` itself would take too long. */
const perUlp = Float64Array.from({ length: 2048 }, (_, field) => 1 / ulp(2 ** (field - 1023)))

function errorInUlp(got: number, expected: number): number {
  if (got === expected) return 0
  if (Number.isNaN(got) || Number.isNaN(expected)) {
    return Number.isNaN(got) && Number.isNaN(expected) ? 0 : Number.POSITIVE_INFINITY
  }
  const value = Math.max(-OVERFLOW, Math.min(OVERFLOW, got))
  const exact = Math.max(-OVERFLOW, Math.min(OVERFLOW, expected))
  double[0] = Math.abs(exact) < OVERFLOW ? exact : OVERFLOW / 2
  return Math.abs(value - exact) * perUlp[(words[1] >>> 20) & 2047]
}

/** The largest error over the floats of all bit patterns below `end`, and where it is. */
function sweep(end: number, run: (n: number) => void, errorOf: (i: number) => number): { error: number; at: number } {
  const worst = { error: 0, at: Number.NaN }
  for (let first = 0; first < end; first += LENGTH) {
    const n = Math.min(LENGTH, end - first)
    for (let i = 0; i < n; i++) i32[x + i] = (first + i) | 0
    run(n)
    for (let i = 0; i < n; i++) {
      const error = errorOf(i)
      if (error <= worst.error) continue
      // NaN too is past the first comparison, and must not be overwritten.
      worst.error = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
      worst.at = real[x + i]
    }
  }
  return worst
}

it.each([
  ['exp', EXP_ULP],
  ['log', LOG_ULP],
  ['tanh', TANH_ULP],
] as const)('%s is within %d ulp at every float', (name, claim) => {
  const reference = Math[name]
  const worst = sweep(
    PATTERNS,
    (n) => kernels.call(name, { n, x, y }),
    (i) => errorInUlp(real[y + i], reference(real[x + i])),
  )
  console.log(`${name}: ${worst.error} ulp at ${worst.at}`)
  expect(worst.error, `at x = ${worst.at}`).toBeLessThanOrEqual(claim)
})

it(`tanh of a scaled argument is within ${SCALED_TANH_ULP} ulp, tiny ones in that of ${SMALL}, at every float`, () => {
  const { y: scaled, run } = scaledTanhKernel(LENGTH)
  let got = scaled
  const worst = sweep(
    PATTERNS,
    (n) => {
      scaled.set(real.subarray(x, x + n))
      got = run()
    },
    (i) => {
      const expected = Math.tanh(real[x + i] / TANH_SCALE)
      return Math.abs(expected) < SMALL ? Math.abs(got[i] - expected) / ulp(SMALL) : errorInUlp(got[i], expected)
    },
  )
  console.log(`scaled tanh: ${worst.error} ulp at ${worst.at / TANH_SCALE}`)
  expect(worst.error, `at ${worst.at / TANH_SCALE}`).toBeLessThanOrEqual(SCALED_TANH_ULP)
})

it(`sincos is within ${TRIG_ERROR} at every float of [0, 2π]`, () => {
  const end = new Int32Array(new Float32Array([2 * Math.PI]).buffer)[0] + 1
  const worst = sweep(
    end,
    (n) => kernels.sincos(n, x, y, y2),
    (i) => {
      const angle = real[x + i]
      return Math.max(Math.abs(real[y + i] - Math.sin(angle)), Math.abs(real[y2 + i] - Math.cos(angle)))
    },
  )
  console.log(`sincos: ${worst.error} at ${worst.at}`)
  expect(worst.error, `at x = ${worst.at}`).toBeLessThanOrEqual(TRIG_ERROR)
})

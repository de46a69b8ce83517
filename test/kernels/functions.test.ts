import { expect, it } from 'vitest'
import { normalDistribution, sigma } from '#kernels/portable/functions.js'
import { compile } from './compiled-alone.js'
import { errorInUlp } from './ulp.js'

const LENGTH = 1 << 14
const X = 1024
const Y = X + LENGTH

/** Every function as a loop over vectors: its name, its expression of the vector x, and where it is held to what. */
const FUNCTIONS = {
  expMinusOne: { code: 'f.expMinusOne(x)', exact: Math.expm1, ulp: 1.6, within: [-Infinity, 88] },
  logOnePlus: { code: 'f.logOnePlus(x)', exact: Math.log1p, ulp: 1.5, within: [-1 + 2 ** -24, 1e38] },
  logistic: { code: 'f.logistic4(x, f.expOfNegativeAbs(x))', exact: sigma, ulp: 2.5, within: [-87, Infinity] },
  softplus: {
    code: 'f.softplus4(x, f.logOnePlus(f.expOfNegativeAbs(x)))',
    exact: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    ulp: 2,
    within: [-87, 3e38],
  },
  asinh: {
    code: 'f.withSign(f.asinhPositive(f32x4.abs(x), f.hypotOne(x)), x)',
    exact: Math.asinh,
    ulp: 2,
    within: [-1e18, 1e18],
  },
  atanh: {
    code: 'f.withSign(f.atanhPositive(f32x4.abs(x)), x)',
    exact: Math.atanh,
    ulp: 2.2,
    within: [-1 + 2 ** -24, 1 - 2 ** -24],
  },
  gauss: {
    code: 'f.gauss4(f.tailArgument(x))',
    exact: (x: number) => Math.exp((-x * x) / 2),
    ulp: 1.6,
    within: [-13, 13],
  },
  normalDistribution: {
    code: 'f.normalDistribution4(x, f.lowerTail4(f.tailArgument(x), f.gauss4(f.tailArgument(x))))',
    exact: normalDistribution,
    ulp: 5.1,
    within: [-13, Infinity],
  },
} as const

type Name = keyof typeof FUNCTIONS

const source = `
import * as f from '../../src/kernels/assembly/functions'
${Object.entries(FUNCTIONS)
  .map(
    ([name, { code }]) =>
      `export function ${name}(n: i32): void {
        for (let i: usize = 0; i < <usize>(4 * n); i += 16) {
          const x = v128.load(${4 * X} + i)
          v128.store(${4 * Y} + i, ${code})
        }
      }`,
  )
  .join('\n')}`

const memory = new WebAssembly.Memory({ initial: 4 })
const real = new Float32Array(memory.buffer)
const i32 = new Int32Array(memory.buffer)
const kernels = new WebAssembly.Instance(await compile(source), { env: { memory } }).exports as unknown as Record<
  Name,
  (n: number) => void
>

interface Worst {
  readonly error: number
  readonly at: number
}

/** The largest error on batches that stand at X when they are handed out. */
function worst(name: Name, batches: Iterable<void>): Worst {
  const { exact, within } = FUNCTIONS[name]
  let found: Worst = { error: 0, at: Number.NaN }
  for (const _ of batches) {
    kernels[name](LENGTH)
    for (let i = 0; i < LENGTH; i++) {
      const x = real[X + i]
      if (!(x >= within[0] && x <= within[1])) continue
      const error = errorInUlp(real[Y + i], exact(x))
      if (!(error <= found.error)) found = { error, at: x }
    }
  }
  return found
}

/** Every 4099th float there is. */
function* floats() {
  for (let pattern = 0; pattern < 2 ** 32; ) {
    for (let i = 0; i < LENGTH; i++, pattern += 4099) i32[X + i] = Math.min(pattern, 2 ** 32 - 1) | 0
    yield
  }
}

/** 2²⁰ even steps over an interval. */
function* even(low: number, high: number) {
  for (let first = 0; first < 2 ** 20; first += LENGTH) {
    for (let i = 0; i < LENGTH; i++) real[X + i] = low + ((high - low) * (first + i)) / 2 ** 20
    yield
  }
}

for (const name of Object.keys(FUNCTIONS) as Name[]) {
  const { ulp, within } = FUNCTIONS[name]
  it(`${name} is within ${ulp} ulp on [${within.join(', ')}], over every 4099th float and even steps to ±20 and ±1`, () => {
    const all = [worst(name, floats()), worst(name, even(-20, 20)), worst(name, even(-1, 1))]
    for (const { error, at } of all) expect(error, `at x = ${at}`).toBeLessThanOrEqual(ulp)
  })
}

// By mpmath 1.3 to 40 digits: erfc(−x/√2)/2.
const NORMAL: readonly (readonly [number, number])[] = [
  [-37, 5.725571222524577e-300],
  [-20, 2.7536241186062337e-89],
  [-8.5, 9.479534822203318e-18],
  [-4, 3.1671241833119924e-5],
  [-2, 0.02275013194817921],
  [-1, 0.15865525393145705],
  [-0.75, 0.2266273523768682],
  [-0.1, 0.460172162722971],
  [0, 0.5],
  [1e-8, 0.5000000039894228],
  [0.3, 0.6179114221889527],
  [1, 0.8413447460685429],
  [2.5, 0.9937903346742238],
  [6, 0.9999999990134123],
]

it('the reference distribution function has the values of mpmath within 10⁻¹⁴ relative', () => {
  for (const [x, expected] of NORMAL)
    expect(Math.abs(normalDistribution(x) / expected - 1), `at ${x}`).toBeLessThan(1e-14)
})

it('NaN comes out where NaN goes in', () => {
  for (const name of Object.keys(FUNCTIONS) as Name[]) {
    real.fill(Number.NaN, X, X + 4)
    kernels[name](4)
    expect(real.subarray(Y, Y + 4), name).toEqual(new Float32Array(4).fill(Number.NaN))
  }
})

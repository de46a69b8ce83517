import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, NONE, type Offset } from '#kernels/heap.js'
import { randomStream } from '#random/stream.js'
import { LENGTHS } from './inputs.js'
import {
  boundedExp,
  hiddenUnit,
  SCALED_TANH_ONE,
  SHORT_TANH,
  SHORT_TANH_SCALE,
  shortTanh,
  TANH_SCALE,
} from './single-operations.js'

/** Guard words between arrays, and what they hold. */
const GUARD = 3
const GUARD_VALUE = 12345

function bench(kind: KernelKind, precision: 'float32' | 'float64', hidden: number, rows: number) {
  const lengths = {
    params: 4 * hidden + 3,
    dParams: 4 * hidden + 3,
    kept: rows,
    x: rows,
    zKept: rows,
    z: rows,
    logDet: rows,
    h: hidden * rows,
    a: rows,
    u: rows,
    e: rows,
    dzKept: rows,
    dz: rows,
    dLogDet: rows,
    dxKept: rows,
    dx: rows,
    scratch: 4 * (hidden + 4 * Math.ceil(rows / 4)),
    da: rows,
    dt: rows,
    t: rows,
    dh: hidden * rows,
    df: 1,
  }
  const arena = new Arena(precision)
  const total = Object.values(lengths).reduce((sum, length) => sum + length + GUARD, GUARD + 1)
  let next = arena.real(total) + 1 + GUARD
  const at = {} as Record<keyof typeof lengths, Offset>
  for (const [name, length] of Object.entries(lengths)) {
    at[name as keyof typeof lengths] = next
    next += length + GUARD
  }
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  real.fill(GUARD_VALUE)
  const stream = randomStream(5, 99, hidden * 1000 + rows)
  for (const name of ['params', 'dParams', 'kept', 'x', 'logDet', 'dzKept', 'dz', 'dLogDet'] as const) {
    for (let i = 0; i < lengths[name]; i++) real[at[name] + i] = Math.fround(0.7 * stream.normal())
  }
  const read = (name: keyof typeof lengths) => [...real.subarray(at[name], at[name] + lengths[name])]
  const guardsIntact = () =>
    Object.entries(lengths).every(([name, length]) =>
      real
        .subarray(at[name as keyof typeof lengths] + length)
        .slice(0, GUARD)
        .every((value) => value === GUARD_VALUE),
    )
  return { kernels, at, read, guardsIntact }
}

type Bench = ReturnType<typeof bench>

function fused({ kernels, at }: Bench, hidden: number, rows: number): void {
  kernels.call('narrowCoupling', { hidden, rows, ...at })
  kernels.call('narrowCouplingBackward', { hidden, rows, ...at })
}

/** What the kernels leave in `h`. */
function hiddenUnits({ kernels, at: { params, kept, h } }: Bench, hidden: number, rows: number): void {
  const { real } = kernels.heap
  for (let unit = 0; unit < hidden; unit++) {
    const [w, b] = [real[params + unit], real[params + hidden + unit]]
    for (let i = 0; i < rows; i++) real[h + unit * rows + i] = hiddenUnit(w, b, real[kept + i])
  }
}

/** affineCouple or its inverse on what the output layer has left, but with the short tanh where its weights bound a. */
function couple({ kernels, at }: Bench, hidden: number, rows: number, inverse: boolean): void {
  const { real } = kernels.heap
  const { params, x, z, logDet, a, u, e, t, df } = at
  const f = params + 4 * hidden + 2
  const [bound, inverseBound] = [1, -1].map((sign) => {
    real[df] = sign * real[f]
    kernels.call('exp', { n: 1, x: df, y: df })
    return real[df]
  })
  const weights = [...real.subarray(params + 2 * hidden, params + 3 * hidden)]
  const reach = weights.reduce((sum, w) => sum + Math.abs(w), Math.abs(real[params + 4 * hidden]))
  if (!(reach * inverseBound <= 0.9999 * SHORT_TANH)) {
    // The inverse comes from x too, which it calls z.
    const places = { rows, f, a, t, logDet, u, e }
    if (inverse) kernels.call('affineCoupleInverse', { ...places, z: x, x: z })
    else kernels.call('affineCouple', { ...places, x, z })
    return
  }
  const scale = Math.fround(inverseBound * SHORT_TANH_SCALE)
  for (let i = 0; i < rows; i++) {
    real[u + i] = shortTanh(Math.fround(real[a + i] * scale))
    const s = Math.fround(real[u + i] * (inverse ? -bound : bound))
    real[logDet + i] += s
    real[e + i] = boundedExp(s, bound)
    real[z + i] = inverse
      ? Math.fround(real[x + i] * real[e + i]) - real[t + i]
      : Math.fround(real[x + i] + real[t + i]) * real[e + i]
  }
}

/** (a, t) = W₂ h + b₂, an output at a time. */
function outputs({ kernels, at: { params, h, a, t } }: Bench, hidden: number, rows: number): void {
  for (const [o, y] of [a, t].entries()) {
    const [weight, bias] = [params + (2 + o) * hidden, params + 4 * hidden + o]
    kernels.call('dense', { outDim: 1, inDim: hidden, rows, x: h, weight, outStride: hidden, bias, y })
  }
}

/** The same by the separate kernels behind the hidden units, as the general coupling calls them. */
function separate(one: Bench, hidden: number, rows: number): void {
  const { kernels: k, at } = one
  const { params, dParams, kept, h, dh, dzKept, dxKept, da, dt } = at
  const output = 2 * hidden
  const f = 4 * hidden + 2
  hiddenUnits(one, hidden, rows)
  outputs(one, hidden, rows)
  couple(one, hidden, rows, false)
  k.call('affineCoupleBackward', { rows, ...at, f: params + f, df: dParams + f })
  for (const [o, dy] of [da, dt].entries()) {
    const gradients = { dWeight: dParams + output + o * hidden, dBias: dParams + 4 * hidden + o, scratch: NONE }
    k.call('denseWeightGradient', { outDim: 1, inDim: hidden, rows, x: h, dy, outStride: hidden, ...gradients })
  }
  for (let unit = 0; unit < hidden; unit++) {
    for (let i = 0; i < rows; i++) {
      const { real } = k.heap
      const through = Math.fround(real[params + output + unit] * real[da + i])
      real[dh + unit * rows + i] = through + Math.fround(real[params + output + hidden + unit] * real[dt + i])
    }
  }
  k.call('tanhBackward', { n: hidden * rows, y: h, dy: dh, dx: dh })
  const ofUnits = { dWeight: dParams, outStride: 1, dBias: dParams + hidden, scratch: NONE }
  k.call('denseWeightGradient', { outDim: hidden, inDim: 1, rows, x: kept, dy: dh, ...ofUnits })
  const turned = { outDim: 1, inDim: hidden, weight: params, outStride: hidden, bias: NONE }
  k.call('dense', { rows, x: dh, ...turned, y: dxKept })
  k.add(rows, dzKept, dxKept)
}

const OUTPUTS = ['z', 'logDet', 'a', 'u', 'h', 'dx', 'dxKept', 'dParams'] as const
const sizes = [1, 2, 3, 4, 7, 64].flatMap((hidden) => LENGTHS.map((rows) => [hidden, rows]))

describe.each(sizes)('narrowCoupling of %i hidden units on %i rows', (hidden, rows) => {
  it('has the bits of the separate kernels, sums of whole vectors included', () => {
    const one = bench('simd', 'float32', hidden, rows)
    const other = bench('simd', 'float32', hidden, rows)
    fused(one, hidden, rows)
    separate(other, hidden, rows)
    expect(one.guardsIntact()).toBe(true)
    expect(one.read('zKept')).toEqual(one.read('kept'))
    for (const name of OUTPUTS) {
      if (name === 'dParams' && rows % 4 !== 0) continue
      expect(one.read(name), name).toEqual(other.read(name))
    }
  })

  it('has the bits of the separate kernels on the way back too', () => {
    const [one, other] = [0, 1].map(() => bench('simd', 'float32', hidden, rows))
    const { x, z, zKept } = one.at
    one.kernels.call('narrowCouplingInverse', { hidden, rows, ...one.at, z: x, x: z, xKept: zKept })
    hiddenUnits(other, hidden, rows)
    outputs(other, hidden, rows)
    couple(other, hidden, rows, true)
    expect(one.guardsIntact()).toBe(true)
    expect(one.read('zKept')).toEqual(one.read('kept'))
    for (const name of ['z', 'logDet', 'h', 'a', 't', 'u', 'e'] as const)
      expect(one.read(name)).toEqual(other.read(name))
  })

  it('agrees with the reference', () => {
    const simd = bench('simd', 'float32', hidden, rows)
    const reference = bench('portable', 'float64', hidden, rows)
    fused(simd, hidden, rows)
    fused(reference, hidden, rows)
    expect(reference.guardsIntact()).toBe(true)
    for (const name of OUTPUTS) {
      const expected = reference.read(name)
      // Errors of a few ulp a factor grow with the length of the sums: n ε with n the terms, and a factor for values above 1.
      const terms = name === 'dParams' ? rows + hidden : hidden
      simd.read(name).forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(
          (terms + 16) * 2 ** -22 * Math.max(4, Math.abs(expected[i])),
        )
      })
    }
  })
})

/** Units as [w, b] have the bits of single operations in each of the kernels. */
function expectUnits(units: readonly (readonly number[])[], kept: readonly number[]): void {
  const hidden = units.length
  const rows = kept.length
  const forward = {
    narrowCoupling: ({ kernels, at }: Bench) => kernels.call('narrowCoupling', { hidden, rows, ...at }),
    narrowCouplingInverse: ({ kernels, at }: Bench) =>
      kernels.call('narrowCouplingInverse', { hidden, rows, ...at, xKept: at.zKept }),
    /** Of slope e⁰, so that the coupling sees the rows as they are. */
    leakyNarrowCoupling({ kernels, at }: Bench) {
      const { dxKept: bentKept, dx: bent, df: raw } = at
      kernels.heap.real[raw] = 0
      kernels.call('leakyNarrowCoupling', { hidden, rows, ...at, raw, bentKept, bent })
    },
  }
  for (const call of Object.values(forward)) {
    const [one, other] = [0, 1].map(() => bench('simd', 'float32', hidden, rows))
    for (const { kernels, at } of [one, other]) {
      kernels.heap.real.set([...units.map(([w]) => w), ...units.map(([, b]) => b)], at.params)
      kernels.heap.real.set(kept, at.kept)
    }
    call(one)
    hiddenUnits(other, hidden, rows)
    expect(one.read('h')).toEqual(other.read('h'))
  }
}

describe('units with a short tanh and others', () => {
  /** About |b| + |w|·6 = 2.3. */
  const units = Array.from({ length: 27 }, (_, i) => [
    [2.3 / 6 + ((i % 9) - 4) * 2 ** -25, 0],
    [-0.2, 1.1 + ((i % 9) - 4) * 2 ** -23],
    [3, -0.1],
  ]).flat()
  const usual = [0.3, -1, 5.9, -6, 6, 0, 2, 1e-30, -3, 4.5, 1, -0.7]

  it.each([
    ['usual rows', usual],
    ['rows that are not', usual.map((x) => x * 1.5)],
    ['rows next to 6', usual.map((_, i) => [-1, 1][i % 2] * (6 + (i - 6) * 2 ** -21))],
    ['NaN and infinite rows', usual.map((x, i) => [x, Number.NaN, Number.POSITIVE_INFINITY, -6.5][i % 4])],
    ['one row that is not', Array.from({ length: 40 }, (_, i) => (i === 33 ? -7 : 0.1 * i))],
    ['single rows', usual.slice(0, 7).map((x) => x * 1.2)],
  ])('have the bits of single operations on %s', (_, kept) => {
    expectUnits(units, kept)
  })
})

describe('units about and beyond saturation', () => {
  /** The sum of |w| and |b| at which the clamp begins, within a rounding. */
  const saturated = SCALED_TANH_ONE / TANH_SCALE
  const units = [
    ...Array.from({ length: 13 }, (_, i) => [8, saturated - 8 + (i - 6) * 2 ** -21]),
    [-8, 8 - saturated],
    [8.5, 0.3],
    [-20, -1],
    [0.5, -100],
    [1, Number.NaN],
    [Number.NaN, 0],
    [0, 100],
    [1e30, 1],
    [7, -0.5],
  ]
  it.each([
    ['finite', 0.999, 0.5],
    ['NaN', Number.NaN, 0.5],
    ['infinite', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('have the bits of single operations, %s rows among others', (_, one, other) => {
    for (const rows of [7, 12, 128]) {
      expectUnits(
        units,
        Array.from({ length: rows }, (_, i) => [0.3, -1, 1, one, -0.25, 0, other][i % 7]),
      )
    }
  })

  it('have the bits of single operations wherever the one far row is', () => {
    for (const rows of [20, 23, 24]) {
      for (let far = 0; far < rows; far++) {
        expectUnits(
          units,
          Array.from({ length: rows }, (_, i) => (i === far ? [-30, 30][i % 2] : 0.1)),
        )
      }
    }
  })
})

describe('an output about and beyond saturation', () => {
  const saturated = SCALED_TANH_ONE / TANH_SCALE
  /** All of them 1 or −1 on any row. */
  const hidden = 5

  /** Weights and bias of a → the bits of u beside those of affineCouple. */
  function expectBits(weights: readonly number[], bias: number, signs: readonly number[] = weights.map(() => 1)): void {
    for (const rows of [4, 7, 40]) {
      const one = bench('simd', 'float32', hidden, rows)
      const { params, da: expected } = one.at
      const biases = signs.map((sign) => 100 * sign)
      const all = [...Array(hidden).fill(0), ...biases, ...weights, ...Array(hidden).fill(0.1), bias, 0.2, 0]
      one.kernels.heap.real.set(all, params)
      one.kernels.call('narrowCoupling', { hidden, rows, ...one.at })
      one.kernels.call('affineCouple', { rows, ...one.at, f: params + 4 * hidden + 2, u: expected })
      expect(one.read('u')).toEqual(one.read('da'))
    }
  }

  it.each(Array.from({ length: 13 }, (_, i) => [saturated * (1 + (i - 6) * 2 ** -14)]))(
    'of %d has the bits of affineCouple',
    (far) => {
      expectBits([0, 0, 0, 0, 0], far)
      expectBits([0, 0, 0, 0, 0], -far)
      for (let unit = 0; unit < hidden; unit++) {
        const weights = Array.from({ length: hidden }, (_, i) => (i === unit ? far : 0))
        expectBits(weights, 0)
        expectBits(
          weights.map((w) => -w),
          0,
        )
      }
      expectBits([far / 4, -far / 4, far / 4, 0, -far / 8], far / 8, [1, -1, 1, 1, -1])
    },
  )

  it('beyond float32 and of NaN has them too', () => {
    expectBits([3e38, 3e38, 0, 0, 0], 3e38)
    expectBits([0, 0, 0, 0, 0], Number.NEGATIVE_INFINITY)
    expectBits([0, 0, 0, 0, Number.NaN], 0)
    expectBits([9, -9, 0, 0, 0], 0)
  })
})

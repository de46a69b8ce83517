import {
  affine,
  autoregressive,
  type ConditionerSpec,
  coupling,
  decodeFlow,
  elementwise,
  encodeFlow,
  type Flow,
  type Fourier,
  flow,
  type LayerSpec,
  maskedMLP,
  maskedResidual,
  mlp,
  type Precision,
  rationalQuadratic,
  residual,
  softAffine,
  UsageError,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { buildMaskedConditioner } from '#nets/masked-registry.js'
import type { Values } from '#nets/parameters.js'
import { buildConditioner } from '#nets/registry.js'
import { randomStream } from '#random/stream.js'
import { normals } from '../laws/bench.js'
import { runMasked } from '../layers/masked-bench.js'
import { netBench } from './bench.js'

const ROWS = 7

/** x itself where it is wanted, then sin kωx and cos kωx, a column after another [width, rows]. */
function wavesOf(x: Float64Array, count: number, period: number, raw: boolean): Float64Array[] {
  const waves = Array.from({ length: count }, (_, i) => (2 * Math.PI * (i + 1)) / period)
  return [
    ...(raw ? [x] : []),
    ...waves.flatMap((omega) => [x.map((v) => Math.sin(omega * v)), x.map((v) => Math.cos(omega * v))]),
  ]
}

const columns = (x: Float64Array) =>
  Array.from({ length: x.length / ROWS }, (_, i) => x.slice(i * ROWS, (i + 1) * ROWS))
const flat = (arrays: readonly Float64Array[]) => arrays.flatMap((array) => [...array])

const expectNear = (got: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(got.length).toBe(expected.length)
  for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(expected[i], 10)
}

describe.each([
  ['mlp', mlp({ hidden: [5], lastLayerScale: 1 })],
  ['residual', residual({ hidden: 5, blocks: 1, lastLayerScale: 1 })],
])('%s with waves', (_, plain) => {
  const [inputs, contextDim, outputs] = [3, 1, 2]

  it.each<[string, Fourier, (x: Float64Array[]) => Float64Array[]]>([
    ['a number', 2, ([a, b, c]) => [...wavesOf(a, 2, 10, true), ...wavesOf(b, 2, 10, true), c]],
    [
      'a period, without x itself',
      { count: 3, period: 4, raw: false },
      ([a, b, c]) => [...wavesOf(a, 3, 4, false), ...wavesOf(b, 3, 4, false), c],
    ],
    ['a context too', { count: 1, context: true }, (x) => x.flatMap((column) => wavesOf(column, 1, 10, true))],
  ])('is the net without them of sin kωx and cos kωx, the context as it is: %s', (_, fourier, features) => {
    const [x, dy] = [normals(inputs * ROWS, 1), normals(outputs * ROWS, 2)]
    const wide = features(columns(x))
    const behind = netBench(
      buildConditioner({ ...plain, fourier }, inputs, outputs, contextDim),
      inputs,
      outputs,
      ROWS,
      'portable',
    )
    const alone = netBench(buildConditioner(plain, wide.length, outputs, 0), wide.length, outputs, ROWS, 'portable')
    expect(behind.parameters).toBe(alone.parameters)
    const params = normals(alone.parameters, 3)
    const [got, expected] = [behind.run({ params, x, dy }), alone.run({ params, x: flat(wide), dy })]
    expectNear(got.y, expected.y)
    expectNear(got.dParams, expected.dParams)
    expect(behind.overrun()).toEqual([])
  })

  it('has a call more each way, and one for a context', () => {
    const callsOf = (spec: ConditionerSpec) =>
      netBench(buildConditioner(spec, inputs, outputs, contextDim), inputs, outputs, ROWS, 'portable').calls
    const without = callsOf(plain)
    const all = callsOf({ ...plain, fourier: { count: 2, context: true } })
    expect(all.there).toEqual(['fourier', ...without.there])
    expect(all.back).toEqual([...without.back, 'fourierBackward'])
    const some = callsOf({ ...plain, fourier: 2 })
    expect(some.there).toEqual(['fourier', 'copy', ...without.there])
    expect(some.back).toEqual([...without.back, 'fourierBackward', 'copy'])
  })
})

/** W x + b with a parameter of its name. */
const dense = (values: Values, name: string, x: readonly number[]) =>
  [...values[`${name}.bias`]].map((bias, o) =>
    x.reduce((sum, v, i) => sum + values[`${name}.weight`][o * x.length + i] * v, bias),
  )

it('θ of a masked net with waves is that of a plain net of the context and the waves before it', () => {
  const shape = { dim: 3, contextDim: 1, numbers: 2 }
  const spec = maskedMLP({ hidden: [7], activation: 'relu', lastLayerScale: 1, fourier: { count: 2, period: 5 } })
  const net = buildMaskedConditioner(spec, shape)
  let values: Values = {}
  const x = columns(normals(3 * ROWS, 4))
  const write = (parameters: Values) => {
    net.initialise(parameters, randomStream(1, 1, 0))
    values = Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, array.slice()]))
  }
  const { theta } = runMasked(
    net,
    shape,
    x.map((column) => [...column]),
    write,
    (all) => all,
  )
  const wide = [x[0], ...wavesOf(x[1], 2, 5, true), ...wavesOf(x[2], 2, 5, true)]
  expect(values['0.weight'].length).toBe(7 * wide.length)
  for (let t = 0; t < ROWS; t++) {
    const hidden = dense(
      values,
      '0',
      wide.map((column) => column[t]),
    ).map((a) => Math.max(a, 0))
    const got = Array.from({ length: 6 }, (_, o) => theta[o * ROWS + t])
    expectNear(got, dense(values, '1', hidden))
  }
  // What a weight of 0 stands for: degrees 0, 1, 2, and all five features of a column have the column's.
  const seen = Array.from(
    { length: 7 },
    (_, o) => wide.filter((_, i) => values['0.weight'][o * wide.length + i] !== 0).length,
  )
  expect(new Set(seen)).toEqual(new Set([1, 6, 11]))
})

/** A flow of one layer with parameters far from 0. */
function shaken(dim: number, spec: LayerSpec, context = 0, precision: Precision = 'float32'): Flow {
  const model = flow(dim, [spec], { seed: 1, precision, ...(context > 0 && { context }) })
  model.parameters.set(normals(model.parameters.length, 5).map((value) => 0.5 * value))
  return model
}

const structures: [string, (fourier: Fourier) => LayerSpec][] = [
  ['coupling', (fourier) => coupling({ mask: [1, 0], transformer: affine(), conditioner: mlp({ fourier }) })],
  [
    'residual coupling',
    (fourier) => coupling({ mask: [1, 0], transformer: affine(), conditioner: residual({ fourier }) }),
  ],
  ['autoregressive', (fourier) => autoregressive({ transformer: affine(), conditioner: maskedMLP({ fourier }) })],
  [
    'autoregressive by an adjacency',
    (fourier) =>
      autoregressive({
        transformer: affine(),
        conditioner: maskedMLP({ fourier }),
        adjacency: [
          [0, 0],
          [1, 0],
        ],
      }),
  ],
  [
    'autoregressive, residual',
    (fourier) => autoregressive({ transformer: affine(), conditioner: maskedResidual({ fourier }) }),
  ],
]

describe.each(structures)('%s', (_, layer) => {
  const moved = (model: Flow, x: number) => model.forward([[x, 0.5]]).z.get(0, 1)

  it('without x itself is periodic, and with it is not', () => {
    const [alone, beside] = [
      { count: 3, period: 4, raw: false },
      { count: 3, period: 4 },
    ].map((f) => shaken(2, layer(f)))
    expect(moved(alone, 1.25)).not.toBe(moved(alone, 1.5))
    for (const whole of [4, -8, 4096]) {
      expect(moved(alone, 1.25 + whole)).toBe(moved(alone, 1.25))
      expect(moved(beside, 1.25 + whole)).not.toBe(moved(beside, 1.25))
    }
  })

  it('without x itself moves a column by finite numbers, however far out the other one is', () => {
    const model = shaken(2, layer({ count: 6, raw: false }))
    for (const far of [1e4, -1e5, 1e6]) expect(Math.abs(moved(model, far))).toBeLessThan(1e4)
  })

  it('is written to a model file and read as it was, in the short form and the long one', () => {
    for (const fourier of [5, { count: 2, period: 2 * Math.PI, raw: false, context: true }]) {
      const model = shaken(2, layer(fourier), 1)
      const read = decodeFlow(encodeFlow(model))
      expect(read.structure.description.layers).toEqual(model.structure.description.layers)
      const rows = [
        [0.3, -1.2],
        [4, 2],
      ]
      expect(read.logProb(rows, { context: [0.7] })).toEqual(model.logProb(rows, { context: [0.7] }))
    }
  })
})

it('waves go before a spline whose kept half has one of its own, and round trips hold', () => {
  const spline = rationalQuadratic({ bins: 6, box: 3 })
  const model = shaken(
    3,
    coupling({ mask: [1, 0, 1], transformer: spline, kept: spline, conditioner: mlp({ fourier: 4 }) }),
    0,
    'float64',
  )
  const rows = Array.from({ length: 50 }, (_, t) => [...normals(3, t)])
  const { z, logDet } = model.forward(rows)
  const back = model.inverse(z.toArray())
  for (const [t, row] of rows.entries()) {
    for (const [j, value] of row.entries()) expect(back.x.get(t, j)).toBeCloseTo(value, 8)
    expect(logDet[t]).not.toBe(0)
  }
})

describe('waves that cannot be are refused in a sentence', () => {
  const build = (conditioner: ConditionerSpec) =>
    flow(2, [coupling({ mask: [1, 0], transformer: softAffine(), conditioner })])
  const words = 'how many frequencies, such as 6, or { count, period, raw, context }'

  it.each<[ConditionerSpec, string]>([
    [mlp({ fourier: 0 }), "fourier's count is 0; expected an integer from 1 to 64."],
    [mlp({ fourier: 65 }), "fourier's count is 65; expected an integer from 1 to 64."],
    [residual({ fourier: 1.5 }), "fourier's count is 1.5; expected an integer from 1 to 64."],
    [mlp({ fourier: { count: 4, period: 0 } }), "fourier's period is 0; expected a number from 10⁻⁶ to 10⁷."],
    [{ type: 'mlp', fourier: 'many' }, `mlp's fourier is "many"; expected ${words}.`],
    [{ type: 'residual', fourier: null }, `residual's fourier is null; expected ${words}.`],
    [{ type: 'mlp', fourier: {} }, "fourier's count is missing; expected an integer from 1 to 64."],
    [{ type: 'mlp', fourier: [6] }, `mlp's fourier is [6]; expected ${words}.`],
    [
      { type: 'mlp', fourier: { count: 4, box: 5 } },
      'fourier has no option "box"; it takes count, period, raw, context.',
    ],
    [{ type: 'mlp', fourier: { count: 4, raw: 1 } }, "fourier's raw is 1; expected true or false."],
  ])('%j', (conditioner, message) => {
    expect(() => build(conditioner)).toThrow(new UsageError(message))
  })

  it.each([maskedMLP({ fourier: 0 }), maskedResidual({ fourier: 0 })])('%j', (conditioner) => {
    const message = "fourier's count is 0; expected an integer from 1 to 64."
    expect(() => flow(2, [autoregressive({ transformer: affine(), conditioner })])).toThrow(new UsageError(message))
  })

  it('of a net that sees but a context, unless they are asked for', () => {
    const layer = (fourier: Fourier) => elementwise({ transformer: affine(), conditioner: mlp({ fourier }) })
    const message = 'fourier finds no column here but the context; for waves of that give { context: true }.'
    expect(() => flow(1, [layer(4)], { context: 1 })).toThrow(new UsageError(message))
    expect(flow(1, [layer({ count: 4, context: true })], { context: 1 }).parameterCount).toBeGreaterThan(0)
  })
})

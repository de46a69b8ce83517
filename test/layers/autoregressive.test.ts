import {
  type AutoregressiveOptions,
  adamW,
  autoregressive,
  fit,
  flow,
  invert,
  maskedMLP,
  maskedResidual,
  mlp,
  rationalQuadratic,
  softAffine,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { namedSlots } from '#flow/structure.js'
import { type Call, Pass, Region, type Span } from '#kernels/pass.js'
import type { LayerSpec } from '#layers/layer.js'
import { buildLayer } from '#layers/registry.js'
import { parameterCount, spansOf, valuesOf } from '#nets/parameters.js'
import { randomStream } from '#random/stream.js'
import { LawBench, normals, ROWS } from '../laws/bench.js'

const transformer = softAffine()
const wideNet = maskedMLP({ hidden: [128, 128], lastLayerScale: 1 })
const wavyNet = maskedMLP({ hidden: [128, 128], fourier: 4, lastLayerScale: 1 })
const residualNet = maskedResidual({ hidden: 128, lastLayerScale: 1 })

/** The calls of a layer's way there, for so many rows. */
function callsOf(spec: LayerSpec, dim: number, direction: 'forward' | 'inverse', rows: number): Call[] {
  const layer = buildLayer(spec, dim, 0)
  const pass = new Pass(rows, new Region(0), new Region(0))
  const cloud: Span = { at: 0, shape: [dim, rows] }
  const params = spansOf(layer.parameters, 0, false)
  const call = { params, state: {}, from: cloud, to: cloud, logDet: { at: 0, shape: [rows] } }
  return pass.record(() => layer[direction](pass, call))
}

const costOf = (calls: readonly Call[]) =>
  calls.reduce((sum, { operation, counts }) => sum + (operation.cost?.(counts) ?? 0), 0)

/** A layer's starting values, by name. */
function startOf(spec: LayerSpec, dim: number) {
  const { parameters, initialise } = buildLayer(spec, dim, 0)
  const values = valuesOf(parameters, new Float64Array(parameterCount(parameters)))
  initialise(values, randomStream(1, 1, 0))
  return values
}

describe('the arithmetic of an autoregressive layer', () => {
  const cases = [2, 8, 43].flatMap((dim) => [
    ['dense', dim, wideNet] as const,
    ['residual', dim, residualNet] as const,
    ['dense with waves', dim, wavyNet] as const,
  ])

  describe.each([softAffine(), rationalQuadratic()])('by $type', (map) => {
    it.each(cases)('%s, %i columns: is within 3 times a parallel pass one after another', (_, dim, conditioner) => {
      const spec = autoregressive({ transformer: map, conditioner })
      const [parallel, sequential] = (['forward', 'inverse'] as const).map((way) => costOf(callsOf(spec, dim, way, 64)))
      expect(sequential).toBeLessThanOrEqual(3 * parallel)
      expect(sequential).toBeGreaterThanOrEqual(parallel)
    })
  })

  it.each(cases)('%s, %i columns: multiplies by no weight that is zero', (_, dim, conditioner) => {
    const spec = autoregressive({ transformer, conditioner })
    const rows = 64
    const products = callsOf(spec, dim, 'forward', rows).filter(({ operation }) => operation.id === 'dense')
    const weights = Object.entries(startOf(spec, dim)).filter(([name]) => name.endsWith('.weight'))
    const count = (holds: (value: number) => boolean) =>
      weights.reduce((sum, [, values]) => sum + values.filter(holds).length, 0)
    expect(costOf(products)).toBe(2 * rows * count((value) => value !== 0))
    if (dim === 43) expect(count((value) => value !== 0) / count(() => true)).toBeLessThan(0.52)
  })

  it('is the same in both directions of an adjacency', () => {
    const adjacency = Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => i - j === 1))
    const spec = autoregressive({ transformer, conditioner: wideNet, adjacency })
    const [parallel, sequential] = (['forward', 'inverse'] as const).map((way) => costOf(callsOf(spec, 8, way, 64)))
    expect(sequential).toBe(parallel)
  })
})

describe('a masked net', () => {
  it.each([
    ['dense', { conditioner: maskedMLP({ hidden: [9, 6], lastLayerScale: 1 }) }],
    ['dense, in pairs', { conditioner: maskedMLP({ hidden: [16], lastLayerScale: 1 }) }],
    ['residual', { conditioner: maskedResidual({ hidden: 8, activation: 'tanh', lastLayerScale: 1 }) }],
    [
      'with waves',
      { conditioner: maskedMLP({ hidden: [9, 6], lastLayerScale: 1, fourier: { count: 3, raw: false } }) },
    ],
  ] as const)('%s lets every coordinate depend on each one before it', (_, options) => {
    const bench = new LawBench({ name: '', spec: autoregressive({ transformer, ...options }), dim: 5 })
    const [params, x] = [normals(bench.parameters, 1), normals(5 * ROWS, 2)]
    const { output } = bench.apply('x', params, x, [])
    for (let j = 0; j < 5; j++) {
      const moved = x.slice()
      moved[j * ROWS] += 0.1
      const there = bench.apply('x', params, moved, []).output
      const changed = Array.from({ length: 5 }, (_, i) => there[i * ROWS] !== output[i * ROWS])
      expect(changed).toEqual([0, 1, 2, 3, 4].map((i) => i >= j))
    }
  })

  it('keeps weights at 0 that nothing sees, however long it trains', async () => {
    const conditioner = maskedMLP({ hidden: [9, 6], lastLayerScale: 1 })
    const trained = flow(5, [autoregressive({ transformer, conditioner }), invert(autoregressive({ transformer }))])
    const before = trained.parameters.slice()
    await fit(trained, normals(500, 3), { steps: 20, threads: 0 })
    let at = 0
    let zeros = 0
    for (const { name, shape } of namedSlots(trained.structure)) {
      const end = at + shape.reduce((a, b) => a * b)
      for (; at < end; at++) {
        if (!/^layers\.0.*weight$/.test(name)) continue
        expect(trained.parameters[at] === 0, `${name}`).toBe(before[at] === 0)
        if (before[at] === 0) zeros++
      }
    }
    expect(zeros).toBeGreaterThan(50)
  })

  it.each([
    ['with a unit for each degree', { conditioner: maskedMLP({ hidden: [9, 6] }) }],
    ['with fewer units than degrees', { conditioner: maskedMLP({ hidden: [2, 3] }) }],
    ['with waves', { conditioner: maskedResidual({ hidden: 9, fourier: 2 }) }],
    ['of several', { adjacency: Array.from({ length: 5 }, (_, i) => [0, 1, 2, 3, 4].map((j) => i === j + 2)) }],
  ] as const)('%s leaves the same gradients when a pass is run again in the same memory', (_, options) => {
    for (const from of ['x', 'z'] as const) {
      const bench = new LawBench({ name: '', spec: autoregressive({ transformer, ...options }), dim: 5 })
      const [params, input] = [normals(bench.parameters, 1), normals(5 * ROWS, 2)]
      const [dOutput, dLogDet] = [normals(5 * ROWS, 3), normals(ROWS, 4)]
      const [once, again] = [0, 1].map(() => {
        bench.apply(from, params, input, [])
        return bench.differentiate(from, dOutput, dLogDet)
      })
      expect(again).toEqual(once)
    }
  })

  it('starts as the identity unless told otherwise', () => {
    const { z, logDet } = flow(3, [autoregressive({ transformer, conditioner: maskedResidual() })]).forward([
      [1, -2, 3],
    ])
    expect([z.get(0, 0), z.get(0, 1), z.get(0, 2), logDet[0]]).toEqual([1, -2, 3, 0])
  })
})

describe('a flow of one autoregressive layer', () => {
  // x₁ = x₀² + noise: the likelihood rises as soon as x₁ sees x₀.
  const rows = 512
  const noise = normals(2 * rows, 5)
  const bent = Float64Array.from({ length: 2 * rows }, (_, i) =>
    i % 2 === 0 ? noise[i] : noise[i - 1] ** 2 + 0.3 * noise[i],
  )

  it.each([
    ['parallel', autoregressive({ transformer, conditioner: maskedMLP({ hidden: [16] }) })],
    ['sequential', invert(autoregressive({ transformer, conditioner: maskedMLP({ hidden: [16] }) }))],
  ])('learns by likelihood in the %s direction, and samples what it has learnt', async (_, spec) => {
    const learner = flow(2, [spec])
    const { losses } = await fit(learner, bent, { steps: 1500, optimizer: adamW({ learningRate: 0.01 }), threads: 0 })
    expect(losses[0] - Math.min(...losses)).toBeGreaterThan(0.8)
    const drawn = learner.sample(1000, { seed: 1 })
    const off = Array.from({ length: 1000 }, (_, t) => Math.abs(drawn.get(t, 1) - drawn.get(t, 0) ** 2))
    expect(off.sort((a, b) => a - b)[500]).toBeLessThan(0.3)
  })
})

describe('the order of an autoregressive layer', () => {
  const built = (dim: number, options: Partial<AutoregressiveOptions>) =>
    buildLayer(JSON.parse(JSON.stringify(autoregressive({ transformer, ...options }))), dim, 0)

  it.each([
    [
      'a list that names a coordinate twice',
      3,
      { order: [0, 1, 1] },
      /order is \[0,1,1\]; expected each coordinate from 0 to 2 once/,
    ],
    ['a list of another dimension', 3, { order: [0, 1] }, /expected each coordinate from 0 to 2 once/],
    [
      'a word that is no order',
      3,
      { order: 'backwards' as 'given' },
      /order is "backwards"; expected "given", "reversed"/,
    ],
    [
      'a seed without a random order',
      3,
      { seed: 3 },
      /seed is for order "random"; its order is "given": leave the seed out/,
    ],
    [
      'an order beside an adjacency',
      2,
      {
        order: 'given',
        adjacency: [
          [0, 0],
          [1, 0],
        ],
      },
      /an adjacency and the order "given"; expected one/,
    ],
    [
      'a cycle, which is named',
      3,
      {
        adjacency: [
          [0, 1, 0],
          [0, 0, 1],
          [1, 0, 0],
        ],
      },
      /a cycle: coordinate 0 depends on 1 depends on 2 depends on 0\./,
    ],
    [
      'a cycle behind others',
      4,
      {
        adjacency: [
          [0, 0, 0, 0],
          [1, 0, 1, 0],
          [0, 0, 0, 1],
          [0, 0, 1, 0],
        ],
      },
      /a cycle: coordinate 2 depends on 3 depends on 2\./,
    ],
    [
      'a coordinate that depends on itself',
      2,
      {
        adjacency: [
          [0, 0],
          [0, 1],
        ],
      },
      /coordinate 1 depends on itself/,
    ],
    [
      'an adjacency that is not square',
      2,
      { adjacency: [[0, 0], [1]] },
      /adjacency has 2 rows of 2 or 1; expected 2 rows of 2\./,
    ],
    [
      'an adjacency of other numbers',
      2,
      {
        adjacency: [
          [0, 2],
          [0, 0],
        ],
      },
      /adjacency is .*; expected a row a coordinate, of entries that are each 0 or 1/,
    ],
    [
      'a net that is not masked',
      2,
      { conditioner: mlp() },
      /No masked conditioner is called "mlp"; known are maskedMLP, maskedResidual\./,
    ],
  ] as const)('is refused where it is %s', (_, dim, options, message) => {
    expect(() => built(dim, options as Partial<AutoregressiveOptions>)).toThrow(message)
  })

  /** Which coordinate is the k-th, by how many others move it. */
  function orderOf(spec: LayerSpec, dim: number): number[] {
    const bench = new LawBench({ name: '', spec, dim })
    const [params, x] = [normals(bench.parameters, 1), normals(dim * ROWS, 2)]
    const { output } = bench.apply('x', params, x, [])
    const moves = Array.from({ length: dim }, (_, j) => {
      const moved = x.slice()
      moved[j * ROWS] += 0.5
      const there = bench.apply('x', params, moved, []).output
      return Array.from({ length: dim }, (_, i) => i).filter((i) => there[i * ROWS] !== output[i * ROWS]).length
    })
    return Array.from({ length: dim }, (_, j) => j).sort((a, b) => moves[b] - moves[a])
  }

  it('at random is the same for the same seed, and another for others', () => {
    const conditioner = maskedMLP({ hidden: [20] })
    const orders = [0, 1, 2, 2].map((seed) =>
      orderOf(autoregressive({ transformer, conditioner, order: 'random', seed }), 6).join(),
    )
    expect(orders[3]).toBe(orders[2])
    expect(new Set(orders).size).toBe(3)
    expect(orderOf(autoregressive({ transformer, conditioner, order: 'random' }), 6).join()).toBe(orders[0])
  })
})

import { type ConditionerSpec, coupling, flow, mlp, residual, softAffine, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { parameterCount, valuesOf } from '#nets/parameters.js'
import { buildConditioner } from '#nets/registry.js'
import { randomStream } from '#random/stream.js'
import { normals } from '../laws/bench.js'
import { netBench } from './bench.js'

const ACTIVATIONS = ['tanh', 'relu', 'silu', 'gelu'] as const

const specs: [string, ConditionerSpec, number, number][] = [
  ['wide', mlp({ hidden: [16, 24] }), 3, 4],
  ['narrowing', mlp({ hidden: [48, 8], activation: 'gelu', dropout: 0.5 }), 20, 2],
  ['narrow', mlp({ hidden: [1], activation: 'silu' }), 1, 1],
  ['with a wide end', mlp({ hidden: [2], activation: 'relu', dropout: 0.5 }), 1, 40],
  ['hinged', mlp({ hidden: [16, 8], activation: 'relu' }), 1, 3],
  ['residual', residual({ hidden: 9, dropout: 0.5 }), 3, 4],
  ['residual, with a wide end', residual({ hidden: 2, blocks: 3, layerScale: 0.1 }), 1, 40],
  ['residual, narrowing', residual({ hidden: 3, blocks: 1, activation: 'silu', layerScale: 0.1 }), 20, 1],
]

it.each(specs)('a %s net stays within the arrays it asks for', (_, spec, inputs, outputs) => {
  const net = buildConditioner(spec, inputs, outputs, 0)
  for (const rows of [1, 7, 64]) {
    const alone = netBench(net, inputs, outputs, rows, 'simd')
    alone.run({
      params: normals(alone.parameters, 1),
      x: normals(inputs * rows, 2),
      dy: normals(outputs * rows, 3),
    })
    expect(alone.overrun(), `${rows} rows`).toEqual([])
  }
})

const ROWS = 8

const bench = (spec: ConditionerSpec) => netBench(buildConditioner(spec, 2, 3, 0), 2, 3, ROWS, 'portable')
const calls = (spec: ConditionerSpec) => bench(spec).calls

describe('without dropout', () => {
  const denseBack = ['denseWeightGradient', 'denseInputGradient']
  it.each(ACTIVATIONS)('a perceptron of %s has a call a layer and one a bend, each way', (activation) => {
    const { there, back } = calls(mlp({ hidden: [4, 4], activation }))
    expect(there).toEqual(['dense', activation, 'dense', activation, 'dense'])
    const bend = `${activation}Backward`
    expect(back).toEqual([...denseBack, bend, ...denseBack, bend, ...denseBack])
  })

  it('of one input, wide layers with relu between them are one call, and keep the piece of a row', () => {
    const hinged = (inputs: number, ...hidden: number[]) => {
      const net = buildConditioner(mlp({ hidden, activation: 'relu' }), inputs, 8, 0)
      const { calls, tapeLength } = netBench(net, inputs, 8, ROWS, 'portable')
      return [calls.there.join(' '), tapeLength / ROWS]
    }
    expect(hinged(1, 16)).toEqual(['hinges', 1])
    expect(hinged(1, 16, 9)).toEqual(['hinges relu dense', 10])
    expect(hinged(2, 16)).toEqual(['dense relu dense', 16])
    expect(hinged(1, 15)).toEqual(['dense relu dense', 15])
    expect(hinged(1, 16, 7)).toEqual(['dense relu dense relu dense', 23])
  })

  it('tanh and relu take as much tape as there are hidden units, silu and gelu twice', () => {
    const tape = ACTIVATIONS.map((activation) => {
      return bench(mlp({ hidden: [4, 5], activation })).tapeLength / ROWS
    })
    expect(tape).toEqual([9, 9, 18, 18])
  })

  it('a block of a residual net scales its rows only where it has a layer scale', () => {
    const block = ['relu', 'dense', 'relu', 'dense']
    const plain = calls(residual({ hidden: 4, blocks: 2 }))
    expect(plain.there).toEqual(['dense', ...block, 'add', ...block, 'add', 'dense'])
    const scaled = calls(residual({ hidden: 4, blocks: 1, layerScale: 0.1 }))
    expect(scaled.there).toEqual(['dense', ...block, 'scaleRows', 'add', 'dense'])
    expect(scaled.back.filter((name) => name === 'scaleRowsBackward').length).toBe(1)
  })
})

it('with dropout there is a call a layer of hidden units, and a product on the way back', () => {
  const { there, back } = calls(mlp({ hidden: [4, 4], dropout: 0.2 }))
  expect(there).toEqual(['dense', 'tanh', 'dropout', 'dense', 'tanh', 'dropout', 'dense'])
  expect(back.filter((name) => name === 'multiply').length).toBe(2)
})

it('every layer of hidden units draws masks of its own', () => {
  expect(bench(mlp({ hidden: [4, 5, 6], dropout: 0.2 })).sites).toEqual([0, 1, 2])
  expect(bench(residual({ hidden: 4, blocks: 3, dropout: 0.2 })).sites).toEqual([0, 1, 2])
})

it('relu alone has branches, told by all hidden units before dropout', () => {
  const bent = ACTIVATIONS.map((activation) => [
    bench(mlp({ hidden: [4, 5], activation, dropout: 0.2 })).pieces,
    bench(residual({ hidden: 4, blocks: 1, activation })).pieces,
  ])
  const none = [[], []]
  const relu = [
    [4, ROWS],
    [5, ROWS],
  ]
  const block = [
    [4, ROWS],
    [4, ROWS],
  ]
  expect(bent).toEqual([none, [relu, block], none, none])
})

/** A net's starting values by name. */
function started(spec: ConditionerSpec, inputs: number, outputs: number) {
  const net = buildConditioner(spec, inputs, outputs, 0)
  const values = valuesOf(net.parameters, new Float64Array(parameterCount(net.parameters)).fill(Number.NaN))
  net.initialise(values, randomStream(1, 1, 0))
  return values
}

const rootMeanSquare = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length)

describe('a residual net starts with', () => {
  const [inputs, outputs, hidden] = [9, 5, 64]

  it('weights of sd 1/√fan-in, those that a block ends with a hundredth of that, biases and last weights 0', () => {
    const values = started(residual({ hidden, blocks: 2 }), inputs, outputs)
    expect(Object.values(values).every((array) => array.every(Number.isFinite))).toBe(true)
    expect(rootMeanSquare(values['first.weight']) * Math.sqrt(inputs)).toBeCloseTo(1, 1)
    for (const block of ['blocks.0', 'blocks.1']) {
      expect(rootMeanSquare(values[`${block}.0.weight`]) * Math.sqrt(hidden)).toBeCloseTo(1, 1)
      expect(rootMeanSquare(values[`${block}.1.weight`]) * Math.sqrt(hidden)).toBeCloseTo(0.01, 3)
    }
    for (const [name, array] of Object.entries(values)) {
      if (name.endsWith('bias') || name.startsWith('last')) expect(array.every((value) => value === 0)).toBe(true)
    }
  })

  it('its layer scale where it has one, and whole weights before it', () => {
    const values = started(residual({ hidden, blocks: 1, layerScale: 0.01, lastLayerScale: 1 }), inputs, outputs)
    expect([...values['blocks.0.scale']]).toEqual(Array(hidden).fill(0.01))
    expect(rootMeanSquare(values['blocks.0.1.weight']) * Math.sqrt(hidden)).toBeCloseTo(1, 1)
    expect(rootMeanSquare(values['last.weight']) * Math.sqrt(hidden)).toBeCloseTo(1, 1)
  })
})

it.each([
  ['mlp', mlp()],
  ['mlp with dropout', mlp({ activation: 'gelu', dropout: 0.5 })],
  ['residual', residual()],
  ['residual with layer scale', residual({ activation: 'silu', layerScale: 0.1, dropout: 0.5 })],
])('a flow with a conditioner %s starts as the identity', (_, conditioner) => {
  const model = flow(2, [coupling({ mask: [1, 0], transformer: softAffine(), conditioner })], { seed: 5 })
  const x = [
    [0.5, -1.25],
    [-3, 0.75],
  ]
  const { z, logDet } = model.forward(x)
  expect([z.get(0, 0), z.get(0, 1), z.get(1, 0), z.get(1, 1)]).toEqual(x.flat())
  expect([...logDet]).toEqual([0, 0])
})

describe('unusable options are told in a sentence', () => {
  const build = (conditioner: ConditionerSpec) =>
    flow(2, [coupling({ mask: [1, 0], transformer: softAffine(), conditioner })])

  it.each<[ConditionerSpec, string]>([
    [mlp({ dropout: 1 }), "mlp's dropout is 1; expected a number from 0 to below 1."],
    [mlp({ dropout: 1 - 1e-9 }), "mlp's dropout is 0.999999999; expected a number from 0 to below 1."],
    [mlp({ dropout: -0.1 }), "mlp's dropout is -0.1; expected a number from 0 to below 1."],
    [
      { type: 'mlp', activation: 'swish' },
      'mlp\'s activation is "swish"; expected "tanh" or "relu" or "silu" or "gelu".',
    ],
    [residual({ blocks: 0 }), "residual's blocks is 0; expected an integer ≥ 1."],
    [residual({ hidden: 0.5 }), "residual's hidden is 0.5; expected an integer ≥ 1."],
    [residual({ layerScale: -1 }), "residual's layerScale is -1; expected a finite number ≥ 0."],
    [
      { type: 'residual', width: 4 },
      'residual has no option "width"; it takes hidden, blocks, activation, dropout, fourier, layerScale, lastLayerScale.',
    ],
    [{ type: 'resnet' }, 'No conditioner is called "resnet"; known are mlp, residual.'],
  ])('%j', (conditioner, message) => {
    expect(() => build(conditioner)).toThrow(new UsageError(message))
  })
})

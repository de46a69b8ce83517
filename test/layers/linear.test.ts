import {
  decodeFlow,
  encodeFlow,
  type Flow,
  flow,
  householder,
  type LayerSpec,
  luLinear,
  permutation,
  reverse,
  rotation,
  UsageError,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { normals } from '../laws/bench.js'

/** The matrix of a linear flow, in float64. */
function matrixOf(model: Flow): number[][] {
  const { dim } = model
  const units = Array.from({ length: dim }, (_, k) => Array.from({ length: dim }, (_, j) => (j === k ? 1 : 0)))
  const { z } = model.forward([...units, Array(dim).fill(0)])
  return units.map((_, i) => units.map((_, k) => z.get(k, i) - z.get(dim, i)))
}

const linear = (dim: number, spec: LayerSpec) => flow(dim, [spec], { precision: 'float64', seed: 4 }) as unknown as Flow

const identity = (dim: number) =>
  Array.from({ length: dim }, (_, i) => Array.from({ length: dim }, (_, k) => (i === k ? 1 : 0)))

function expectClose(got: number[][], expected: number[][], digits: number): void {
  got.forEach((row, i) => {
    row.forEach((value, k) => {
      expect(value, `${i}, ${k}`).toBeCloseTo(expected[i][k], digits)
    })
  })
}

describe('a new layer', () => {
  it.each([
    ['luLinear', 5, luLinear()],
    ['luLinear of one column', 1, luLinear()],
    ['householder of an even dimension', 4, householder()],
    ['householder of an odd dimension', 5, householder()],
    ['householder of one column', 1, householder()],
    ['rotation', 2, rotation()],
  ] as const)('%s is the identity', (_, dim, spec) => {
    expectClose(matrixOf(linear(dim, spec)), identity(dim), 12)
  })

  it('luLinear with a permutation is that permutation', () => {
    const order = matrixOf(linear(6, permutation({ seed: 9 })))
    expectClose(matrixOf(linear(6, luLinear({ permutationSeed: 9 }))), order, 12)
    expect(order).not.toEqual(identity(6))
  })
})

describe('householder', () => {
  it('is orthogonal whatever its vectors', () => {
    const model = linear(5, householder({ reflections: 3 }))
    model.parameters.set(normals(15, 1).map((x) => 10 * x))
    const a = matrixOf(model)
    expectClose(
      a.map((row) => a.map((other) => row.reduce((sum, x, k) => sum + x * other[k], 0))),
      identity(5),
      12,
    )
  })

  it('reflects nothing and has no gradient where a vector is 0', () => {
    const model = linear(3, householder({ reflections: 1 }))
    model.parameters.fill(0)
    expectClose(matrixOf(model), identity(3), 15)
    expect([...model.nll([[1, 2, 3]]).gradient]).toEqual([0, 0, 0])
  })
})

describe('rotation', () => {
  it('turns by its angle, also after many turns', () => {
    const model = linear(2, rotation())
    for (const angle of [0.7, -2, 100]) {
      model.parameters[0] = angle
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      expectClose(
        matrixOf(model),
        [
          [c, -s],
          [s, c],
        ],
        14,
      )
    }
  })
})

it('permutation has z_j = x_order[j], by its order, and reverse takes columns from the last to the first', () => {
  const first = (spec: LayerSpec) =>
    [0, 1, 2, 3].map((j) =>
      linear(4, spec)
        .forward([[10, 11, 12, 13]])
        .z.get(0, j),
    )
  expect(first(permutation({ order: [2, 0, 3, 1] }))).toEqual([12, 10, 13, 11])
  expect(first(reverse())).toEqual([13, 12, 11, 10])
})

describe('permutation by a seed', () => {
  const orderOf = (dim: number, seed: number) =>
    matrixOf(linear(dim, permutation({ seed }))).map((row) => row.indexOf(1))

  it('is the same for the same seed and number of columns, in a loaded model too', () => {
    expect(orderOf(7, 3)).toEqual(orderOf(7, 3))
    expect(orderOf(7, 3)).not.toEqual(orderOf(7, 4))
    const model = linear(7, permutation({ seed: 3 }))
    expect(matrixOf(decodeFlow(encodeFlow(model)) as Flow)).toEqual(matrixOf(model))
  })

  it('gives each of the six orders of three columns, by 200 seeds', () => {
    const orders = Array.from({ length: 200 }, (_, seed) => orderOf(3, seed).join(''))
    expect(new Set(orders).size).toBe(6)
  })

  // Computed by this code: a model of a seed must stay the model it was.
  it('is never another one than it was', () => {
    expect(orderOf(8, 1)).toEqual([4, 2, 7, 6, 0, 5, 1, 3])
  })
})

it('numbers of one column, of which a triangle has none, are saved and loaded', () => {
  const model = linear(1, luLinear())
  model.parameters.set([0.3, -0.2])
  const loaded = decodeFlow(encodeFlow(model))
  expect([...loaded.parameters]).toEqual([...model.parameters])
})

describe('options that cannot be used are refused', () => {
  it.each([
    [3, permutation({}), 'either an order or a seed'],
    [3, permutation({ order: [0, 1, 2], seed: 1 }), 'got both'],
    [3, permutation({ order: [0, 1] }), 'expected each of 0 to 2 once'],
    [3, permutation({ order: [0, 1, 1] }), '[0,1,1]; expected each'],
    [3, permutation({ order: [0, 1, 3] }), 'expected each'],
    [3, permutation({ seed: -1 }), 'an integer ≥ 0'],
    [3, { ...reverse(), order: [] }, 'has no option "order"'],
    [3, householder({ reflections: 0 }), 'an integer ≥ 1'],
    [3, rotation(), 'turns two columns, but this flow has 3'],
    [3, luLinear({ bias: 1 as unknown as boolean }), 'true or false'],
    [3, luLinear({ permutationSeed: 0.5 }), 'an integer ≥ 0'],
  ] as const)('%i columns, %o', (dim, spec, message) => {
    expect(() => flow(dim, [spec])).toThrow(UsageError)
    expect(() => flow(dim, [spec])).toThrow(message)
  })
})

import { expect, it } from 'vitest'
import { perceptron } from '#nets/mlp.js'
import { buildConditioner } from '#nets/registry.js'
import { relativeError } from '../laws/differences.js'
import { netBench } from './bench.js'
import { goldenActivations, goldenNets, goldenPoints } from './golden.js'

const TOLERANCE = 1e-10

function expectNear(got: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect(got.length, what).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(relativeError(got[i], value), `${what}[${i}]`).toBeLessThan(TOLERANCE)
  })
}

it.each(goldenNets)("a residual net, $name, has nflows' outputs and gradients to 1e-10 in float64", (golden) => {
  const { inputs, outputs, options, params, x, dy } = golden
  const net = buildConditioner({ type: 'residual', ...options }, inputs, outputs, 0)
  const got = netBench(net, inputs, outputs, x.length / inputs, 'portable').run({ params, x, dy })
  expectNear(got.y, golden.y, 'y')
  expectNear(got.dx, golden.dx, 'dx')
  expectNear(got.dParams, golden.dParams, 'dParams')
})

it.each(['tanh', 'relu', 'silu', 'gelu'] as const)("%s and its slope are torch's to 1e-10 in float64", (activation) => {
  const net = perceptron({ inputs: 1, hidden: [1], outputs: 1, activation, lastLayerScale: 1 })
  const dy = goldenPoints.map(() => 1)
  const { y, dx } = netBench(net, 1, 1, dy.length, 'portable').run({ params: [1, 0, 1, 0], x: goldenPoints, dy })
  expectNear(y, goldenActivations[activation].value, 'σ')
  expectNear(dx, goldenActivations[activation].slope, 'σ′')
})

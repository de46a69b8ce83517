import { affineCoupling, alternatingMask, flow, leakyReLU, summary } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { buildStructure } from '#flow/structure.js'

function structure(dim: number, hidden: number[]) {
  return buildStructure({
    dim,
    contextDim: 0,
    layers: [leakyReLU(), affineCoupling({ mask: alternatingMask(dim, 0), hidden })],
    base: { type: 'standardNormal' },
    precision: 'float32',
  })
}

describe('the rows of an evaluation tile', () => {
  it.each([
    ['many, a line short of a power of two, where no kernel revisits what it reads', 2, [4], 496],
    ['likewise', 2, [64], 240],
    ['likewise', 6, [256], 240],
    ['fewer, where a layer would leave the second cache', 2, [1024], 48],
    ['so few that hidden layers behind hidden layers stay in the first', 2, [64, 64], 48],
    ['likewise', 6, [128, 128], 32],
    ['likewise', 6, [100, 20], 32],
    ['so few that many columns do', 100, [64], 48],
    ['16 at least', 500, [512, 512], 16],
  ])('are %s: %i columns, [%s], %i rows', (_, dim, hidden, rows) => {
    expect(structure(dim, hidden).evaluationTileRows).toBe(rows)
  })
})

describe('the rows of a training tile, of few rows and of many', () => {
  it.each([
    [2, [4], 128, 512],
    [2, [32], 128, 256],
    [2, [64], 128, 256],
    [2, [96], 64, 64],
    [2, [64, 64], 64, 64],
    [6, [128, 128], 64, 64],
  ])('of 9 couplings of %i columns, [%s], are %i and %i', (dim, hidden, few, many) => {
    const layers = Array.from({ length: 9 }, (_, i) => [
      leakyReLU(),
      affineCoupling({ mask: alternatingMask(dim, i), hidden }),
    ])
    const { tileRows, mostTileRows } = flow(dim, layers.flat(), { seed: 0 }).structure
    expect([tileRows, mostTileRows]).toEqual([few, many])
  })
})

it('a flow may have more layers than a call has arguments', () => {
  const model = flow(
    1,
    Array.from({ length: 150_000 }, () => leakyReLU()),
    { seed: 0 },
  )
  expect(model.parameters.length).toBe(150_000)
  expect(summary(model).split('\n').length).toBeGreaterThan(150_000)
})

import { affineCoupling, flow, type LayerSpec, leakyReLU } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { Tile } from '#flow/tile.js'
import type { TileUse } from '#flow/tile-passes.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { headOf } from '#kernels/program.js'

const ROWS = 8

/** The operations of a tile's passes, in their order. */
function operationsOf(layers: readonly LayerSpec[], use: TileUse) {
  const { structure } = flow(2, layers)
  const arena = new Arena('float64')
  const tile = new Tile(structure, arena, use, ROWS, arena.real(structure.parameterCount))
  const kernels = createKernels(createHeap(arena, 'portable', false))
  const { i32 } = kernels.heap
  tile.load(kernels.heap)
  return (work: (tile: Tile, kernels: Kernels) => void): string[] => {
    const names: string[] = []
    function run(from: number, end: number): void {
      for (let at = from; at < end; ) {
        const { operation, words } = headOf(i32[at])
        names.push(operation.id)
        at += words
      }
    }
    work(tile, { ...kernels, run })
    return names
  }
}

const narrow = [
  leakyReLU(),
  affineCoupling({ mask: [1, 0] }),
  leakyReLU(),
  affineCoupling({ mask: [0, 1], hidden: [64] }),
]

describe('the passes of leaky ReLUs and couplings with one hidden layer of tanh', () => {
  it.each(['evaluate', 'train', 'differentiate', 'differentiate both ways'] as const)(
    'to %s, have one call for both',
    (use) => {
      const ran = operationsOf(narrow, use)
      const layers = ['leakyNarrowCoupling', 'leakyNarrowCoupling']
      expect(ran((tile, k) => tile.density(k))).toEqual(['fill', ...layers, 'gaussian'])
      expect(ran((tile, k) => tile.forward(k))).toEqual(['fill', ...layers])
      if (use === 'evaluate') return
      const back = ['leakyNarrowCouplingBackward', 'leakyNarrowCouplingBackward']
      expect(ran((tile, k) => tile.backward(k))).toEqual(['gaussianBackward', ...back])
      expect(ran((tile, k) => tile.layersBackward(k))).toEqual(back)
    },
  )

  it('have one call for a coupling on the way from noise to data', () => {
    for (const use of ['evaluate', 'train from noise', 'differentiate', 'differentiate both ways'] as const) {
      const ran = operationsOf(narrow, use)
      const pair = ['narrowCouplingInverse', 'leakyReLUInverse']
      expect(ran((tile, k) => tile.inverse(k))).toEqual(['fill', ...pair, ...pair])
    }
  })

  it('to train from noise, go there with a density and back, and have no calls from data to noise', () => {
    const ran = operationsOf(narrow, 'train from noise')
    const pair = ['narrowCouplingInverse', 'leakyReLUInverse']
    const density = ['fill', 'subtract', 'gaussian']
    expect(ran((tile, k) => tile.inverseDensity(k))).toEqual(['fill', ...pair, ...pair, ...density])
    expect(ran((tile, k) => tile.inverseBackward(k)).length).toBeGreaterThan(3)
    expect(ran((tile, k) => tile.density(k))).toEqual([])
    expect(ran((tile, k) => tile.backward(k))).toEqual([])
  })
})

it.each([
  [
    'two hidden layers',
    [affineCoupling({ mask: [1, 0], hidden: [4, 4] })],
    ['dense', 'tanh', 'dense', 'tanh', 'dense'],
  ],
  ['relu', [affineCoupling({ mask: [1, 0], activation: 'relu' })], ['dense', 'relu', 'dense']],
])('a coupling of %s keeps its calls', (_, layers, net) => {
  const ran = operationsOf(layers, 'train')
  expect(ran((tile, k) => tile.forward(k))).toEqual(['fill', ...net, 'copy', 'affineCouple'])
})

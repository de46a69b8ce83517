import { affineCoupling, alternatingMask, type LayerSpec, leakyReLU } from 'pushforward'

/** A bijection under the laws: one line a case. */
export interface Case {
  readonly name: string
  readonly spec: LayerSpec
  readonly dim: number
  readonly contextDim?: number
}

/** Every bijection of the library, over dimensions, masks, nets and contexts. A new layer costs a line. */
export const bijections: readonly Case[] = [
  { name: 'leakyReLU, 1-D', spec: leakyReLU(), dim: 1 },
  { name: 'leakyReLU, 2-D', spec: leakyReLU(), dim: 2 },
  { name: 'leakyReLU, 5-D', spec: leakyReLU(), dim: 5 },
  { name: 'affineCoupling, mask 10', spec: affineCoupling({ mask: alternatingMask(2, 0) }), dim: 2 },
  { name: 'affineCoupling, mask 01', spec: affineCoupling({ mask: alternatingMask(2, 1) }), dim: 2 },
  { name: 'affineCoupling, two hidden layers', spec: affineCoupling({ mask: [0, 1], hidden: [7, 5] }), dim: 2 },
  { name: 'affineCoupling, three hidden layers', spec: affineCoupling({ mask: [0, 1, 1], hidden: [3, 6, 4] }), dim: 3 },
  { name: 'affineCoupling, scattered mask', spec: affineCoupling({ mask: [1, 0, 0, 1, 0], hidden: [6] }), dim: 5 },
  { name: 'affineCoupling, one kept of six', spec: affineCoupling({ mask: [0, 0, 0, 0, 1, 0], hidden: [4] }), dim: 6 },
  {
    name: 'affineCoupling, relu',
    spec: affineCoupling({ mask: [1, 0, 1], hidden: [8, 8], activation: 'relu' }),
    dim: 3,
  },
  { name: 'affineCoupling, context', spec: affineCoupling({ mask: [1, 0], hidden: [5] }), dim: 2, contextDim: 3 },
  {
    name: 'affineCoupling, context, scattered mask',
    spec: affineCoupling({ mask: [0, 1, 0, 1], hidden: [5, 3] }),
    dim: 4,
    contextDim: 1,
  },
]

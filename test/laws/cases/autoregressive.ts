import {
  type AutoregressiveOptions,
  affine,
  autoregressive,
  invert,
  maskedMLP,
  maskedResidual,
  rationalQuadratic,
  softAffine,
} from 'pushforward'
import { type Case, dropping, pairs } from './case.js'

/** Coordinate order[k] depends on those before it in the order. */
export function ordered(
  variant: string,
  order: readonly number[],
  options: Partial<AutoregressiveOptions>,
  contextDim?: number,
) {
  const place = (j: number) => order.indexOf(j)
  const given = { transformer: softAffine(), conditioner: maskedMLP({ hidden: [5], lastLayerScale: 1 }), ...options }
  return {
    name: `autoregressive, ${variant}`,
    spec: autoregressive(given),
    dim: order.length,
    contextDim,
    independent: (dim: number) => pairs(dim).filter(([i, j]) => place(i) < place(j)),
  }
}

/** Coordinate i depends on those that row i names, and on no others: not on what they depend on. */
export function adjacent(
  variant: string,
  parents: readonly number[][],
  options: Partial<AutoregressiveOptions>,
  contextDim?: number,
) {
  const adjacency = parents.map((row) => parents.map((_, j) => row.includes(j)))
  return {
    ...ordered(variant, [...parents.keys()], { adjacency, ...options }, contextDim),
    independent: (dim: number) => pairs(dim).filter(([i, j]) => !adjacency[i][j]),
  }
}

/** The same from noise to data, one coordinate after another. */
export const inverted = ({ name, spec, ...rest }: Case): Case => ({
  name: `invert, ${name}`,
  spec: invert(spec),
  ...rest,
})

const twoLayers = { conditioner: maskedMLP({ hidden: [9, 6], lastLayerScale: 1 }) }
const bent = { conditioner: maskedMLP({ hidden: [12], activation: 'relu' as const, lastLayerScale: 1 }) }
/** A transformer whose bins lie about where the data do. */
export const splines = { transformer: rationalQuadratic({ bins: 4, box: 3 }) }
export const atEdges: Pick<Case, 'edges' | 'wide'> = { edges: [1e3, -1e3, 0, 3, -3], wide: 0.6 }

const geluNet = { conditioner: maskedResidual({ hidden: 6, activation: 'gelu', lastLayerScale: 1 }) }
const residualNet = { conditioner: maskedResidual({ hidden: 8, activation: 'tanh', lastLayerScale: 1 }) }

export const autoregressiveCases: readonly Case[] = [
  ordered('1-D', [0], {}),
  ordered('1-D, context', [0], {}, 2),
  ordered('1-D, residual', [0], residualNet),
  ordered('2-D', [0, 1], {}),
  ordered('3-D, two hidden layers', [0, 1, 2], twoLayers),
  ordered('3-D, two hidden layers, context', [0, 1, 2], twoLayers, 2),
  ordered('3-D, reversed', [2, 1, 0], { order: 'reversed', ...twoLayers }),
  ordered('5-D, listed, relu', [3, 0, 4, 1, 2], { order: [3, 0, 4, 1, 2], ...bent }),
  ordered('5-D, fewer units than degrees', [0, 1, 2, 3, 4], {
    conditioner: maskedMLP({ hidden: [3, 2], lastLayerScale: 1 }),
  }),
  ordered(
    '5-D, fewer units than degrees, context',
    [4, 3, 2, 1, 0],
    {
      ...{ order: 'reversed', conditioner: maskedMLP({ hidden: [2, 3], lastLayerScale: 1 }) },
    },
    1,
  ),
  ordered('3-D, residual', [0, 1, 2], residualNet),
  ordered('3-D, silu', [0, 1, 2], {
    conditioner: maskedMLP({ hidden: [8, 5], activation: 'silu', lastLayerScale: 1 }),
  }),
  ordered('3-D, residual, gelu, context', [0, 1, 2], geluNet, 1),
  { ...ordered('3-D, splines', [2, 1, 0], { order: 'reversed', ...splines }), ...atEdges },
  { ...ordered('2-D, splines, residual, context', [0, 1], { ...residualNet, ...splines }, 2), ...atEdges },
  { ...inverted(ordered('3-D, splines', [2, 1, 0], { order: 'reversed', ...splines })), ...atEdges },
  { ...adjacent('adjacency, splines', [[1], [], [1]], splines), ...atEdges },
  {
    ...ordered('4-D, dropout', [0, 1, 2, 3], {
      conditioner: maskedMLP({ hidden: [9, 7], dropout: 0.4, lastLayerScale: 1 }),
    }),
    ...dropping,
  },
  {
    ...ordered('4-D, silu, dropout', [0, 1, 2, 3], {
      conditioner: maskedMLP({ hidden: [9, 7], activation: 'silu', dropout: 0.4, lastLayerScale: 1 }),
    }),
    ...dropping,
  },
  {
    ...inverted(
      ordered('3-D, residual, dropout', [0, 1, 2], {
        conditioner: maskedResidual({ hidden: 8, dropout: 0.4, lastLayerScale: 1 }),
      }),
    ),
    ...dropping,
  },
  ordered('3-D, affine', [0, 1, 2], { transformer: affine(), ...twoLayers }),
  ordered('5-D, residual, context', [1, 2, 3, 4, 0], { order: [1, 2, 3, 4, 0], ...residualNet }, 2),
  adjacent('adjacency of a chain', [[], [0], [1], [2]], {}),
  adjacent('adjacency of a fork and a join, context', [[1], [], [1], [0, 2], [1, 0]], twoLayers, 2),
  adjacent('adjacency, residual', [[2], [2], []], residualNet),
  adjacent('adjacency of nothing', [[], []], {}),
  inverted(ordered('2-D', [0, 1], {})),
  inverted(ordered('3-D, reversed, two hidden layers', [2, 1, 0], { order: 'reversed', ...twoLayers })),
  inverted(ordered('5-D, residual, context', [1, 2, 3, 4, 0], { order: [1, 2, 3, 4, 0], ...residualNet }, 2)),
  inverted({
    ...adjacent('adjacency of a fork', [[1], [], [0], [1]], {}),
    independent: (dim) => pairs(dim).filter(([i, j]) => ![[1], [], [0, 1], [1]][i].includes(j)),
  }),
]

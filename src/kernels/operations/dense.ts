import { gradient, operation, optional, read, scratch, strideOf, write } from '../operation.js'

export const dense = operation(
  'dense',
  ['outDim', 'inDim', 'rows'],
  {
    x: read('inDim', 'rows'),
    weight: read('outDim', 'inDim'),
    outStride: strideOf('weight'),
    bias: optional(read('outDim')),
    y: write('outDim', 'rows'),
  },
  {
    formula: 'y[o, t] = bias[o] + Σᵢ weight[o, i]·x[i, t]; inDim ≥ 1',
    cost: ({ outDim, inDim, rows }) => 2 * outDim * inDim * rows,
  },
)

export const denseWeightGradient = operation(
  'denseWeightGradient',
  ['outDim', 'inDim', 'rows'],
  {
    x: read('inDim', 'rows'),
    dy: read('outDim', 'rows'),
    dWeight: gradient('outDim', 'inDim'),
    outStride: strideOf('dWeight'),
    dBias: optional(gradient('outDim')),
    scratch: scratch(({ rows, outDim }) => 16 * (rows + outDim)),
  },
  {
    formula: 'dWeight[o, i] += Σₜ dy[o, t]·x[i, t]; dBias[o] += Σₜ dy[o, t]',
    cost: ({ outDim, inDim, rows }) => (2 * inDim + 1) * outDim * rows,
  },
)

export const denseInputGradient = operation(
  'denseInputGradient',
  ['outDim', 'inDim', 'rows'],
  {
    dy: read('outDim', 'rows'),
    weight: read('outDim', 'inDim'),
    outStride: strideOf('weight'),
    dx: write('inDim', 'rows'),
  },
  {
    formula: 'dx[i, t] = Σₒ weight[o, i]·dy[o, t]; outDim ≥ 1',
    cost: ({ outDim, inDim, rows }) => 2 * outDim * inDim * rows,
  },
)

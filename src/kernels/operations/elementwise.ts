import { COST, operation, read, write } from '../operation.js'

export const exp = operation(
  'exp',
  ['n'],
  { x: read('n'), y: write('n') },
  { formula: 'y = eˣ', cost: ({ n }) => COST.exp * n },
)

export const log = operation(
  'log',
  ['n'],
  { x: read('n'), y: write('n') },
  { formula: 'y = ln x', cost: ({ n }) => COST.log * n },
)

export const tanh = operation(
  'tanh',
  ['n'],
  { x: read('n'), y: write('n') },
  { formula: 'y = tanh x; y may be x', cost: ({ n }) => COST.tanh * n },
)

export const tanhBackward = operation(
  'tanhBackward',
  ['n'],
  { y: read('n'), dy: read('n'), dx: write('n') },
  { formula: 'dx = dy·(1 − y²), y = tanh x; dx may be dy', cost: ({ n }) => 3 * n },
)

export const relu = operation(
  'relu',
  ['n'],
  { x: read('n'), y: write('n') },
  { formula: 'y = max(x, 0); y may be x', cost: ({ n }) => n },
)

export const reluBackward = operation(
  'reluBackward',
  ['n'],
  { y: read('n'), dy: read('n'), dx: write('n') },
  { formula: 'dx = dy where y > 0, else 0; dx may be dy', cost: ({ n }) => n },
)

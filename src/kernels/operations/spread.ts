import { gradient, operation, read, write } from '../operation.js'

export const spread = operation(
  'spread',
  ['n', 'rows'],
  { x: read('n'), y: write('n', 'rows') },
  { formula: 'y[i, t] = x[i]: numbers that are the same for all rows' },
)

export const spreadBackward = operation(
  'spreadBackward',
  ['n', 'rows'],
  { dy: read('n', 'rows'), dx: gradient('n') },
  { formula: 'dx[i] += Σₜ dy[i, t]', cost: ({ n, rows }) => n * rows },
)

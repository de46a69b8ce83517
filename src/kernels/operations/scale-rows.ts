import { gradient, operation, read, write } from '../operation.js'

export const scaleRows = operation(
  'scaleRows',
  ['units', 'rows'],
  { gamma: read('units'), x: read('units', 'rows'), y: write('units', 'rows') },
  { formula: 'y[i, t] = gamma[i]·x[i, t]; y may be x', cost: ({ units, rows }) => units * rows },
)

export const scaleRowsBackward = operation(
  'scaleRowsBackward',
  ['units', 'rows'],
  {
    gamma: read('units'),
    x: read('units', 'rows'),
    dy: read('units', 'rows'),
    dx: write('units', 'rows'),
    dGamma: gradient('units'),
  },
  {
    formula: 'dx[i, t] = gamma[i]·dy[i, t], dGamma[i] += Σₜ dy[i, t]·x[i, t]; dx may be dy',
    cost: ({ units, rows }) => 3 * units * rows,
  },
)

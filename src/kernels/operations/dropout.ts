import { key, operation, read, value, write } from '../operation.js'

/** Ten rounds of Philox a block of four words, 10 operations each. */
const DRAW = 25

export const dropout = operation(
  'dropout',
  ['units', 'rows'],
  {
    key: key(),
    layer: value(),
    rate: value(),
    x: read('units', 'rows'),
    y: write('units', 'rows'),
    mask: write('units', 'rows'),
  },
  {
    formula:
      'mask = 0 with probability rate, else 1/(1 − rate), y = x·mask; mask = 1 where the key is not active. The key: seed low, ' +
      'seed high, step, first row low, first row high, active. Drawn by seed, step, layer, unit and row number; y may be x',
    cost: ({ units, rows }) => (DRAW + 2) * units * rows,
  },
)

import { COST, operation, optional, read, write } from '../operation.js'

// A shift and a scale a coordinate, numbers that are the same for all rows or each row's own: `each` is 1 or rows.

const numbers = { location: read('dim', 'each'), logScale: read('dim', 'each') }

export const locationScale = operation(
  'locationScale',
  ['dim', 'rows', 'each'],
  { z: read('dim', 'rows'), ...numbers, logDet: read('rows'), y: write('dim', 'rows'), total: write('rows') },
  {
    formula: 'y = (z − location)·e^−logScale, total = logDet − Σⱼ logScale[j]',
    cost: ({ dim, rows, each }) => dim * (3 * rows + COST.exp * each),
  },
)

export const locationScaleBackward = operation(
  'locationScaleBackward',
  ['dim', 'rows', 'each'],
  {
    y: read('dim', 'rows'),
    logScale: read('dim', 'each'),
    dy: read('dim', 'rows'),
    dTotal: read('rows'),
    dz: write('dim', 'rows'),
    dLocation: optional(write('dim', 'rows')),
    dLogScale: optional(write('dim', 'rows')),
  },
  {
    formula:
      'dz = dy·e^−logScale, dLocation = −dz, dLogScale = −(dy·y + dTotal); all exactly 0 where dTotal is 0 whatever y is',
    cost: ({ dim, rows, each }) => dim * (4 * rows + COST.exp * each),
  },
)

export const locationScaleInverse = operation(
  'locationScaleInverse',
  ['dim', 'rows', 'each'],
  { y: read('dim', 'rows'), ...numbers, z: write('dim', 'rows') },
  {
    formula: 'z = location + y·e^logScale',
    cost: ({ dim, rows, each }) => dim * (2 * rows + COST.exp * each),
  },
)

import { add, gradient, operation, read, write } from '../operation.js'

// The slope is α = e^raw.

export const leakyReLU = operation(
  'leakyReLU',
  ['dim', 'rows'],
  { raw: read(1), x: read('dim', 'rows'), z: write('dim', 'rows'), logDet: add('rows') },
  {
    formula: 'z = x where x > 0, else α·x; logDet += raw for every non-positive coordinate',
    cost: ({ dim, rows }) => 2 * dim * rows,
  },
)

export const leakyReLUInverse = operation(
  'leakyReLUInverse',
  ['dim', 'rows'],
  { raw: read(1), z: read('dim', 'rows'), x: write('dim', 'rows'), logDet: add('rows') },
  {
    formula: 'x = z where z > 0, else z/α; logDet −= raw for every non-positive coordinate',
    cost: ({ dim, rows }) => 2 * dim * rows,
  },
)

export const leakyReLUBackward = operation(
  'leakyReLUBackward',
  ['dim', 'rows'],
  {
    raw: read(1),
    z: read('dim', 'rows'),
    dz: read('dim', 'rows'),
    dLogDet: read('rows'),
    dx: write('dim', 'rows'),
    dRaw: gradient(1),
  },
  {
    formula: 'dx = dz where z > 0, else α·dz; dRaw += Σ over z ≤ 0 of (dz·z + dLogDet)',
    cost: ({ dim, rows }) => 4 * dim * rows,
  },
)

export const leakyReLUInverseBackward = operation(
  'leakyReLUInverseBackward',
  ['dim', 'rows'],
  {
    raw: read(1),
    x: read('dim', 'rows'),
    dx: read('dim', 'rows'),
    dLogDet: read('rows'),
    dz: write('dim', 'rows'),
    dRaw: gradient(1),
  },
  {
    formula: 'dz = dx where x > 0, else dx/α; dRaw −= Σ over x ≤ 0 of (dx·x + dLogDet)',
    cost: ({ dim, rows }) => 4 * dim * rows,
  },
)

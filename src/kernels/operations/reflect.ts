import { gradient, operation, read, scratch, write } from '../operation.js'

// H = I − c·v vᵀ, c = 2/‖v‖², its own inverse; where ‖v‖² < 10⁻³⁰ no direction is left, c is 0 and H the identity.

export const reflect = operation(
  'reflect',
  ['dim', 'rows'],
  { v: read('dim'), x: read('dim', 'rows'), z: write('dim', 'rows'), scratch: scratch('rows') },
  {
    formula: 'z = x − c·(v·x)·v; z may be x',
    cost: ({ dim, rows }) => 4 * dim * rows + 3 * dim,
  },
)

export const reflectBackward = operation(
  'reflectBackward',
  ['dim', 'rows'],
  {
    v: read('dim'),
    z: read('dim', 'rows'),
    dz: read('dim', 'rows'),
    x: write('dim', 'rows'),
    dx: write('dim', 'rows'),
    dv: gradient('dim'),
    scratch: scratch(({ rows }) => 2 * rows),
  },
  {
    formula: 'dv += c·Σₜ ((v·z)·dz − (v·dz)·z); x = H z, dx = H dz; x and dx may be z and dz',
    cost: ({ dim, rows }) => 12 * dim * rows + 4 * dim,
  },
)

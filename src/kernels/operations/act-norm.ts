import { add, COST, gradient, operation, read, value, write } from '../operation.js'

// One shift t and one log-scale s a coordinate, s within ±bound: s̃ = min(max(s, −bound), bound).

export const actNorm = operation(
  'actNorm',
  ['dim', 'rows'],
  {
    bound: value(),
    s: read('dim'),
    t: read('dim'),
    x: read('dim', 'rows'),
    z: write('dim', 'rows'),
    logDet: add('rows'),
  },
  {
    formula: 'z[j, t] = (x[j, t] + t[j])·e^s̃[j]; logDet += Σⱼ s̃[j]',
    cost: ({ dim, rows }) => 2 * dim * rows + rows + (COST.exp + 3) * dim,
  },
)

export const actNormInverse = operation(
  'actNormInverse',
  ['dim', 'rows'],
  {
    bound: value(),
    s: read('dim'),
    t: read('dim'),
    z: read('dim', 'rows'),
    x: write('dim', 'rows'),
    logDet: add('rows'),
  },
  {
    formula: 'x[j, t] = z[j, t]·e^−s̃[j] − t[j]; logDet −= Σⱼ s̃[j]',
    cost: ({ dim, rows }) => 2 * dim * rows + rows + (COST.exp + 3) * dim,
  },
)

export const actNormBackward = operation(
  'actNormBackward',
  ['dim', 'rows'],
  {
    bound: value(),
    s: read('dim'),
    z: read('dim', 'rows'),
    dz: read('dim', 'rows'),
    dLogDet: read('rows'),
    dx: write('dim', 'rows'),
    ds: gradient('dim'),
    dt: gradient('dim'),
  },
  {
    formula: 'dx = dz·e^s̃; dt += e^s̃·Σₜ dz; ds += Σₜ (dz·z + dLogDet) where |s| ≤ bound',
    cost: ({ dim, rows }) => 4 * dim * rows + rows + (COST.exp + 3) * dim,
  },
)

export const actNormInverseBackward = operation(
  'actNormInverseBackward',
  ['dim', 'rows'],
  {
    bound: value(),
    s: read('dim'),
    z: read('dim', 'rows'),
    dx: read('dim', 'rows'),
    dLogDet: read('rows'),
    dz: write('dim', 'rows'),
    ds: gradient('dim'),
    dt: gradient('dim'),
  },
  {
    formula: 'dz = dx·e^−s̃; dt −= Σₜ dx; ds −= e^−s̃·Σₜ dx·z + Σₜ dLogDet where |s| ≤ bound',
    cost: ({ dim, rows }) => 4 * dim * rows + rows + (COST.exp + 3) * dim,
  },
)

import { add, COST, operation, read, value, write } from '../operation.js'

/** 1 + |a|/c 2, s 1, e^s, x + t 1, ·e 1, logDet 1, g 2, f 1 */
const SOFT_AFFINE = COST.exp + 9

// ∂z/∂t is the slope and ∂ln f′/∂t the bend, which is 0.
const derivatives = { slope: write('rows'), bend: write('rows'), fA: write('rows'), gA: write('rows') }

export const clampedAffine = operation(
  'clampedAffine',
  ['rows'],
  {
    bound: value(),
    a: read('rows'),
    t: read('rows'),
    x: read('rows'),
    z: write('rows'),
    logDet: add('rows'),
    ...derivatives,
  },
  {
    formula: 's = a/(1 + |a|/bound), z = (x + t)·e^s, logDet += s; z may be x',
    cost: ({ rows }) => SOFT_AFFINE * rows,
  },
)

export const clampedAffineInverse = operation(
  'clampedAffineInverse',
  ['rows'],
  {
    bound: value(),
    a: read('rows'),
    t: read('rows'),
    z: read('rows'),
    x: write('rows'),
    logDet: add('rows'),
    ...derivatives,
  },
  {
    formula: 's = a/(1 + |a|/bound), x = z·e^−s − t, logDet −= s; x may be z',
    cost: ({ rows }) => SOFT_AFFINE * rows,
  },
)

export const circularShift = operation(
  'circularShift',
  ['rows'],
  { box: value(), phi: read('rows'), x: read('rows'), z: write('rows') },
  { formula: 'z = x + φ, taken modulo 2·box into [−box, box); z may be x', cost: ({ rows }) => 6 * rows },
)

export const circularShiftInverse = operation(
  'circularShiftInverse',
  ['rows'],
  { box: value(), phi: read('rows'), z: read('rows'), x: write('rows') },
  { formula: 'x = z − φ, taken modulo 2·box into [−box, box); x may be z', cost: ({ rows }) => 6 * rows },
)

import { add, COST, gradient, operation, read, write } from '../operation.js'

// The affine couple of one coordinate, its log-scale clamped by u = tanh(a·e^−f), s = u·e^f.

/** a·e^−f, tanh, ·e^f, exp, x + t, ·e, logDet + s */
export const COUPLE = 5 + COST.tanh + COST.exp
/** ds 2, dx 1, 1 − u² 2, da 1, df 5 */
export const COUPLE_BACKWARD = 11

export const affineCouple = operation(
  'affineCouple',
  ['rows'],
  {
    f: read(1),
    a: read('rows'),
    t: read('rows'),
    x: read('rows'),
    z: write('rows'),
    logDet: add('rows'),
    u: write('rows'),
    e: write('rows'),
  },
  {
    formula: 'u = tanh(a·e^−f), s = u·e^f, e = e^s, z = (x + t)·e, logDet += s; u and e are kept for the way back',
    cost: ({ rows }) => rows * COUPLE,
  },
)

export const affineCoupleInverse = operation(
  'affineCoupleInverse',
  ['rows'],
  {
    f: read(1),
    a: read('rows'),
    t: read('rows'),
    z: read('rows'),
    x: write('rows'),
    logDet: add('rows'),
    u: write('rows'),
    e: write('rows'),
  },
  { formula: 'u = tanh(a·e^−f), s = u·e^f, e = e^−s, x = z·e − t, logDet −= s', cost: ({ rows }) => rows * COUPLE },
)

export const affineCoupleBackward = operation(
  'affineCoupleBackward',
  ['rows'],
  {
    f: read(1),
    a: read('rows'),
    u: read('rows'),
    e: read('rows'),
    z: read('rows'),
    dz: read('rows'),
    dLogDet: read('rows'),
    dx: write('rows'),
    da: write('rows'),
    dt: write('rows'),
    df: gradient(1),
  },
  {
    formula: 'ds = dz·z + dLogDet; dx = dt = dz·e; da = ds·(1 − u²); df += Σ ds·(u·e^f − a·(1 − u²))',
    cost: ({ rows }) => rows * COUPLE_BACKWARD,
  },
)

export const affineCoupleInverseBackward = operation(
  'affineCoupleInverseBackward',
  ['rows'],
  {
    f: read(1),
    a: read('rows'),
    t: read('rows'),
    u: read('rows'),
    e: read('rows'),
    x: read('rows'),
    dx: read('rows'),
    dLogDet: read('rows'),
    dz: write('rows'),
    da: write('rows'),
    dt: write('rows'),
    df: gradient(1),
  },
  {
    formula: 'ds = −dx·(x + t) − dLogDet; dz = dx·e; dt = −dx; da = ds·(1 − u²); df += Σ ds·(u·e^f − a·(1 − u²))',
    cost: ({ rows }) => rows * COUPLE_BACKWARD,
  },
)

import { add, COST, operation, read, write } from '../operation.js'

// Onto (0, ∞). What lies below the smallest normal number, or beyond the largest, is held there.

export const softplus = operation(
  'softplus',
  ['rows'],
  { x: read('rows'), z: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'z = ln(1 + eˣ), logDet −= ln(1 + e^−x), slope = σ(x), bend = σ(−x); z may be x',
    cost: ({ rows }) => (COST.softplus + 6) * rows,
  },
)

export const softplusInverse = operation(
  'softplusInverse',
  ['rows'],
  { z: read('rows'), x: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula:
      'slope = 1 − e^−z, x = z + ln slope, logDet −= ln slope, bend = e^−z; logDet = −∞, slope = 1, bend = 0 where z ≤ 0; x may be z',
    cost: ({ rows }) => (2 * COST.exp + COST.log + 4) * rows,
  },
)

export const exponential = operation(
  'exponential',
  ['rows'],
  { x: read('rows'), z: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  { formula: 'z = slope = eˣ, logDet += x, bend = 1; z may be x', cost: ({ rows }) => (COST.exp + 1) * rows },
)

export const exponentialInverse = operation(
  'exponentialInverse',
  ['rows'],
  { z: read('rows'), x: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'x = ln z, logDet −= x, slope = z, bend = 1; logDet = −∞, slope = 1, bend = 0 where z ≤ 0; x may be z',
    cost: ({ rows }) => (COST.log + 1) * rows,
  },
)

import { COST, gradient, operation, read, value, write } from '../operation.js'

// R(φ) = (cos φ, −sin φ; sin φ, cos φ), φ = sign·angle, for |angle| ≤ 10⁶: further out the angle itself is coarse.

export const rotate = operation(
  'rotate',
  ['rows'],
  { sign: value(), angle: read(1), x: read(2, 'rows'), z: write(2, 'rows') },
  { formula: 'z = R(sign·angle) x', cost: ({ rows }) => 6 * rows + COST.sincos },
)

export const rotateBackward = operation(
  'rotateBackward',
  ['rows'],
  {
    sign: value(),
    angle: read(1),
    z: read(2, 'rows'),
    dz: read(2, 'rows'),
    dx: write(2, 'rows'),
    dAngle: gradient(1),
  },
  {
    formula: 'dx = R(−sign·angle) dz; dAngle += sign·Σₜ (dz[1, t]·z[0, t] − dz[0, t]·z[1, t])',
    cost: ({ rows }) => 10 * rows + COST.sincos,
  },
)

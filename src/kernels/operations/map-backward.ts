import { operation, read, write } from '../operation.js'

// The ways back through every map of one coordinate. A map writes slope = f′(x), bend = ∂ln f′/∂x, and for each of its
// numbers θ f_θ = ∂f/∂θ and g_θ = ∂ln f′/∂θ; its inverse writes the same, at the x that it finds.

export const mapBackward = operation(
  'mapBackward',
  ['rows'],
  { slope: read('rows'), bend: read('rows'), dz: read('rows'), dLogDet: read('rows'), dx: write('rows') },
  { formula: 'dx = dz·slope + dLogDet·bend; dx may be dz', cost: ({ rows }) => 3 * rows },
)

export const mapInverseBackward = operation(
  'mapInverseBackward',
  ['rows'],
  { slope: read('rows'), bend: read('rows'), dx: read('rows'), dLogDet: read('rows'), dz: write('rows') },
  {
    formula: 'dz = (dx − dLogDet·bend)/slope, held within the finite numbers; dz may be dx',
    cost: ({ rows }) => 3 * rows,
  },
)

export const numberBackward = operation(
  'numberBackward',
  ['rows'],
  { fTheta: read('rows'), gTheta: read('rows'), dz: read('rows'), dLogDet: read('rows'), dTheta: write('rows') },
  { formula: 'dθ = dz·f_θ + dLogDet·g_θ', cost: ({ rows }) => 3 * rows },
)

export const numberInverseBackward = operation(
  'numberInverseBackward',
  ['rows'],
  { fTheta: read('rows'), gTheta: read('rows'), dz: read('rows'), dLogDet: read('rows'), dTheta: write('rows') },
  { formula: 'dθ = −dz·f_θ − dLogDet·g_θ, dz from mapInverseBackward', cost: ({ rows }) => 4 * rows },
)

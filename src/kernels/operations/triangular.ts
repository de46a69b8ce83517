import { type Counts, gradient, operation, optional, read, write } from '../operation.js'

// Triangular matrices without their zeros. L is lower and has ones on its diagonal; `weight` holds what lies below it, row
// by row: (1,0), (2,0), (2,1), … U is upper; `weight` holds what lies right of its diagonal, row by row: (0,1), (0,2), …,
// (1,2), … In the ways back the gradient of `weight` takes the entries that are there and no others.

const triangle = ({ dim }: Counts) => (dim * (dim - 1)) / 2

/** Multiplications and additions of a product or a solution. */
const LOWER = ({ dim, rows }: Counts) => dim * (dim - 1) * rows
const UPPER = ({ dim, rows }: Counts) => dim * dim * rows

export const lowerProduct = operation(
  'lowerProduct',
  ['dim', 'rows'],
  { weight: read(triangle), bias: optional(read('dim')), x: read('dim', 'rows'), y: write('dim', 'rows') },
  { formula: 'y = L x + bias', cost: (counts) => LOWER(counts) },
)

export const lowerSolve = operation(
  'lowerSolve',
  ['dim', 'rows'],
  { weight: read(triangle), bias: optional(read('dim')), x: read('dim', 'rows'), y: write('dim', 'rows') },
  { formula: 'y = L⁻¹ (x − bias)', cost: (counts) => LOWER(counts) },
)

export const lowerProductBackward = operation(
  'lowerProductBackward',
  ['dim', 'rows'],
  {
    weight: read(triangle),
    x: read('dim', 'rows'),
    dy: read('dim', 'rows'),
    dx: write('dim', 'rows'),
    dWeight: gradient(triangle),
    dBias: optional(gradient('dim')),
  },
  { formula: 'dx = Lᵀ dy; dL += Σₜ dy xᵀ; dBias += Σₜ dy', cost: (counts) => 2 * LOWER(counts) },
)

export const lowerSolveBackward = operation(
  'lowerSolveBackward',
  ['dim', 'rows'],
  {
    weight: read(triangle),
    y: read('dim', 'rows'),
    dy: read('dim', 'rows'),
    dx: write('dim', 'rows'),
    dWeight: gradient(triangle),
    dBias: optional(gradient('dim')),
  },
  { formula: 'dx = L⁻ᵀ dy; dL −= Σₜ dx yᵀ; dBias −= Σₜ dx', cost: (counts) => 2 * LOWER(counts) },
)

export const upperProduct = operation(
  'upperProduct',
  ['dim', 'rows'],
  { weight: read(triangle), diagonal: read('dim'), x: read('dim', 'rows'), y: write('dim', 'rows') },
  { formula: 'y = U x', cost: (counts) => UPPER(counts) },
)

export const upperSolve = operation(
  'upperSolve',
  ['dim', 'rows'],
  { weight: read(triangle), diagonal: read('dim'), x: read('dim', 'rows'), y: write('dim', 'rows') },
  { formula: 'y = U⁻¹ x', cost: (counts) => UPPER(counts) },
)

export const upperProductBackward = operation(
  'upperProductBackward',
  ['dim', 'rows'],
  {
    weight: read(triangle),
    diagonal: read('dim'),
    x: read('dim', 'rows'),
    dy: read('dim', 'rows'),
    dx: write('dim', 'rows'),
    dWeight: gradient(triangle),
    dDiagonal: write('dim'),
  },
  { formula: 'dx = Uᵀ dy; dU += Σₜ dy xᵀ, dDiagonal = its diagonal', cost: (counts) => 2 * UPPER(counts) },
)

export const upperSolveBackward = operation(
  'upperSolveBackward',
  ['dim', 'rows'],
  {
    weight: read(triangle),
    diagonal: read('dim'),
    y: read('dim', 'rows'),
    dy: read('dim', 'rows'),
    dx: write('dim', 'rows'),
    dWeight: gradient(triangle),
    dDiagonal: write('dim'),
  },
  { formula: 'dx = U⁻ᵀ dy; dU −= Σₜ dx yᵀ, dDiagonal = its diagonal', cost: (counts) => 2 * UPPER(counts) },
)

import { COST, type Counts, operation, optional, read, write } from '../operation.js'

// y = A(z − μ) with a lower-triangular A of positive diagonal: `factor` holds its rows up to the diagonal one after another,
// A₀₀, A₁₀, A₁₁, A₂₀, …, on the diagonal ln Aᵢᵢ. Numbers are the same for all rows or each row's own: `each` is 1 or rows.

/** Numbers of a triangle. */
const triangle = ({ dim }: Counts) => (dim * (dim + 1)) / 2

const numbers = { mean: read('dim', 'each'), factor: read(triangle, 'each') }

export const whiten = operation(
  'whiten',
  ['dim', 'rows', 'each'],
  { z: read('dim', 'rows'), ...numbers, logDet: read('rows'), y: write('dim', 'rows'), total: write('rows') },
  {
    formula: 'y = A(z − μ), total = logDet + Σᵢ ln Aᵢᵢ',
    cost: ({ dim, rows, each }) => dim * ((dim + 2) * rows + COST.exp * each),
  },
)

export const whitenBackward = operation(
  'whitenBackward',
  ['dim', 'rows', 'each'],
  {
    z: read('dim', 'rows'),
    ...numbers,
    dy: read('dim', 'rows'),
    dTotal: read('rows'),
    dz: write('dim', 'rows'),
    dMean: optional(write('dim', 'rows')),
    dFactor: optional(write(triangle, 'rows')),
  },
  {
    formula:
      'dz = Aᵀdy, dμ = −dz, dAᵢⱼ = dyᵢ·(zⱼ − μⱼ), d ln Aᵢᵢ = dyᵢ·Aᵢᵢ·(zᵢ − μᵢ) + dTotal; all exactly 0 where dTotal is 0 whatever z is',
    cost: ({ dim, rows, each }) => dim * ((1.5 * dim + 4) * rows + COST.exp * each),
  },
)

export const whitenInverse = operation(
  'whitenInverse',
  ['dim', 'rows', 'each'],
  { y: read('dim', 'rows'), ...numbers, z: write('dim', 'rows') },
  {
    formula: 'z = μ + A⁻¹y, by substitution from the first coordinate on',
    cost: ({ dim, rows, each }) => dim * ((dim + 1) * rows + COST.exp * each),
  },
)

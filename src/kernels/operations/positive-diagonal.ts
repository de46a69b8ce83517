import { add, COST, gradient, operation, read, value, write } from '../operation.js'

// A diagonal matrix of positive numbers; sign is 1 where it multiplies and −1 where it divides.

export const positiveDiagonal = operation(
  'positiveDiagonal',
  ['dim', 'rows'],
  { floor: value(), sign: value(), raw: read('dim'), diagonal: write('dim'), logDet: add('rows') },
  {
    formula: 'diagonal = ln(1 + e^raw) + floor; logDet += sign·Σᵢ ln diagonal[i]',
    cost: ({ dim, rows }) => (COST.softplus + COST.log + 2) * dim + rows,
  },
)

export const positiveDiagonalBackward = operation(
  'positiveDiagonalBackward',
  ['dim', 'rows'],
  {
    sign: value(),
    raw: read('dim'),
    diagonal: read('dim'),
    dDiagonal: read('dim'),
    dLogDet: read('rows'),
    dRaw: gradient('dim'),
  },
  {
    formula: 'dRaw += (dDiagonal + sign·(Σₜ dLogDet)/diagonal)·σ(raw)',
    cost: ({ dim, rows }) => (COST.exp + 6) * dim + rows,
  },
)

import { COST, operation, optional, read, write } from '../operation.js'

// Student's t distribution with ν = ½ + e^raw degrees of freedom, a coordinate by itself; raw counts as 40 above that. Numbers
// are the same for all rows or each row's own: `each` is 1 or rows.

export const studentDegrees = operation(
  'studentDegrees',
  ['n'],
  { raw: read('n'), degrees: write('n'), constant: write('n'), slope: write('n') },
  {
    formula: 'degrees = ν, constant = ln Γ((ν+1)/2) − ln Γ(ν/2) − ½ ln νπ, slope = ∂constant/∂ν',
    cost: ({ n }) => n * (COST.exp + COST.log + 80),
  },
)

export const studentT = operation(
  'studentT',
  ['dim', 'rows', 'each'],
  {
    z: read('dim', 'rows'),
    degrees: read('dim', 'each'),
    constant: read('dim', 'each'),
    logDet: read('rows'),
    logProb: write('rows'),
  },
  {
    formula: 'logProb = logDet + Σⱼ (constant[j] − ½(ν[j] + 1)·ln(1 + z[j]²/ν[j]))',
    cost: ({ dim, rows }) => dim * rows * (COST.log + 7),
  },
)

export const studentTBackward = operation(
  'studentTBackward',
  ['dim', 'rows', 'each'],
  {
    z: read('dim', 'rows'),
    raw: read('dim', 'each'),
    degrees: read('dim', 'each'),
    slope: read('dim', 'each'),
    dLogProb: read('rows'),
    dz: write('dim', 'rows'),
    dRaw: optional(write('dim', 'rows')),
  },
  {
    formula:
      'q = z²/ν, p = q/(1 + q): dz = −dLogProb·(ν + 1)/ν·z/(1 + q), dRaw = dLogProb·e^raw·(slope + ½(p/ν − (ln(1 + q) − p))); exactly 0 where dLogProb is 0 whatever z is',
    cost: ({ dim, rows, each }) => dim * (rows * (COST.log + 16) + COST.exp * each),
  },
)

export const studentTInverse = operation(
  'studentTInverse',
  ['dim', 'rows', 'each'],
  { normals: read(({ dim }) => 2 * dim, 'rows'), degrees: read('dim', 'each'), z: write('dim', 'rows') },
  {
    formula: 'z[j] = n[2j]·√((eˣ − 1)/x), x = (n[2j]² + n[2j + 1]²)/ν[j]: of two normals a number of the distribution',
    cost: ({ dim, rows }) => dim * rows * (2 * COST.exp + 8),
  },
)

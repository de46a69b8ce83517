import { add, COST, operation, read, write } from '../operation.js'

// A monotone spline through knots that are the same for all rows: between two of them the rational quadratic of their
// values and slopes (Gregory & Delbourgo, IMA J. Numer. Anal. 2, 1982), beyond the outer ones a line with their slope.
// Knots do not fall; those that are repeated at the end span no bin, and knots of zeros alone give the identity.

/** A comparison and a count */
const KNOT = 2
/** Two slopes; h w s a b 5, f 7, z 3, ξ η 3, N D 13, f′ 3, ln f′, ∂ln f′ 16, the tail's 3, selections 6, logDet 1 */
const ROW = 2 * COST.exp + 60 + COST.log
/** ξ is the root of a quadratic: 12 more than f */
const INVERSE_ROW = ROW + 12 + COST.sqrt

const knots = { xs: read('knots'), zs: read('knots'), logSlopes: read('knots') }
const derivatives = { slope: write('rows'), bend: write('rows') }

const DEFINITION =
  'd = e^logSlopes; in bin k, with w, h its sides, s = h/w, ξ = (x − xs_k)/w, η = 1 − ξ: z = zs_k + h·(sξ² + d_kξη)/D, D = s + (d_k + d_(k+1) − 2s)ξη, ∂z/∂x = s²·(d_(k+1)ξ² + 2sξη + d_kη²)/D²; z = zs_e + d_e·(x − xs_e) beyond the outer knots e'

export const quantileSpline = operation(
  'quantileSpline',
  ['knots', 'rows'],
  { ...knots, x: read('rows'), z: write('rows'), logDet: add('rows'), ...derivatives, bin: write('rows') },
  {
    formula: `${DEFINITION}; logDet += ln ∂z/∂x, slope = ∂z/∂x, bend = ∂ln slope/∂x; bin is the last k with xs_k ≤ x, or −1; z may be x`,
    cost: ({ knots, rows }) => rows * (KNOT * knots + ROW),
  },
)

export const quantileSplineInverse = operation(
  'quantileSplineInverse',
  ['knots', 'rows'],
  { ...knots, z: read('rows'), x: write('rows'), logDet: add('rows'), ...derivatives, bin: write('rows') },
  {
    formula: `${DEFINITION}; x by z, logDet −= ln ∂z/∂x, slope and bend as there, at x; bin is the last k with zs_k ≤ z, or −1; x may be z`,
    cost: ({ knots, rows }) => rows * (KNOT * knots + INVERSE_ROW),
  },
)

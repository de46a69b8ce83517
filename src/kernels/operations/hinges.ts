import { type Counts, gradient, operation, read, scratch, write } from '../operation.js'

// A dense layer of ReLU units that all see one number of a row is piecewise linear in it, with a knot where each unit
// bends. Between two knots every output is a line, so that a row costs one product an output rather than one a weight.

const upTo = (multiple: number, n: number) => multiple * Math.ceil(n / multiple)

/** As ../assembly/hinge-lines.ts lays it out: seven arrays of units, a row of outputs, the weights, and lines. */
const common = ({ outDim, hidden }: Counts) => 7 * upTo(4, hidden) + upTo(8, outDim) * (1 + hidden + 2 * (hidden + 1))

export const hinges = operation(
  'hinges',
  ['outDim', 'hidden', 'rows'],
  {
    x: read('rows'),
    slope: read('hidden'),
    offset: read('hidden'),
    weight: read('outDim', 'hidden'),
    bias: read('outDim'),
    piece: write('rows'),
    y: write('outDim', 'rows'),
    scratch: scratch(common),
  },
  {
    formula:
      'y[o, t] = bias[o] + Σᵢ weight[o, i]·max(slope[i]·x[t] + offset[i], 0), as P[o, k]·x[t] + Q[o, k] with k = piece[t], how many of the knots −offset/slope lie below x[t], and P and Q the sums of weight·slope and weight·offset of the units that bend upwards from a knot below or downwards to another; without a slope a knot is −∞ where the offset is positive, else ∞',
    cost: ({ outDim, hidden, rows }) => outDim * (4 * hidden + 2 * rows) + hidden * rows,
  },
)

export const hingesBackward = operation(
  'hingesBackward',
  ['outDim', 'hidden', 'rows'],
  {
    x: read('rows'),
    piece: read('rows'),
    slope: read('hidden'),
    offset: read('hidden'),
    weight: read('outDim', 'hidden'),
    dy: read('outDim', 'rows'),
    dx: write('rows'),
    dSlope: gradient('hidden'),
    dOffset: gradient('hidden'),
    dWeight: gradient('outDim', 'hidden'),
    dBias: gradient('outDim'),
    scratch: scratch((counts) => common(counts) + upTo(8, counts.outDim) * (4 * counts.hidden + 2)),
  },
  {
    formula:
      'dx[t] = Σₒ P[o, k]·dy[o, t]; of the sums S[i, o] = Σₜ dy[o, t] and X[i, o] = Σₜ dy[o, t]·x[t] over the rows where unit i is above 0: dWeight[o, i] += slope[i]·X[i, o] + offset[i]·S[i, o], dSlope[i] += Σₒ weight[o, i]·X[i, o], dOffset[i] += Σₒ weight[o, i]·S[i, o]; dBias[o] += Σₜ dy[o, t]',
    cost: ({ outDim, hidden, rows }) => outDim * (14 * hidden + 5 * rows),
  },
)

import { add, COST, type Counts, gradient, operation, read, scratch, write } from '../operation.js'
import { COUPLE, COUPLE_BACKWARD } from './couple.js'

// A whole coupling of one kept and one moved coordinate whose conditioner has one hidden tanh layer of width H. `params`
// holds W₁ [H, 1], b₁ [H], W₂ [2, H], b₂ [2], f. In the SIMD kernels a tanh has its argument scaled first, and a short
// form where the weights bound it; everything else has the bits of the separate kernels.

const parameters = ({ hidden }: Counts) => 4 * hidden + 3
/** Whole vectors of rows. */
const spare = ({ hidden, rows }: Counts) => 4 * (hidden + 4 * Math.ceil(rows / 4))

const FORWARD = ({ hidden, rows }: Counts) => rows * (hidden * (2 + COST.tanh + 4) + COUPLE)
/** Weight and input gradients are as many products as the layers; 3 for (1 − h²)·dh; biases; the kept coordinate. */
const BACKWARD = ({ hidden, rows }: Counts) =>
  rows * (2 * (6 * hidden) + (hidden + 2) + 3 * hidden + COUPLE_BACKWARD + 1)
const LEAKY = ({ rows }: Counts) => 4 * rows

const tape = { h: write('hidden', 'rows'), a: write('rows'), u: write('rows'), e: write('rows') }
const kept = { h: read('hidden', 'rows'), a: read('rows'), u: read('rows'), e: read('rows') }

export const narrowCoupling = operation(
  'narrowCoupling',
  ['hidden', 'rows'],
  {
    params: read(parameters),
    kept: read('rows'),
    x: read('rows'),
    zKept: write('rows'),
    z: write('rows'),
    logDet: add('rows'),
    ...tape,
  },
  { formula: 'h = tanh(W₁ kept + b₁), (a, t) = W₂ h + b₂, zKept = kept, then as affineCouple', cost: FORWARD },
)

export const narrowCouplingInverse = operation(
  'narrowCouplingInverse',
  ['hidden', 'rows'],
  {
    params: read(parameters),
    kept: read('rows'),
    z: read('rows'),
    xKept: write('rows'),
    x: write('rows'),
    logDet: add('rows'),
    h: write('hidden', 'rows'),
    a: write('rows'),
    t: write('rows'),
    u: write('rows'),
    e: write('rows'),
  },
  { formula: 'h and (a, t) as narrowCoupling, xKept = kept, then as affineCoupleInverse', cost: FORWARD },
)

export const narrowCouplingBackward = operation(
  'narrowCouplingBackward',
  ['hidden', 'rows'],
  {
    params: read(parameters),
    dParams: gradient(parameters),
    kept: read('rows'),
    z: read('rows'),
    ...kept,
    dzKept: read('rows'),
    dz: read('rows'),
    dLogDet: read('rows'),
    dxKept: write('rows'),
    dx: write('rows'),
    scratch: scratch(spare),
  },
  {
    formula:
      'as affineCoupleBackward into (dx, da, dt), then dxKept = dzKept + W₁ᵀ((W₂ᵀ(da, dt))·(1 − h²)); dxKept and dx may be dzKept and dz',
    cost: BACKWARD,
  },
)

export const leakyNarrowCoupling = operation(
  'leakyNarrowCoupling',
  ['hidden', 'rows'],
  {
    raw: read(1),
    params: read(parameters),
    kept: read('rows'),
    x: read('rows'),
    bentKept: write('rows'),
    bent: write('rows'),
    zKept: write('rows'),
    z: write('rows'),
    logDet: add('rows'),
    ...tape,
  },
  {
    formula: 'leakyReLU from (kept, x) to (bentKept, bent), then narrowCoupling; zKept and z may be kept and x',
    cost: (counts) => FORWARD(counts) + LEAKY(counts),
  },
)

export const leakyNarrowCouplingBackward = operation(
  'leakyNarrowCouplingBackward',
  ['hidden', 'rows'],
  {
    raw: read(1),
    dRaw: gradient(1),
    params: read(parameters),
    dParams: gradient(parameters),
    kept: read('rows'),
    x: read('rows'),
    z: read('rows'),
    ...kept,
    dzKept: read('rows'),
    dz: read('rows'),
    dLogDet: read('rows'),
    dxKept: write('rows'),
    dx: write('rows'),
    scratch: scratch(spare),
  },
  {
    formula: 'narrowCouplingBackward, then leakyReLUBackward of (kept, x), which came out of the leaky ReLU',
    cost: (counts) => BACKWARD(counts) + 2 * LEAKY(counts),
  },
)

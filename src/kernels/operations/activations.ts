import { add, COST, operation, read, write } from '../operation.js'

/** Of e^(−x²/2) and the tail polynomial of degree 9 together. */
const NORMAL = COST.exp + 24

export const silu = operation(
  'silu',
  ['n'],
  { x: read('n'), y: write('n') },
  { formula: 'y = x·σ(x), σ(x) = 1/(1 + e^−x); y may be x', cost: ({ n }) => (COST.exp + 3) * n },
)

export const siluBackward = operation(
  'siluBackward',
  ['n'],
  { x: read('n'), dy: read('n'), dx: write('n') },
  { formula: 'dx = dy·σ(x)·(1 + x·σ(−x)); dx may be dy', cost: ({ n }) => (COST.exp + 7) * n },
)

export const gelu = operation(
  'gelu',
  ['n'],
  { x: read('n'), y: write('n') },
  { formula: 'y = x·Φ(x), Φ(x) = ½(1 + erf(x/√2)); y may be x', cost: ({ n }) => (NORMAL + 2) * n },
)

export const geluBackward = operation(
  'geluBackward',
  ['n'],
  { x: read('n'), dy: read('n'), dx: write('n') },
  { formula: 'dx = dy·(Φ(x) + x·e^(−x²/2)/√2π); dx may be dy', cost: ({ n }) => (NORMAL + 5) * n },
)

export const multiply = operation(
  'multiply',
  ['n'],
  { a: read('n'), b: read('n'), y: write('n') },
  { formula: 'y = a·b; y may be a or b', cost: ({ n }) => n },
)

export const subtract = operation(
  'subtract',
  ['n'],
  { x: read('n'), y: add('n') },
  { formula: 'y −= x', cost: ({ n }) => n },
)

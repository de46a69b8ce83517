import { COST, operation, read, value, write } from '../operation.js'

// Of each of n columns its waves, sin kωx and cos kωx for k = 1 … ⌊features/2⌋, ω = 2π/period; where features is odd, x
// itself before them. The period is rounded to float32, as all values are.

export const fourier = operation(
  'fourier',
  ['n', 'features', 'rows'],
  { period: value(), x: read('n', 'rows'), y: write('n', 'features', 'rows') },
  {
    formula:
      'y[i] = (x[i] where features is odd, then sin ωx[i], cos ωx[i], sin 2ωx[i], cos 2ωx[i], …), ω = 2π/period; of any ' +
      'finite x, whole periods being taken off first',
    cost: ({ n, features, rows }) => (COST.sincos + 3 * features) * n * rows,
  },
)

export const fourierBackward = operation(
  'fourierBackward',
  ['n', 'features', 'rows'],
  {
    period: value(),
    y: read('n', 'features', 'rows'),
    dy: read('n', 'features', 'rows'),
    dx: write('n', 'rows'),
  },
  {
    formula:
      'dx = (dy of x itself) + Σₖ kω·(cos kωx·dy of sin kωx − sin kωx·dy of cos kωx), sines and cosines read from y',
    cost: ({ n, features, rows }) => 3 * features * n * rows,
  },
)

import { bounded, type OperationCase } from '../case.js'
import { FOURIER_EPS } from '../claims.js'
import { blank, LENGTHS, normals } from '../inputs.js'

const PERIOD = 2.5

/** One column or three, of so many features: an odd number has x itself before the waves. */
const sizesOf = (raw: boolean) =>
  [1, 3].flatMap((n) => [1, 2, 5].flatMap((count) => LENGTHS.map((rows) => [n, 2 * count + (raw ? 1 : 0), rows])))

/** Which frequency feature i is of; 0 for x itself. */
const frequency = (i: number, features: number, rows: number) => {
  const feature = Math.floor(i / rows) % features
  return Math.floor((feature + 2 - (features % 2)) / 2)
}

export const fourierCases: readonly OperationCase[] = [true, false].flatMap((raw): OperationCase[] => [
  {
    kernel: 'fourier',
    variant: raw ? 'with x itself' : 'waves alone',
    sizes: sizesOf(raw),
    arrays: (n, features, rows) => ({ x: normals(n * rows, 351, 4), y: blank(n * features * rows) }),
    operands: () => ({ period: PERIOD }),
    outputs: (_, features, rows) => ({
      y: bounded(`${FOURIER_EPS}·k·ε, x itself exact`, FOURIER_EPS, (i) => frequency(i, features, rows)),
    }),
  },
  {
    kernel: 'fourierBackward',
    variant: raw ? 'with x itself' : 'waves alone',
    sizes: sizesOf(raw),
    arrays: (n, features, rows) => ({
      y: normals(n * features * rows, 352),
      dy: normals(n * features * rows, 353),
      dx: blank(n * rows),
    }),
    operands: () => ({ period: PERIOD }),
    // A term's products round, their difference, kω, its product with that, and as many sums as there are terms.
    outputs: (_, features, rows) => ({
      dx: bounded('(n + 5)·ε·Σ|terms|', (features >> 1) + 5, (at, { before: { y, dy } }) => {
        const [column, t] = [Math.floor(at / rows), at % rows]
        const place = (feature: number) => (column * features + feature) * rows + t
        let sum = raw ? Math.abs(dy[place(0)]) : 0
        for (let sine = features % 2, k = 1; sine < features; sine += 2, k++) {
          const omega = (2 * Math.PI * k) / PERIOD
          const [gain, loss] = [y[place(sine + 1)] * dy[place(sine)], y[place(sine)] * dy[place(sine + 1)]]
          sum += omega * (Math.abs(gain) + Math.abs(loss))
        }
        return sum
      }),
    }),
  },
])

import { type Bound, bounded, type Case } from '../case.js'
import { LENGTHS, normals } from '../inputs.js'

const BLOCK = 16
const lengths = LENGTHS.map((n) => [n])

/** Products of two float32 are exact in float64; each addition rounds once. */
const summed = (terms: (before: Readonly<Record<string, unknown>>, i: number) => readonly number[]): Bound => ({
  claim: '(terms + 1)·2⁻⁵³·Σ|terms|',
  tolerance: (i, { before }) => {
    const all = terms(before, i)
    return (all.length + 1) * 2 ** -53 * all.reduce((sum, term) => sum + Math.abs(term), 0)
  },
})

export const trainingCases: readonly Case[] = [
  {
    kernel: 'dot',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 81), y: normals(n, 82), total: new Float64Array([0.1]) }),
    run: (k, { x, y, total }, n) => k.dot(n, x, y, total),
    outputs: () => ({
      total: summed(({ x, y }) =>
        [0.1, ...(x as Float32Array)].map((a, t) => (t === 0 ? a : a * (y as Float32Array)[t - 1])),
      ),
    }),
  },
  {
    kernel: 'squares',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 83), sums: new Float64Array(Math.ceil(n / BLOCK)).fill(7) }),
    run: (k, { x, sums }, n) => k.squares(n, x, sums),
    outputs: () => ({
      sums: summed(({ x }, b) => Array.from((x as Float32Array).subarray(b * BLOCK, (b + 1) * BLOCK), (a) => a * a)),
    }),
  },
  {
    kernel: 'addScaled',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 84), y: normals(n, 85) }),
    run: (k, { x, y }, n) => k.addScaled(n, 0.3, x, y),
    // The factor, the product and the sum are rounded, and the reference rounds the sum once.
    outputs: () => ({
      y: bounded('4·ε·(|y| + |factor·x|)', 4, (i, { before }) => Math.abs(before.y[i]) + Math.abs(0.3 * before.x[i])),
    }),
  },
  {
    kernel: 'approach',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 86), y: normals(n, 87) }),
    run: (k, { x, y }, n) => k.approach(n, 0.1, x, y),
    outputs: () => ({
      y: bounded('5·ε·(|y| + rate·(|x| + |y|))', 5, (i, { before }) => {
        const [x, y] = [Math.abs(before.x[i]), Math.abs(before.y[i])]
        return y + 0.1 * (x + y)
      }),
    }),
  },
]

import { bounded, type OperationCase, type Outcome, type Values } from '../case.js'
import { blank, LENGTHS, normals, uniforms } from '../inputs.js'

/** Of one coordinate, odd and even ones, and more than a vector of them. */
const sizes = [
  ...[1, 2, 3, 4, 5, 6].flatMap((dim) => LENGTHS.map((rows) => [dim, rows])),
  ...[0, 3, 8, 17, 64].map((rows) => [13, rows]),
]
const entries = (dim: number) => (dim * (dim - 1)) / 2

/** |T|, as a square matrix. */
function absolute(side: 'lower' | 'upper', dim: number, { weight, diagonal }: Outcome['before']): number[][] {
  let next = 0
  return Array.from({ length: dim }, (_, i) =>
    Array.from({ length: dim }, (_, k) => {
      if (i === k) return side === 'lower' ? 1 : Math.abs(diagonal[i])
      return (side === 'lower' ? k < i : k > i) ? Math.abs(weight[next++]) : 0
    }),
  )
}

const transposed = (a: number[][]) => a.map((_, i) => a.map((row) => row[i]))

/** |T|·|x| + |bias| of number i of a tile. */
function product(a: number[][], x: ArrayLike<number>, bias: Values | undefined, i: number): number {
  const rows = x.length / a.length
  const [o, t] = [Math.floor(i / rows), i % rows]
  return a[o].reduce((sum, weight, k) => sum + weight * Math.abs(x[k * rows + t]), Math.abs(bias?.[o] ?? 0))
}

/**
 * What a solution may be off by in units of dim·ε: M(T)⁻¹ |T| |y|, M(T) with the diagonal of |T| and −|T| beside it (Higham,
 * Accuracy and Stability, theorem 8.10); right of it, M(T)⁻¹ |bias|.
 */
function solved(a: number[][], y: ArrayLike<number>, bias: Values | undefined, i: number): number {
  const rows = y.length / a.length
  const t = i % rows
  const errors = a.map((_, o) => product(a, y, bias, o * rows + t))
  const lower = a.every((row, o) => row.every((weight, k) => k <= o || weight === 0))
  const order = lower ? [...a.keys()] : [...a.keys()].reverse()
  for (const [n, o] of order.entries()) {
    errors[o] = order.slice(0, n).reduce((sum, k) => sum + a[o][k] * errors[k], errors[o]) / a[o][o]
  }
  return errors[Math.floor(i / rows)]
}

/** Weights small enough that solutions do not grow beyond all measure. */
function matrix(side: 'lower' | 'upper', dim: number): Record<string, Float32Array> {
  const weight = normals(entries(dim), 351, 0.4)
  return side === 'lower' ? { weight } : { weight, diagonal: uniforms(dim, 352, 0.5, 2) }
}

function forward(side: 'lower' | 'upper', solve: boolean, biased: boolean): OperationCase {
  return {
    kernel: `${side}${solve ? 'Solve' : 'Product'}`,
    ...(side === 'lower' && { variant: biased ? 'with bias' : 'no bias' }),
    sizes,
    arrays: (dim, rows) => ({
      ...matrix(side, dim),
      ...(biased && { bias: normals(dim, 353) }),
      x: normals(dim * rows, 354),
      y: blank(dim * rows),
    }),
    outputs: (dim) => ({
      y: bounded(`(dim + 2)·ε·${solve ? 'M(T)⁻¹(|T||y| + |bias|)' : '(|T||x| + |bias|)'}`, dim + 2, (i, it) => {
        const [a, { bias }] = [absolute(side, dim, it.before), it.before]
        return solve ? solved(a, it.reference.y, bias, i) : product(a, it.before.x, bias, i)
      }),
    }),
  }
}

function backward(side: 'lower' | 'upper', solve: boolean, biased: boolean): OperationCase {
  const out = solve ? 'y' : 'x'
  /** The error of dx in units of ε, and what sums over rows are of. */
  const dxError = (dim: number, it: Outcome, i: number) => {
    const a = transposed(absolute(side, dim, it.before))
    return (dim + 2) * (solve ? solved(a, it.reference.dx, undefined, i) : product(a, it.before.dy, undefined, i))
  }
  /** Of Σₜ d[i, t]·x[k, t], d being dy or dx, in units of ε. */
  const sumError = (dim: number, rows: number, it: Outcome, i: number, factor: (t: number) => number) => {
    let sum = 0
    for (let t = 0; t < rows; t++) {
      const at = i * rows + t
      const d = Math.abs(solve ? it.reference.dx[at] : it.before.dy[at])
      sum += ((rows + 2) * d + (solve ? 2 * dxError(dim, it, at) : 0)) * Math.abs(factor(t))
    }
    return sum
  }
  return {
    kernel: `${side}${solve ? 'Solve' : 'Product'}Backward`,
    ...(side === 'lower' && { variant: biased ? 'with dBias' : 'no dBias' }),
    sizes,
    arrays: (dim, rows) => ({
      ...matrix(side, dim),
      [out]: normals(dim * rows, 355),
      dy: normals(dim * rows, 356),
      dx: blank(dim * rows),
      dWeight: normals(entries(dim), 357),
      ...(biased && { dBias: normals(dim, 358) }),
      ...(side === 'upper' && { dDiagonal: blank(dim) }),
    }),
    outputs(dim, rows) {
      const places = Array.from({ length: dim }, (_, i) => Array.from({ length: dim }, (_, k) => [i, k])).flat()
      const stored = places.filter(([i, k]) => (side === 'lower' ? k < i : k > i))
      const entry = (it: Outcome, i: number, k: number) =>
        sumError(dim, rows, it, i, (t) => it.before[out][k * rows + t])
      return {
        dx: bounded('(dim + 2)·ε·(|Tᵀ||dy|, or M(Tᵀ)⁻¹|Tᵀ||dx|)', 1, (i, it) => dxError(dim, it, i)),
        dWeight: bounded('(rows + 2)·ε·Σ|d·x| and what d is off by', 1, (n, it) => {
          const [i, k] = stored[n]
          return Math.abs(it.before.dWeight[n]) + entry(it, i, k)
        }),
        ...(biased && {
          dBias: bounded('(rows + 2)·ε·Σ|d| and what d is off by', 1, (i, it) => {
            return Math.abs(it.before.dBias[i]) + sumError(dim, rows, it, i, () => 1)
          }),
        }),
        ...(side === 'upper' && {
          dDiagonal: bounded('(rows + 2)·ε·Σ|d·x| and what d is off by', 1, (i, it) => entry(it, i, i)),
        }),
      }
    },
  }
}

export const triangularCases: readonly OperationCase[] = [false, true].flatMap((solve) => [
  ...[true, false].flatMap((biased) => [forward('lower', solve, biased), backward('lower', solve, biased)]),
  forward('upper', solve, false),
  backward('upper', solve, false),
])

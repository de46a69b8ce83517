import { type Heap, NONE, type Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as triangles from '../operations/triangular.js'

/** A triangular matrix: its entries, and on which side of the diagonal they are. */
interface Triangle {
  readonly lower: boolean
  entry(i: number, k: number): number
}

const transposed = ({ lower, entry }: Triangle): Triangle => ({ lower: !lower, entry: (i, k) => entry(k, i) })

/** Products with square matrices and solutions by substitution, sums in double precision. */
export function portableTriangular({ real }: Heap): Portable<typeof triangles> {
  const below = (i: number, k: number) => (i * (i - 1)) / 2 + k
  const above = (dim: number, i: number, k: number) => (i * (2 * dim - i - 1)) / 2 + k - i - 1
  const lower = (weight: Offset): Triangle => ({
    lower: true,
    entry: (i, k) => (i === k ? 1 : real[weight + below(i, k)]),
  })
  const upper = (dim: number, weight: Offset, diagonal: Offset): Triangle => ({
    lower: false,
    entry: (i, k) => real[i === k ? diagonal + i : weight + above(dim, i, k)],
  })

  /** y = T x + bias */
  function product(triangle: Triangle, dim: number, rows: number, bias: Offset, x: Offset, y: Offset): void {
    for (let i = 0; i < dim; i++) {
      const [first, end] = triangle.lower ? [0, i + 1] : [i, dim]
      for (let t = 0; t < rows; t++) {
        let sum = bias === NONE ? 0 : real[bias + i]
        for (let k = first; k < end; k++) sum += triangle.entry(i, k) * real[x + k * rows + t]
        real[y + i * rows + t] = sum
      }
    }
  }
  /** y = T⁻¹ (x − bias), from the row that has one entry on. */
  function solve(triangle: Triangle, dim: number, rows: number, bias: Offset, x: Offset, y: Offset): void {
    for (let n = 0; n < dim; n++) {
      const i = triangle.lower ? n : dim - 1 - n
      const [first, end] = triangle.lower ? [0, i] : [i + 1, dim]
      for (let t = 0; t < rows; t++) {
        let sum = real[x + i * rows + t] - (bias === NONE ? 0 : real[bias + i])
        for (let k = first; k < end; k++) sum -= triangle.entry(i, k) * real[y + k * rows + t]
        real[y + i * rows + t] = sum / triangle.entry(i, i)
      }
    }
  }
  /** sign·Σₜ d[i, t]·x[k, t] */
  function outer(rows: number, sign: number, d: Offset, i: number, x: Offset, k: number): number {
    let sum = 0
    for (let t = 0; t < rows; t++) sum += real[d + i * rows + t] * real[x + k * rows + t]
    return sign * sum
  }
  function lowerGradient(dim: number, rows: number, sign: number, d: Offset, x: Offset, dWeight: Offset): void {
    for (let i = 0; i < dim; i++) {
      for (let k = 0; k < i; k++) real[dWeight + below(i, k)] += outer(rows, sign, d, i, x, k)
    }
  }
  function biasGradient(dim: number, rows: number, sign: number, d: Offset, dBias: Offset): void {
    if (dBias === NONE) return
    for (let i = 0; i < dim; i++) {
      let sum = 0
      for (let t = 0; t < rows; t++) sum += real[d + i * rows + t]
      real[dBias + i] += sign * sum
    }
  }
  function upperGradient(
    ...[dim, rows, sign, d, x, dWeight, dDiagonal]: [number, number, number, Offset, Offset, Offset, Offset]
  ): void {
    for (let i = 0; i < dim; i++) {
      real[dDiagonal + i] = outer(rows, sign, d, i, x, i)
      for (let k = i + 1; k < dim; k++) real[dWeight + above(dim, i, k)] += outer(rows, sign, d, i, x, k)
    }
  }
  return {
    lowerProduct: ({ dim, rows, weight, bias, x, y }) => product(lower(weight), dim, rows, bias, x, y),
    lowerSolve: ({ dim, rows, weight, bias, x, y }) => solve(lower(weight), dim, rows, bias, x, y),
    lowerProductBackward({ dim, rows, weight, x, dy, dx, dWeight, dBias }) {
      product(transposed(lower(weight)), dim, rows, NONE, dy, dx)
      lowerGradient(dim, rows, 1, dy, x, dWeight)
      biasGradient(dim, rows, 1, dy, dBias)
    },
    lowerSolveBackward({ dim, rows, weight, y, dy, dx, dWeight, dBias }) {
      solve(transposed(lower(weight)), dim, rows, NONE, dy, dx)
      lowerGradient(dim, rows, -1, dx, y, dWeight)
      biasGradient(dim, rows, -1, dx, dBias)
    },
    upperProduct: ({ dim, rows, weight, diagonal, x, y }) =>
      product(upper(dim, weight, diagonal), dim, rows, NONE, x, y),
    upperSolve: ({ dim, rows, weight, diagonal, x, y }) => solve(upper(dim, weight, diagonal), dim, rows, NONE, x, y),
    upperProductBackward({ dim, rows, weight, diagonal, x, dy, dx, dWeight, dDiagonal }) {
      product(transposed(upper(dim, weight, diagonal)), dim, rows, NONE, dy, dx)
      upperGradient(dim, rows, 1, dy, x, dWeight, dDiagonal)
    },
    upperSolveBackward({ dim, rows, weight, diagonal, y, dy, dx, dWeight, dDiagonal }) {
      solve(transposed(upper(dim, weight, diagonal)), dim, rows, NONE, dy, dx)
      upperGradient(dim, rows, -1, dx, y, dWeight, dDiagonal)
    },
  }
}

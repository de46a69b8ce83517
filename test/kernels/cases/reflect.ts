import { anything, bounded, type OperationCase, type Values } from '../case.js'
import { blank, LENGTHS, normals } from '../inputs.js'

const sizes = [1, 2, 3, 5, 8].flatMap((dim) => LENGTHS.map((rows) => [dim, rows]))

/** Directions by variant; the shortest ones are none. */
const directions: readonly [variant: string, v: (dim: number) => Float32Array][] = [
  ['by a direction', (dim) => normals(dim, 331)],
  ['by nothing', (dim) => new Float32Array(dim)],
  ['by next to nothing', (dim) => new Float32Array(dim).fill(1e-17)],
]

const squares = (v: Values) => [...v].reduce((sum, value) => sum + value * value, 0)
const factor = (v: Values) => (squares(v) < 1e-30 ? 0 : 2 / squares(v))

/** Σⱼ |v_j·x[j, t]| */
function along(v: Values, x: Values, rows: number, t: number): number {
  return [...v].reduce((sum, value, j) => sum + Math.abs(value * x[j * rows + t]), 0)
}

/** The product of c, v_j and v·x has dim roundings in each sum, and some of its own. */
const roundings = (dim: number) => 2 * dim + 6

function reflected(name: string, dim: number, rows: number, of: string) {
  return {
    [name]: bounded('(2·dim + 6)·ε·(|x| + c·|v|·Σ|v·x|)', roundings(dim), (i, { before }) => {
      const [j, t] = [Math.floor(i / rows), i % rows]
      const { v } = before
      return Math.abs(before[of][i]) + factor(v) * Math.abs(v[j]) * along(v, before[of], rows, t)
    }),
  }
}

export const reflectCases: readonly OperationCase[] = directions.flatMap(([variant, v]): OperationCase[] => [
  {
    kernel: 'reflect',
    variant,
    sizes,
    arrays: (dim, rows) => ({
      v: v(dim),
      x: normals(dim * rows, 332),
      z: blank(dim * rows),
      scratch: blank(rows),
    }),
    outputs: (dim, rows) => ({ ...reflected('z', dim, rows, 'x'), scratch: anything }),
  },
  {
    kernel: 'reflectBackward',
    variant,
    sizes,
    arrays: (dim, rows) => ({
      v: v(dim),
      z: normals(dim * rows, 333),
      dz: normals(dim * rows, 334),
      x: blank(dim * rows),
      dx: blank(dim * rows),
      dv: normals(dim, 335),
      scratch: blank(2 * rows),
    }),
    outputs: (dim, rows) => ({
      ...reflected('x', dim, rows, 'z'),
      ...reflected('dx', dim, rows, 'dz'),
      dv: bounded(
        '(rows + 2·dim + 6)·ε·(|dv| + c·Σ(Σ|v·z|·|dz| + Σ|v·dz|·|z|))',
        rows + roundings(dim),
        (j, { before: { v, z, dz, dv } }) => {
          let sum = 0
          for (let t = 0; t < rows; t++) {
            sum += along(v, z, rows, t) * Math.abs(dz[j * rows + t]) + along(v, dz, rows, t) * Math.abs(z[j * rows + t])
          }
          return Math.abs(dv[j]) + factor(v) * sum
        },
      ),
      scratch: anything,
    }),
  },
])

import { type Case, exact, ulps } from '../case.js'
import { blank, DIMS, LENGTHS, normals } from '../inputs.js'

/** [n, columns]: whole rows, and what is left of a tile. */
const sizes = DIMS.flatMap((columns) => LENGTHS.map((n) => [n, columns]))

/** Figures of columns far apart, 4 times over. */
function figures(columns: number, of: (j: number) => number): Float64Array {
  return Float64Array.from({ length: 4 * columns }, (_, i) => of(i % columns))
}

const means = (columns: number) => figures(columns, (j) => [1.7e9, -2.5, 1e-3, 0, 12][j])
const sds = (columns: number) => figures(columns, (j) => [0.3, 1e4, 1e-5, 1, 7][j])

/** Either kernel that scales, on n numbers of columns; what it returns is an output too. */
function scaling(
  kernel: 'standardise' | 'standardiseDoubles',
  numbers: (n: number, columns: number) => Float32Array | Float64Array,
): Case {
  return {
    kernel,
    sizes,
    arrays: (n, columns) => ({
      x: numbers(n, columns),
      mean: means(columns),
      sd: sds(columns),
      z: blank(n),
      largest: new Float64Array(1),
    }),
    run(k, { x, mean, sd, z, largest }, n, columns) {
      k.heap.f64[largest] = k[kernel](n, 4 * columns, x, mean, sd, z)
    },
    outputs: () => ({ z: ulps('z', 0.5), largest: ulps('largest', 0.5) }),
  }
}

export const standardiseCases: readonly Case[] = [
  scaling('standardise', (n) => normals(n, 51, 100)),
  scaling('standardiseDoubles', (n, columns) =>
    Float64Array.from(normals(n, 52), (x, i) => means(columns)[i % columns] + x * sds(columns)[i % columns]),
  ),
  {
    kernel: 'destandardise',
    sizes,
    arrays: (n, columns) => ({
      z: normals(n, 53),
      mean: means(columns),
      sd: sds(columns),
      x: new Float64Array(n).fill(-777777.75),
    }),
    run: (k, { z, mean, sd, x }, n, columns) => k.destandardise(n, 4 * columns, z, mean, sd, x),
    outputs: () => ({ x: exact }),
  },
  {
    kernel: 'shift',
    sizes: LENGTHS.map((n) => [n]),
    arrays: (n) => ({ x: normals(n, 54) }),
    run: (k, { x }, n) => k.shift(n, -0.1, x),
    outputs: () => ({ x: ulps('x', 0.5) }),
  },
]

import { NONE } from '#kernels/heap.js'
import { type Case, exact, type OperationCase, ulps } from '../case.js'
import { blank, DIMS, LENGTHS, normals } from '../inputs.js'

const lengths = LENGTHS.map((n) => [n])

/** Rows of the source that gather picks from. */
const SOURCE_ROWS = 40

/** [columns, rows, count]: whole and ragged tiles. */
const ragged = DIMS.flatMap((columns) =>
  [
    [1, 1],
    [3, 3],
    [4, 4],
    [4, 1],
    [8, 5],
    [31, 31],
    [32, 17],
    [33, 32],
  ].map(([rows, count]) => [columns, rows, count]),
)

/** These are operations and are called outside of passes too. */
const moving: readonly OperationCase[] = [
  {
    kernel: 'fill',
    sizes: lengths,
    arrays: (n) => ({ y: blank(n) }),
    operands: () => ({ value: 0.1 }),
    outputs: () => ({ y: ulps('y', 0.5) }),
  },
  {
    kernel: 'copy',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 1), y: blank(n) }),
    outputs: () => ({ y: exact }),
  },
  {
    kernel: 'add',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 2), y: normals(n, 3) }),
    outputs: () => ({ y: ulps('y', 0.5) }),
  },
]

export const memoryCases: readonly Case[] = [
  ...moving,
  { ...moving[0], variant: 'by position', run: (k, { y }, n) => k.fill(n, 0.1, y) },
  { ...moving[1], variant: 'by position', run: (k, { x, y }, n) => k.copy(n, x, y) },
  { ...moving[2], variant: 'by position', run: (k, { x, y }, n) => k.add(n, x, y) },
  {
    kernel: 'sum',
    sizes: lengths,
    arrays: (n) => ({ x: normals(n, 4), total: new Float64Array([0.1]) }),
    run: (k, { x, total }, n) => k.sum(n, x, total),
    outputs: () => ({
      total: {
        claim: '(n + 1)·2⁻⁵³·(|total| + Σ|x|)',
        tolerance: (_, { size, before }) =>
          (size[0] + 1) * 2 ** -53 * (before.x as Float32Array).reduce((sum, x) => sum + Math.abs(x), 0.1),
      },
    }),
  },
  {
    kernel: 'gather',
    variant: 'by index; spare lanes repeat the last valid row',
    sizes: ragged,
    arrays: (columns, rows, count) => ({
      source: normals(columns * SOURCE_ROWS, 5),
      // Out of order, with repetitions, the first and last row among them.
      indices: Int32Array.from({ length: count }, (_, t) => (SOURCE_ROWS - 1 + t * 27) % SOURCE_ROWS),
      x: blank(columns * rows),
    }),
    run: (k, { source, indices, x }, columns, rows, count) => k.gather(columns, rows, count, source, indices, x),
    outputs: () => ({ x: exact }),
  },
  {
    kernel: 'gather',
    variant: 'in order; spare lanes repeat the last valid row',
    sizes: ragged,
    arrays: (columns, rows, count) => ({ source: normals(columns * count, 6), x: blank(columns * rows) }),
    run: (k, { source, x }, columns, rows, count) => k.gather(columns, rows, count, source, NONE, x),
    outputs: () => ({ x: exact }),
  },
  {
    kernel: 'scatter',
    sizes: [...ragged, [2, 4, 0]],
    arrays: (columns, rows, count) => ({ x: normals(columns * rows, 7), target: blank(columns * count) }),
    run: (k, { x, target }, columns, rows, count) => k.scatter(columns, rows, count, x, target),
    outputs: () => ({ target: exact }),
  },
]

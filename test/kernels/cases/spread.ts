import { bounded, exact, type OperationCase } from '../case.js'
import { blank, LENGTHS, normals } from '../inputs.js'

/** [n, rows] */
const sizes = [1, 3, 7].flatMap((n) => LENGTHS.map((rows) => [n, rows]))

export const spreadCases: readonly OperationCase[] = [
  {
    kernel: 'spread',
    sizes,
    arrays: (n, rows) => ({ x: normals(n, 401), y: blank(n * rows) }),
    outputs: () => ({ y: exact }),
  },
  {
    kernel: 'spreadBackward',
    sizes,
    arrays: (n, rows) => ({ dy: normals(n * rows, 402), dx: normals(n, 403) }),
    outputs: (_, rows) => ({
      dx: bounded('(rows + 1)·ε·(|dx| + Σ|dy|)', rows + 1, (i, { before: { dy, dx } }) => {
        let sum = Math.abs(dx[i])
        for (let t = 0; t < rows; t++) sum += Math.abs(dy[i * rows + t])
        return sum
      }),
    }),
  },
]

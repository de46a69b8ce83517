import { anything, bounded, type OperationCase, type Outcome } from '../case.js'
import { blank, LENGTHS, normals } from '../inputs.js'

/** [outDim, inDim], around register blocks of 2 and 4 and with odd ends; the last ones are wide layers. */
const shapes = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 4],
  [3, 3],
  [4, 2],
  [4, 8],
  [5, 4],
  [6, 7],
  [7, 1],
  [9, 17],
  [8, 16],
  [11, 39],
]

/** [outDim, inDim, rows] */
const sizes = [
  ...shapes.flatMap(([outDim, inDim]) => LENGTHS.map((rows) => [outDim, inDim, rows])),
  ...[0, 5, 128, 129].map((rows) => [64, 64, rows]),
]

/** Columns of the weight matrix that a sub-block of inDim columns stands in. */
const columnsAround = (inDim: number) => inDim + 3

function forward(variant: string, biased: boolean, strideOf: (inDim: number) => number): OperationCase {
  return {
    kernel: 'dense',
    variant,
    sizes,
    arrays: (outDim, inDim, rows) => ({
      x: normals(inDim * rows, 21),
      weight: normals(outDim * strideOf(inDim), 22),
      ...(biased && { bias: normals(outDim, 23) }),
      y: blank(outDim * rows),
    }),
    operands: (_, _outDim, inDim) => ({ outStride: strideOf(inDim) }),
    outputs: (_, inDim, rows) => ({
      y: bounded('n·ε·(|bias| + Σ|wx|), n = inDim + 1', inDim + 1, (index, { before: { x, weight, bias } }) => {
        const [o, t] = [Math.floor(index / rows), index % rows]
        let sum = biased ? Math.abs(bias[o]) : 0
        for (let i = 0; i < inDim; i++) sum += Math.abs(weight[o * strideOf(inDim) + i] * x[i * rows + t])
        return sum
      }),
    }),
  }
}

function weightGradient(variant: string, biased: boolean, strideOf: (inDim: number) => number): OperationCase {
  return {
    kernel: 'denseWeightGradient',
    variant,
    sizes,
    arrays: (outDim, inDim, rows) => ({
      x: normals(inDim * rows, 24),
      dy: normals(outDim * rows, 25),
      dWeight: normals(outDim * strideOf(inDim), 26),
      ...(biased && { dBias: normals(outDim, 27) }),
      scratch: blank(16 * (rows + outDim)),
    }),
    // A sub-block starts one column into the matrix: what is left and right of it must stay as it is.
    operands: ({ dWeight }, _, inDim) => ({
      dWeight: strideOf(inDim) > inDim ? dWeight + 1 : dWeight,
      outStride: strideOf(inDim),
    }),
    outputs(_, inDim, rows) {
      const stride = strideOf(inDim)
      const start = stride > inDim ? 1 : 0
      const magnitude = (index: number, { before: { x, dy, dWeight } }: Outcome) => {
        const [o, i] = [Math.floor(index / stride), (index % stride) - start]
        if (i < 0 || i >= inDim) return 0
        let sum = Math.abs(dWeight[index])
        for (let t = 0; t < rows; t++) sum += Math.abs(dy[o * rows + t] * x[i * rows + t])
        return sum
      }
      const biasMagnitude = (o: number, { before: { dy, dBias } }: Outcome) => {
        let sum = Math.abs(dBias[o])
        for (let t = 0; t < rows; t++) sum += Math.abs(dy[o * rows + t])
        return sum
      }
      return {
        dWeight: bounded('n·ε·(|dW| + Σ|dy·x|), n = rows + 1', rows + 1, magnitude),
        scratch: anything,
        ...(biased && { dBias: bounded('n·ε·(|dBias| + Σ|dy|)', rows + 1, biasMagnitude) }),
      }
    },
  }
}

function inputGradient(variant: string, strideOf: (inDim: number) => number): OperationCase {
  return {
    kernel: 'denseInputGradient',
    variant,
    sizes,
    arrays: (outDim, inDim, rows) => ({
      dy: normals(outDim * rows, 28),
      weight: normals(outDim * strideOf(inDim), 29),
      dx: blank(inDim * rows),
    }),
    operands: (_, _outDim, inDim) => ({ outStride: strideOf(inDim) }),
    outputs: (outDim, inDim, rows) => ({
      dx: bounded('n·ε·Σ|w·dy|, n = outDim', outDim, (index, { before: { dy, weight } }) => {
        const [i, t] = [Math.floor(index / rows), index % rows]
        let sum = 0
        for (let o = 0; o < outDim; o++) sum += Math.abs(weight[o * strideOf(inDim) + i] * dy[o * rows + t])
        return sum
      }),
    }),
  }
}

const whole = (inDim: number) => inDim

export const denseCases: readonly OperationCase[] = [
  forward('with bias', true, whole),
  forward('no bias', false, whole),
  forward('of a sub-block, with bias', true, columnsAround),
  forward('of a sub-block, no bias', false, columnsAround),
  weightGradient('with dBias', true, whole),
  weightGradient('no dBias', false, whole),
  weightGradient('of a sub-block, with dBias', true, columnsAround),
  weightGradient('of a sub-block, no dBias', false, columnsAround),
  inputGradient('whole', whole),
  inputGradient('of a sub-block', columnsAround),
]

import { NONE } from '#kernels/heap.js'
import { bounded, type Case, type Outcome } from '../case.js'
import { blank, LENGTHS, normals } from '../inputs.js'

/** [outDim, inDim], around the register blocks of 4 × 2 and with odd ends. */
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
]

/** [outDim, inDim, rows] */
const sizes = [
  ...shapes.flatMap(([outDim, inDim]) => LENGTHS.map((rows) => [outDim, inDim, rows])),
  ...[0, 5, 128, 129].map((rows) => [64, 64, rows]),
]

/** Columns of the weight matrix that a sub-block of inDim columns stands in. */
const columnsAround = (inDim: number) => inDim + 3

/** Which element of a weight array belongs to output o and input i. */
type Index = (o: number, i: number, outDim: number, inDim: number) => number

function forward(variant: string, at: Index, biased: boolean): Case {
  return {
    kernel: 'dense',
    variant,
    sizes,
    arrays: (outDim, inDim, rows) => ({
      x: normals(inDim * rows, 21),
      weight: normals(outDim * inDim, 22),
      bias: normals(outDim, 23),
      y: blank(outDim * rows),
    }),
    run(k, { x, weight, bias, y }, outDim, inDim, rows) {
      const [outStride, inStride] = [at(1, 0, outDim, inDim), at(0, 1, outDim, inDim)]
      k.dense(outDim, inDim, rows, x, weight, outStride, inStride, biased ? bias : NONE, y)
    },
    outputs: (outDim, inDim, rows) => ({
      y: bounded('n·ε·(|bias| + Σ|wx|), n = inDim + 1', inDim + 1, (index, { before: { x, weight, bias } }) => {
        const [o, t] = [Math.floor(index / rows), index % rows]
        let sum = biased ? Math.abs(bias[o]) : 0
        for (let i = 0; i < inDim; i++) sum += Math.abs(weight[at(o, i, outDim, inDim)] * x[i * rows + t])
        return sum
      }),
    }),
  }
}

function weightGradient(variant: string, biased: boolean, strideOf: (inDim: number) => number): Case {
  return {
    kernel: 'denseWeightGradient',
    variant,
    sizes,
    arrays: (outDim, inDim, rows) => ({
      x: normals(inDim * rows, 24),
      dy: normals(outDim * rows, 25),
      dWeight: normals(outDim * strideOf(inDim), 26),
      dBias: normals(outDim, 27),
    }),
    run: (k, { x, dy, dWeight, dBias }, outDim, inDim, rows) =>
      // A sub-block starts one column into the matrix: what is left and right of it must stay as it is.
      k.denseWeightGradient(
        outDim,
        inDim,
        rows,
        x,
        dy,
        strideOf(inDim) > inDim ? dWeight + 1 : dWeight,
        strideOf(inDim),
        biased ? dBias : NONE,
      ),
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
        ...(biased && { dBias: bounded('n·ε·(|dBias| + Σ|dy|)', rows + 1, biasMagnitude) }),
      }
    },
  }
}

const rowMajor: Index = (o, i, _, inDim) => o * inDim + i
const columnMajor: Index = (o, i, outDim) => o + i * outDim

export const denseCases: readonly Case[] = [
  forward('strides of a layer, with bias', rowMajor, true),
  forward('strides of a layer, no bias', rowMajor, false),
  forward('strides of its input gradient, with bias', columnMajor, true),
  forward('strides of its input gradient, no bias', columnMajor, false),
  weightGradient('with dBias', true, (inDim) => inDim),
  weightGradient('no dBias', false, (inDim) => inDim),
  weightGradient('of a sub-block, with dBias', true, columnsAround),
  weightGradient('of a sub-block, no dBias', false, columnsAround),
]

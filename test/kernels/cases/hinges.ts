import { anything, bounded, exact, type OperationCase, type Outcome } from '../case.js'
import { blank, LENGTHS, normals, normalsWithEdges } from '../inputs.js'

/** [outDim, hidden], around vectors of 4 and rows of 8. */
const shapes = [
  [1, 1],
  [2, 3],
  [3, 4],
  [4, 5],
  [5, 2],
  [7, 9],
  [8, 16],
  [9, 17],
  [23, 50],
]
const sizes = shapes.flatMap(([outDim, hidden]) => LENGTHS.map((rows) => [outDim, hidden, rows]))

type Inputs = (n: number, seed: number) => Float32Array

/** Slopes and offsets of small whole numbers: many knots are one, at rows, or at ∓∞. */
const whole: Inputs = (n, seed) => normals(n, seed).map((value) => Math.round(value))

const scratchOf = (outDim: number, hidden: number) => {
  const width = 8 * Math.ceil(outDim / 8)
  return 7 * 4 * Math.ceil(hidden / 4) + width * (3 * hidden + 3)
}

/** A unit above 0 is this at most, and of the knot's own rounding; its two parts cancel in neither. */
const unitOf = ({ x, slope, offset }: Outcome['before'], i: number, t: number) =>
  Math.abs(slope[i] * x[t]) + Math.abs(offset[i])

function forward(variant: string, inputs: Inputs): OperationCase {
  return {
    kernel: 'hinges',
    variant,
    sizes,
    arrays: (outDim, hidden, rows) => ({
      x: inputs(rows, 101),
      slope: inputs(hidden, 102),
      offset: inputs(hidden, 103),
      weight: normals(outDim * hidden, 104),
      bias: normals(outDim, 105),
      piece: blank(rows),
      y: blank(outDim * rows),
      scratch: blank(scratchOf(outDim, hidden)),
    }),
    outputs: (_, hidden, rows) => ({
      piece: exact,
      y: bounded('(n + 4)·ε·(|bias| + Σ|w|·(|a·x| + |b|)), n = hidden', hidden + 4, (index, { before }) => {
        const [o, t] = [Math.floor(index / rows), index % rows]
        let sum = Math.abs(before.bias[o])
        for (let i = 0; i < hidden; i++) sum += Math.abs(before.weight[o * hidden + i]) * unitOf(before, i, t)
        return sum
      }),
      scratch: anything,
    }),
  }
}

/** Pieces of rows, any there are. */
const pieces = (rows: number, hidden: number) => Float32Array.from({ length: rows }, (_, t) => (7 * t) % (hidden + 1))

function backward(variant: string, inputs: Inputs): OperationCase {
  return {
    kernel: 'hingesBackward',
    variant,
    sizes,
    arrays: (outDim, hidden, rows) => ({
      x: inputs(rows, 106),
      piece: pieces(rows, hidden),
      slope: inputs(hidden, 107),
      offset: inputs(hidden, 108),
      weight: normals(outDim * hidden, 109),
      dy: normals(outDim * rows, 110),
      dx: blank(rows),
      dSlope: normals(hidden, 111),
      dOffset: normals(hidden, 112),
      dWeight: normals(outDim * hidden, 113),
      dBias: normals(outDim, 114),
      scratch: blank(scratchOf(outDim, hidden) + 8 * Math.ceil(outDim / 8) * (4 * hidden + 2)),
    }),
    outputs: backwardBounds,
  }
}

function backwardBounds(outDim: number, hidden: number, rows: number): ReturnType<OperationCase['outputs']> {
  /** Σₜ |dy[o, t]|·magnitude(t) */
  const overRows = (o: number, { before: { dy } }: Outcome, magnitude: (t: number) => number) => {
    let sum = 0
    for (let t = 0; t < rows; t++) sum += Math.abs(dy[o * rows + t]) * magnitude(t)
    return sum
  }
  const ofUnit = (i: number, outcome: Outcome, magnitude: (t: number) => number) => {
    let sum = 0
    for (let o = 0; o < outDim; o++) {
      sum += Math.abs(outcome.before.weight[o * hidden + i]) * overRows(o, outcome, magnitude)
    }
    return sum
  }
  const byX =
    ({ before: { x } }: Outcome) =>
    (t: number) =>
      Math.abs(x[t])
  const n = rows + hidden + outDim + 4
  return {
    dx: bounded('(hidden + outDim + 4)·ε·Σ|dy·w·a|', hidden + outDim + 4, (t, { before: { weight, slope, dy } }) => {
      let sum = 0
      for (let o = 0; o < outDim; o++) {
        for (let i = 0; i < hidden; i++) sum += Math.abs(dy[o * rows + t] * weight[o * hidden + i] * slope[i])
      }
      return sum
    }),
    dSlope: bounded('n·ε·(|dSlope| + Σ|w·dy·x|), n = rows + hidden + outDim + 4', n, (i, outcome) => {
      return Math.abs(outcome.before.dSlope[i]) + ofUnit(i, outcome, byX(outcome))
    }),
    dOffset: bounded('n·ε·(|dOffset| + Σ|w·dy|)', n, (i, outcome) => {
      return Math.abs(outcome.before.dOffset[i]) + ofUnit(i, outcome, () => 1)
    }),
    dWeight: bounded('n·ε·(|dWeight| + Σ|dy|·(|a·x| + |b|))', n, (index, outcome) => {
      const [o, i] = [Math.floor(index / hidden), index % hidden]
      const own = Math.abs(outcome.before.dWeight[index])
      return own + overRows(o, outcome, (t) => unitOf(outcome.before, i, t))
    }),
    dBias: bounded('n·ε·(|dBias| + Σ|dy|)', n, (o, outcome) => {
      return Math.abs(outcome.before.dBias[o]) + overRows(o, outcome, () => 1)
    }),
    scratch: anything,
  }
}

export const hingesCases: readonly OperationCase[] = [
  forward('', normals),
  forward('with edges', normalsWithEdges),
  forward('with knots that are one', whole),
  backward('', normals),
  backward('with edges', normalsWithEdges),
  backward('with knots that are one', whole),
]

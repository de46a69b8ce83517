import { dense, denseInputGradient, denseWeightGradient } from '../kernels/operations/dense.js'
import { fill } from '../kernels/operations/memory.js'
import { spread, spreadBackward } from '../kernels/operations/spread.js'
import { lengthOf, type Pass, parts, type Span } from '../kernels/pass.js'
import type { RandomStream } from '../random/stream.js'
import { block, type Ends, widthOf } from './degrees.js'
import type { ParameterSlot, Spans, Values } from './parameters.js'

/** A linear layer of a masked net, which goes and comes back one degree at a time. */
export interface MaskedDense {
  readonly parameters: readonly ParameterSlot[]
  /** Weights N(0, scale²/fan-in) by what each output sees, 0 where it sees nothing; biases 0. */
  initialise(values: Values, stream: RandomStream, scale: number): void
  /** Outputs of degree d. */
  advance(pass: Pass, call: { readonly params: Spans; readonly x: Span; readonly y: Span }, d: number): void
  /** When dy of degree d and more is known: the gradients of the weights of outputs of degree d, and dx of degree d. */
  retreat(pass: Pass, call: MaskedDenseGradients, d: number): void
  /** What `retreat` needs to work in, in numbers. */
  scratch(rows: number): number
}

export interface MaskedDenseGradients {
  readonly params: Spans
  readonly dParams: Spans
  readonly x: Span
  readonly dy: Span
  /** Overwritten. */
  readonly dx: Span
  readonly scratch: Span
}

/** Rows first … first + rows − 1 of a matrix, and of those the columns likewise. */
function rectangle(matrix: Span, [first, rows]: number[], [left, columns]: number[]): Span {
  const stride = matrix.shape[1]
  return { ...matrix, at: matrix.at + first * stride + left, shape: [rows, columns], stride }
}

/**
 * y = W x + b where an output of degree d sees inputs of degree ≤ d: W [outs, ins] is a staircase of plain blocks, both sides
 * being sorted by degree. It is stored whole; what stands above the stairs is 0, is never read and has no gradient.
 */
export function maskedDense(name: string, ins: Ends, outs: Ends): MaskedDense {
  const [weightName, biasName] = [`${name}.weight`, `${name}.bias`]
  const [inDim, outDim] = [widthOf(ins), widthOf(outs)]
  const slots = [
    { name: weightName, shape: [outDim, inDim] },
    { name: biasName, shape: [outDim] },
  ]
  const largest = Math.max(...outs.map((_, d) => block(outs, d).count))
  return {
    parameters: slots.filter(({ shape }) => lengthOf(shape) > 0),
    initialise(values, stream, scale) {
      values[biasName]?.fill(0)
      const weight = values[weightName]
      weight?.fill(0)
      for (const [d, seen] of ins.entries()) {
        const { first, count } = block(outs, d)
        const sd = scale / Math.sqrt(seen)
        for (let o = first; o < first + count; o++) {
          for (let i = 0; i < seen; i++) weight[o * inDim + i] = sd * stream.normal()
        }
      }
    },
    advance(pass, { params, x, y }, d) {
      const { first, count } = block(outs, d)
      if (count === 0) return
      const to = parts(y, first, count)
      const bias = parts(params[biasName], first, count)
      if (ins[d] === 0) {
        spread(pass, { x: bias, y: to })
        return
      }
      const weight = rectangle(params[weightName], [first, count], [0, ins[d]])
      dense(pass, { x: parts(x, 0, ins[d]), weight, bias, y: to })
    },
    /**
     * With o of degree d, i of degree ≤ d:
     *   dW[o, i] += Σₜ dy[o, t] x[i, t],  db[o] += Σₜ dy[o, t]
     * and with i of degree d, over all outputs that see it, which are those of degree ≥ d:
     *   dx[i, t] = Σₒ W[o, i] dy[o, t]
     */
    retreat(pass, { params, dParams, x, dy, dx, scratch }, d) {
      const out = block(outs, d)
      if (out.count > 0) {
        const [given, dBias] = [dy, dParams[biasName]].map((span) => parts(span, out.first, out.count))
        if (ins[d] === 0) spreadBackward(pass, { dy: given, dx: dBias })
        else {
          const dWeight = rectangle(dParams[weightName], [out.first, out.count], [0, ins[d]])
          denseWeightGradient(pass, { x: parts(x, 0, ins[d]), dy: given, dWeight, dBias, scratch })
        }
      }
      const { first, count } = block(ins, d)
      if (count === 0) return
      const to = parts(dx, first, count)
      const above = outDim - out.first
      if (above === 0) fill(pass, { value: 0, y: to })
      else {
        const weight = rectangle(params[weightName], [out.first, above], [first, count])
        denseInputGradient(pass, { dy: parts(dy, out.first, above), weight, dx: to })
      }
    },
    scratch: (rows) => 16 * (rows + largest),
  }
}

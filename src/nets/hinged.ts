import { type Counts, sizeOf } from '../kernels/operation.js'
import { hinges, hingesBackward } from '../kernels/operations/hinges.js'
import { type Pass, part, type Span } from '../kernels/pass.js'
import type { Stage } from './linear.js'
import type { Spans } from './parameters.js'

/** From so many hidden units on, finding a row's piece costs less than its units. */
const LEAST_HIDDEN = 16
/** From so many outputs on, likewise. */
const LEAST_OUTPUTS = 8

/** Whether two layers with ReLU units of so many inputs between them are faster as one. */
export const hingesPay = (inputs: number, hidden: number, outputs: number): boolean =>
  inputs === 1 && hidden >= LEAST_HIDDEN && outputs >= LEAST_OUTPUTS

/** The parameters of two layers under the names that the operations have for them. */
const named = (spans: Spans, first: string, second: string) => ({
  slope: spans[`${first}.weight`],
  offset: spans[`${first}.bias`],
  weight: spans[`${second}.weight`],
  bias: spans[`${second}.bias`],
})

function scratchOf(pass: Pass, { operands }: typeof hinges | typeof hingesBackward, counts: Counts): Span {
  return pass.scratch(sizeOf(operands.scratch.shape[0], counts))
}

/**
 * Two layers of these names with ReLU units of one input between them, y = W₁ max(W₀x + b₀, 0) + b₁, as the piecewise
 * linear function of x that they are. A row lies on the piece that is named by how many units bend left of it.
 */
export function hinged(first: string, second: string): Stage {
  return (pass, { params, x, y }) => {
    const [from, given] = [part(x, 0), named(params, first, second)]
    const counts = { outDim: y.shape[0], hidden: given.weight.shape[1], rows: pass.rows }
    const piece = pass.tape(pass.rows)
    hinges(pass, { x: from, ...given, piece, y, scratch: scratchOf(pass, hinges, counts) })
    pass.branch(piece, 'value')
    return ({ dParams, dx, dy }) => {
      const { slope: dSlope, offset: dOffset, weight: dWeight, bias: dBias } = named(dParams, first, second)
      const { slope, offset, weight } = given
      const scratch = scratchOf(pass, hingesBackward, counts)
      const gradients = { dx: part(dx, 0), dSlope, dOffset, dWeight, dBias }
      hingesBackward(pass, { x: from, piece, slope, offset, weight, dy, ...gradients, scratch })
    }
  }
}

import type { Pass, Span } from '../kernels/pass.js'
import type { RandomStream } from '../random/stream.js'
import type { ParameterSlot, Spans, Values } from './parameters.js'

/** What a masked net is between: θ of coordinate k of the order has `numbers` numbers, of the context and those before. */
export interface MaskedShape {
  readonly dim: number
  readonly contextDim: number
  /** How many of the context, the last ones, are columns that were known before; default 0. */
  readonly parents?: number
  readonly numbers: number
}

/** One call of a masked net, of which each unit is computed once, when the last of what it sees is known. */
export interface MaskedCall {
  /** For k = 0, 1, … dim − 1, when the context and the first k coordinates stand in x: leaves θ of coordinate k. */
  advance(k: number): void
  /** The way back; its parts are called for k = dim − 1, … 0. */
  back(gradients: { readonly dParams: Spans; readonly dx: Span; readonly dTheta: Span }): (k: number) => void
}

/**
 * A net from the context and the coordinates in their order, x [contextDim + dim − 1, rows], to θ [dim, numbers, rows], in
 * which θ of coordinate k sees the context and the first k coordinates alone. Part k of the way back asks for dθ of the
 * coordinates from k on, adds to dParams, and leaves dx of coordinate k − 1 whole; part 0 leaves that of the context.
 */
export interface MaskedConditioner {
  readonly parameters: readonly ParameterSlot[]
  /** Writes starting values for all parameters. */
  initialise(values: Values, stream: RandomStream): void
  forward(pass: Pass, call: { readonly params: Spans; readonly x: Span; readonly theta: Span }): MaskedCall
}

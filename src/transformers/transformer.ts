import type { Pass, Span } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import type { ParameterSlot, Spans, Values } from '../nets/parameters.js'

/** What one call of a transformer works on: one coordinate of all rows. */
export interface TransformerCall {
  /** Parameters that all coordinates share. */
  readonly params: Spans
  /** [numbers, rows], which need not lie side by side; whoever calls says where they come from. */
  readonly theta: Span
  readonly from: Span
  readonly to: Span
  /** The way there adds ln|∂to/∂from|. */
  readonly logDet: Span
}

export interface TransformerGradients {
  readonly dParams: Spans
  /** Overwritten. */
  readonly dTheta: Span
  readonly dTo: Span
  /** Overwritten. */
  readonly dFrom: Span
  readonly dLogDet: Span
}

/** A monotone map of one coordinate by `numbers` numbers θ a row, which give the identity where all are 0. */
export interface Transformer {
  /** How a person calls it in a trace. */
  readonly label: string
  readonly numbers: number
  readonly parameters: readonly ParameterSlot[]
  initialise(values: Values): void
  forward(pass: Pass, call: TransformerCall): Back<TransformerGradients>
  inverse(pass: Pass, call: TransformerCall): Back<TransformerGradients>
}

/** The declarative form of a transformer. */
export interface TransformerSpec {
  readonly type: string
  readonly [option: string]: unknown
}

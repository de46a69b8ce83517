import type { Pass, Span } from '../kernels/pass.js'
import type { RandomStream } from '../random/stream.js'
import type { ParameterSlot, Spans, Values } from './parameters.js'

/** The way back of one call: it knows by name what the call has kept. */
export type Back<Gradients> = (gradients: Gradients) => void

/** A net x [inputs, rows] → y [outputs, rows], with parameters given at every call. */
export interface Conditioner {
  readonly parameters: readonly ParameterSlot[]
  /** Writes starting values for all parameters. */
  initialise(values: Values, stream: RandomStream): void
  /** The way back overwrites dx and adds to dParams. */
  forward(
    pass: Pass,
    call: { readonly params: Spans; readonly x: Span; readonly y: Span },
  ): Back<{ readonly dParams: Spans; readonly dx: Span; readonly dy: Span }>
}

/** The declarative form of a net. */
export interface ConditionerSpec {
  readonly type: string
  readonly [option: string]: unknown
}

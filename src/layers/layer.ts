import type { Pass, Span } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import type { ParameterSlot, Spans, Values } from '../nets/parameters.js'
import type { RandomStream } from '../random/stream.js'

/** The declarative form of a layer: what the model file holds and every thread rebuilds the layer from. */
export interface LayerSpec {
  readonly type: string
  readonly [option: string]: unknown
}

/** What a call of a bijection works on; nothing is global and nothing is owned by the bijection. Tiles are feature-major. */
export interface LayerCall {
  readonly params: Spans
  /** Numbers that are not trained. */
  readonly state: Spans
  /** [dim, rows] */
  readonly from: Span
  /** [dim, rows] */
  readonly to: Span
  /** Of shape [rows]; the way there adds ln|det ∂to/∂from|, which the inverse does by subtracting. */
  readonly logDet: Span
  /** [contextDim, rows], where the flow has a context. */
  readonly context?: Span
}

/** Gradients of a scalar loss L, d· = ∂L/∂·: those of parameters and the context accumulate, `dFrom` is overwritten. */
export interface Gradients {
  readonly dParams: Spans
  readonly dTo: Span
  readonly dFrom: Span
  readonly dLogDet: Span
  readonly dContext?: Span
}

/**
 * A bijection between data x and noise z with hand-derived derivatives, as a pure description: parameters are given
 * with every call. `forward` goes x → z, `inverse` z → x; each writes its calls down and returns its way back.
 */
export interface Bijection {
  /** In storage order. */
  readonly parameters: readonly ParameterSlot[]
  /** Numbers that are saved and used, but not trained; 0 at the start. */
  readonly state?: readonly ParameterSlot[]
  /** Writes starting values for all parameters. */
  initialise(values: Values, stream: RandomStream): void
  /**
   * Called once, before a flow's first training step, with what reaches the bijection on the way from data to noise of
   * some training rows, row-major [count, dim]: sets parameters and state by them.
   */
  readonly settle?: (rows: Float64Array, values: Values, state: Values) => void
  /** x → z: writes `to`, adds ln|det ∂to/∂from| to `logDet`, and returns the way back. */
  forward(pass: Pass, call: LayerCall): Back<Gradients>
  /** z → x: writes `to`, subtracts ln|det ∂from/∂to| from `logDet`, and returns the way back. */
  inverse(pass: Pass, call: LayerCall): Back<Gradients>
}

/** A bijection in a flow. */
export interface Layer extends Bijection {
  readonly spec: LayerSpec
  /** How a person calls it in a trace. */
  readonly label: string
}

import type { Pass, Span } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import type { ParameterSlot, Spans, Values } from '../nets/parameters.js'
import type { RandomStream } from '../random/stream.js'

/** What a call of a base works on. */
export interface BaseCall {
  readonly params: Spans
  /** Numbers that are not trained. */
  readonly state: Spans
  /** [dim, rows] */
  readonly z: Span
  /** [rows] */
  readonly logDet: Span
  /** [rows] */
  readonly logProb: Span
  /** [contextDim, rows], where the flow has a context. */
  readonly context?: Span
}

/** Gradients of a scalar loss: `dz` is overwritten, those of parameters and the context accumulate. */
export interface BaseGradients {
  readonly dParams: Spans
  readonly dz: Span
  readonly dLogProb: Span
  readonly dContext?: Span
}

/** Independent numbers for a draw, row by row addressed by seed and row number alone. */
export interface Draws {
  readonly params: Spans
  readonly state: Spans
  /** [normals, rows], N(0, 1) each, multiplied by the temperature. */
  readonly normals: Span
  /** [uniforms, rows], in (0, 1). */
  readonly uniforms: Span
  /** [dim, rows] */
  readonly z: Span
  readonly context?: Span
}

/** The declarative form of a base. */
export interface BaseSpec {
  readonly type: string
  readonly [option: string]: unknown
}

/** What a flow maps its data onto. */
export interface Base {
  readonly spec: BaseSpec
  readonly parameters: readonly ParameterSlot[]
  /** Numbers that are saved and used, but not trained. */
  readonly state?: readonly ParameterSlot[]
  /** Writes starting values for all parameters, and the state. */
  initialise(values: Values, stream: RandomStream, state: Values): void
  /** logProb[t] = logDet[t] + ln p(z[·, t]); the gradient by logDet is dLogProb itself. */
  logProb(pass: Pass, call: BaseCall): Back<BaseGradients>
  /** How many numbers a row of a draw takes. */
  readonly normals: number
  readonly uniforms: number
  /** Writes down what makes z ~ p of them; absent where the normals are z. */
  readonly sample?: (pass: Pass, draws: Draws) => void
}

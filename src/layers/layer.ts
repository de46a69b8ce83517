import type { Heap, Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import type { ParameterSlot } from '../nets/parameters.js'
import type { RandomStream } from '../random/stream.js'

/** The declarative form of a layer: what the model file holds and every thread rebuilds the layer from. */
export interface LayerSpec {
  readonly type: string
  readonly [option: string]: unknown
}

/**
 * Everything one call of a layer works on; nothing is global and nothing is owned by the layer.
 * x is the data side, z the noise side, whichever way the call goes. All arrays are feature-major tiles.
 */
export interface LayerCall {
  rows: number
  params: Offset
  /** Gradients accumulate here, in the layout of `params`. */
  dParams: Offset
  /** [dim, rows] */
  x: Offset
  /** [dim, rows] */
  z: Offset
  dx: Offset
  dz: Offset
  /** [rows]: forward adds log|det ∂z/∂x|, inverse subtracts it. */
  logDet: Offset
  dLogDet: Offset
  /** [contextDim, rows]; NONE where the flow has no context. */
  context: Offset
  /** Accumulates; NONE where nobody asks for it. */
  dContext: Offset
  /** What forward (or inverse) keeps for its backward pass: `tapeLength(rows)` reals. */
  tape: Offset
  /** Free to use within one call: `scratchLength(rows)` reals. */
  scratch: Offset
  /** Training may draw random numbers (dropout), evaluation never does. */
  mode: 'train' | 'evaluate'
  /** Addresses the randomness of this call; layers draw from Philox under it and nothing else. */
  key: { seed: number; step: number; layer: number; firstRow: number }
}

/**
 * A bijection between data x and noise z with hand-derived derivatives, as a pure description: parameters are given
 * with every call. Gradients of a scalar loss L are written d· = ∂L/∂·.
 */
export interface Layer {
  readonly spec: LayerSpec
  /** How a person calls it in a trace. */
  readonly label: string
  readonly dim: number
  readonly contextDim: number
  /** The parameters in storage order; their lengths add up to `parameterCount(parameters)`. */
  readonly parameters: readonly ParameterSlot[]
  /** Numbers that a row's activations take, tape included: what the tile size is chosen by. */
  tapeLength(rows: number): number
  /** Numbers of a row that one kernel goes through time and again, which should stay in a core's first cache. */
  readonly revisited: number
  scratchLength(rows: number): number
  /** Writes starting values for all parameters. */
  initialise(params: Float32Array | Float64Array, stream: RandomStream): void
  /** x → z, logDet += log|det ∂z/∂x| */
  forward(kernels: Kernels, call: LayerCall): void
  /** After forward: (dz, dLogDet) → dx, dParams += */
  backward(kernels: Kernels, call: LayerCall): void
  /** z → x, logDet −= log|det ∂z/∂x| */
  inverse(kernels: Kernels, call: LayerCall): void
  /** After inverse: (dx, dLogDet) → dz, dParams += */
  inverseBackward(kernels: Kernels, call: LayerCall): void
  /**
   * Which smooth piece a row lies on (signs, bin indices), read after forward or inverse: the derivative is continuous
   * between two points with the same branches.
   */
  branches?(heap: Heap, call: LayerCall, row: number): number[]
}

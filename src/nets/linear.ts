import { dense, denseInputGradient, denseWeightGradient } from '../kernels/operations/dense.js'
import type { Pass, Span } from '../kernels/pass.js'
import { number } from '../options.js'
import type { RandomStream } from '../random/stream.js'
import type { Back } from './conditioner.js'
import type { ParameterSlot, Spans, Values } from './parameters.js'

/** What a net's last weights are multiplied by at the start, as an option. */
export const lastLayerScaleOption = number('a finite number ≥ 0', (scale) => scale >= 0)

/** A layer x [inputs, rows] → y [outputs, rows] of a net, with parameters under a name of its own. */
export interface Linear {
  readonly outputs: number
  readonly parameters: readonly ParameterSlot[]
  /** Weights N(0, scale²/inputs), biases 0. */
  initialise(values: Values, stream: RandomStream, scale: number): void
  forward(pass: Pass, call: LinearCall): void
  backward(pass: Pass, call: LinearGradients): void
}

export interface LinearCall {
  readonly params: Spans
  readonly x: Span
  readonly y: Span
}

export interface LinearGradients {
  readonly params: Spans
  readonly dParams: Spans
  readonly x: Span
  readonly dy: Span
  /** Overwritten. */
  readonly dx: Span
  /** Of `linearScratch`. */
  readonly scratch: Span
}

/** Of a net, from x to y; returns its way back, which overwrites dx and may work in `scratch` of `linearScratch`. */
export type Stage = (
  pass: Pass,
  call: LinearCall,
) => Back<{ readonly dParams: Spans; readonly dx: Span; readonly dy: Span; readonly scratch: Span }>

/** A layer as a stage. */
export const stageOf =
  ({ forward, backward }: Linear): Stage =>
  (pass, call) => {
    forward(pass, call)
    return (gradients) => backward(pass, { params: call.params, x: call.x, ...gradients })
  }

/** y = W x + b, W stored [outputs, inputs]. */
export function linear(name: string, inputs: number, outputs: number): Linear {
  const [weight, bias] = [`${name}.weight`, `${name}.bias`]
  return {
    outputs,
    parameters: [
      { name: weight, shape: [outputs, inputs] },
      { name: bias, shape: [outputs] },
    ],
    initialise(values, stream, scale) {
      const sd = scale / Math.sqrt(inputs)
      for (let i = 0; i < values[weight].length; i++) values[weight][i] = sd * stream.normal()
      values[bias].fill(0)
    },
    forward(pass, { params, x, y }) {
      dense(pass, { x, weight: params[weight], bias: params[bias], y })
    },
    /** dW += dy xᵀ, db += Σ dy, dx = Wᵀ dy */
    backward(pass, { params, dParams, x, dy, dx, scratch }) {
      denseWeightGradient(pass, { x, dy, dWeight: dParams[weight], dBias: dParams[bias], scratch })
      denseInputGradient(pass, { dy, weight: params[weight], dx })
    },
  }
}

/** What the ways back of layers work in, one after another. */
export function linearScratch(pass: Pass, layers: readonly Linear[]): Span {
  return pass.scratch(16 * (pass.rows + Math.max(...layers.map(({ outputs }) => outputs))))
}

import * as v from 'valibot'
import { dense, denseInputGradient, denseWeightGradient } from '../kernels/operations/dense.js'
import { checkSpec, number, widths } from '../options.js'
import { ACTIVATIONS, type Activation, activationOption } from './activations.js'
import type { Conditioner, ConditionerSpec } from './conditioner.js'

export type { Activation } from './activations.js'

export interface MLPSpecOptions {
  /** Widths of the hidden layers; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Default 'tanh'. */
  readonly activation?: Activation
  /** What the last layer's initial weights are multiplied by; default 0, so that a flow starts as the identity. */
  readonly lastLayerScale?: number
}

/** A multilayer perceptron as a layer's conditioner. */
export function mlp(options: MLPSpecOptions = {}): ConditionerSpec {
  return { type: 'mlp', ...options }
}

const schema = v.strictObject({
  hidden: v.optional(widths, [64, 64]),
  activation: v.optional(activationOption, 'tanh'),
  lastLayerScale: v.optional(
    number('a finite number ≥ 0', (scale) => scale >= 0),
    0,
  ),
})

export function buildMLP(spec: ConditionerSpec, inputs: number, outputs: number): Conditioner {
  return perceptron({ ...checkSpec(spec, schema), inputs, outputs })
}

export interface MLPOptions {
  readonly inputs: number
  /** Widths of the hidden layers, at least one. */
  readonly hidden: readonly number[]
  readonly outputs: number
  readonly activation: Activation
  /** The last layer's initial weights are multiplied by this; small values start a flow near the identity. */
  readonly lastLayerScale: number
}

/** A multilayer perceptron, y = W_L σ(… σ(W₁x + b₁) …) + b_L, weights stored [out, in]. */
export function perceptron({ inputs, hidden, outputs, activation, lastLayerScale }: MLPOptions): Conditioner {
  const widths = [inputs, ...hidden, outputs]
  const last = hidden.length
  const { forward, backward } = ACTIVATIONS[activation]
  return {
    parameters: widths.slice(1).flatMap((width, l) => [
      { name: `${l}.weight`, shape: [width, widths[l]] },
      { name: `${l}.bias`, shape: [width] },
    ]),
    /** Weights N(0, 1/fan-in), the last layer's scaled by `lastLayerScale`; biases 0. */
    initialise(values, stream) {
      for (let l = 0; l <= last; l++) {
        const sd = (l < last ? 1 : lastLayerScale) / Math.sqrt(widths[l])
        const weight = values[`${l}.weight`]
        for (let i = 0; i < weight.length; i++) weight[i] = sd * stream.normal()
        values[`${l}.bias`].fill(0)
      }
    },
    forward(pass, { params, x, y }) {
      const h = [x, ...hidden.map((width) => pass.tape(width, pass.rows)), y]
      for (let l = 0; l <= last; l++) {
        dense(pass, { x: h[l], weight: params[`${l}.weight`], bias: params[`${l}.bias`], y: h[l + 1] })
        if (l < last) forward(pass, h[l + 1])
      }
      /**
       * Per layer, from the last, with h its input and a = W h + b:
       *   dW += da hᵀ, db += Σ da, dh = Wᵀ da, and through the activation da′ = dh·σ′(a′)
       */
      const back: ReturnType<Conditioner['forward']> = ({ dParams, dx, dy }) => {
        const scratch = pass.scratch(16 * (pass.rows + Math.max(...widths.slice(1))))
        let da = dy
        for (let l = last; l >= 0; l--) {
          const [dWeight, dBias] = [dParams[`${l}.weight`], dParams[`${l}.bias`]]
          denseWeightGradient(pass, { x: h[l], dy: da, dWeight, dBias, scratch })
          const dh = l > 0 ? pass.scratch(widths[l], pass.rows) : dx
          denseInputGradient(pass, { dy: da, weight: params[`${l}.weight`], dx: dh })
          if (l > 0) backward(pass, h[l], dh)
          da = dh
        }
      }
      return back
    },
  }
}

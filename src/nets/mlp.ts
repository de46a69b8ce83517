import * as v from 'valibot'
import { checkSpec, widths } from '../options.js'
import { type Activation, activationOption, dropoutOption, type HiddenUnits, hiddenUnits } from './activations.js'
import type { Conditioner, ConditionerSpec } from './conditioner.js'
import { type Fourier, fourierOption, withFeatures } from './fourier.js'
import { hinged, hingesPay } from './hinged.js'
import { lastLayerScaleOption, linear, linearScratch, stageOf } from './linear.js'

/** The size of a multilayer perceptron and what bends in it. */
export interface MLPOptions {
  /** Widths of the hidden layers; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Default 'tanh'. */
  readonly activation?: Activation
  /** The share of hidden units that a training step leaves out, in [0, 1); default 0. Elsewhere none is. */
  readonly dropout?: number
  /** Waves sin kωx, cos kωx that the net sees of every column, beside it or in its place; a number is how many. */
  readonly fourier?: Fourier
  /** What the last layer's initial weights are multiplied by; default 0, so that a flow starts as the identity. */
  readonly lastLayerScale?: number
}

/**
 * A multilayer perceptron as a layer's conditioner: hₗ = m ⊙ σ(Wₗ hₗ₋₁ + bₗ), y = W h + b, from x [inputs, rows] to
 * y [outputs, rows], m the masks of dropout.
 *
 * @throws UsageError, when a flow is made of it, where an option is not of its kind.
 */
export function mlp(options: MLPOptions = {}): ConditionerSpec {
  return { type: 'mlp', ...options }
}

const schema = v.strictObject({
  hidden: v.optional(widths, [64, 64]),
  activation: v.optional(activationOption, 'tanh'),
  dropout: v.optional(dropoutOption, 0),
  fourier: v.optional(fourierOption),
  lastLayerScale: v.optional(lastLayerScaleOption, 0),
})

export function buildMLP(spec: ConditionerSpec, inputs: number, outputs: number, contextDim: number): Conditioner {
  const { fourier, ...options } = checkSpec(spec, schema)
  return withFeatures(fourier, { inputs, contextDim }, (inputs) => perceptron({ ...options, inputs, outputs }))
}

export interface PerceptronOptions {
  readonly inputs: number
  /** Widths of the hidden layers, at least one. */
  readonly hidden: readonly number[]
  readonly outputs: number
  readonly activation: Activation
  /** Default 0. */
  readonly dropout?: number
  /** The last layer's initial weights are multiplied by this; small values start a flow near the identity. */
  readonly lastLayerScale: number
}

/**
 * A multilayer perceptron, y = W_L σ(… σ(W₁x + b₁) …) + b_L, weights stored [out, in]. Of one input, ReLU units and the layer
 * behind them are computed together where that pays.
 */
export function perceptron(options: PerceptronOptions): Conditioner {
  const { inputs, hidden, outputs, activation, dropout = 0, lastLayerScale } = options
  const widths = [inputs, ...hidden, outputs]
  const last = hidden.length
  const layers = widths.slice(1).map((width, l) => linear(`${l}`, widths[l], width))
  const together = activation === 'relu' && dropout === 0 && hingesPay(inputs, widths[1], widths[2])
  const stages = together ? [hinged('0', '1'), ...layers.slice(2).map(stageOf)] : layers.map(stageOf)
  const ends = widths.slice(widths.length - stages.length)
  const final = stages.length - 1
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    /** Weights N(0, 1/fan-in), the last layer's scaled by `lastLayerScale`; biases 0. */
    initialise(values, stream) {
      for (const [l, layer] of layers.entries()) layer.initialise(values, stream, l < last ? 1 : lastLayerScale)
    },
    forward(pass, { params, x, y }) {
      let from = x
      const bends: HiddenUnits['back'][] = []
      const backs = stages.map((stage, l) => {
        const to = l < final ? pass.tape(ends[l], pass.rows) : y
        const back = stage(pass, { params, x: from, y: to })
        if (l === final) return back
        const units = hiddenUnits(pass, activation, dropout, to)
        from = units.h
        bends.push(units.back)
        return back
      })
      /**
       * Per layer, from the last, with h its input and a = W h + b:
       *   dW += da hᵀ, db += Σ da, dh = Wᵀ da, and through the hidden units da′ = dh·m·σ′(a′)
       */
      const back: ReturnType<Conditioner['forward']> = ({ dParams, dx, dy }) => {
        const scratch = linearScratch(pass, layers)
        let da = dy
        for (let l = final; l >= 0; l--) {
          const dh = l > 0 ? pass.scratch(ends[l - 1], pass.rows) : dx
          backs[l]({ dParams, dy: da, dx: dh, scratch })
          if (l > 0) bends[l - 1](dh)
          da = dh
        }
      }
      return back
    },
  }
}

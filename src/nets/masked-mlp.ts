import * as v from 'valibot'
import { parts, reshape, type Span } from '../kernels/pass.js'
import { checkSpec, widths } from '../options.js'
import { type Activation, activationOption, bendsInPlace, dropoutOption, hiddenUnits } from './activations.js'
import type { ConditionerSpec } from './conditioner.js'
import { block, type Ends, hiddenEnds, outputEnds, widthOf } from './degrees.js'
import { type Fourier, fourierOption, withMaskedFeatures } from './fourier.js'
import { lastLayerScaleOption } from './linear.js'
import type { MaskedConditioner, MaskedShape } from './masked-conditioner.js'
import { maskedDense } from './masked-dense.js'

/** The size of a masked perceptron, whose outputs see the columns before theirs alone, and what bends in it. */
export interface MaskedMLPOptions {
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
 * A masked multilayer perceptron as an autoregressive layer's conditioner: θ of a coordinate sees those before it alone.
 * Source: Germain et al., MADE, arXiv:1502.03509.
 */
export function maskedMLP(options: MaskedMLPOptions = {}): ConditionerSpec {
  return { type: 'maskedMLP', ...options }
}

const schema = v.strictObject({
  hidden: v.optional(widths, [64, 64]),
  activation: v.optional(activationOption, 'tanh'),
  dropout: v.optional(dropoutOption, 0),
  fourier: v.optional(fourierOption),
  lastLayerScale: v.optional(lastLayerScaleOption, 0),
})

/** `share` is the part of the widths that this net has, where several share them. */
export function buildMaskedMLP(
  spec: ConditionerSpec,
  shape: MaskedShape,
  share: (width: number) => number,
): MaskedConditioner {
  const { hidden, fourier, ...options } = checkSpec(spec, schema)
  const layers = hidden.map((width) => hiddenEnds(share(width), shape.dim, shape.contextDim))
  const outs = outputEnds(shape.numbers, layers[layers.length - 1])
  return withMaskedFeatures(fourier, shape, (ins) => maskedPerceptron([ins, ...layers, outs], options))
}

export interface MaskedPerceptronOptions {
  readonly activation: Activation
  /** Default 0. */
  readonly dropout?: number
  readonly lastLayerScale: number
}

/**
 * y = W_L h + b_L, hₗ = m ⊙ σ(Wₗ hₗ₋₁ + bₗ), in the units of `ends`, inputs first, outputs last: a unit of degree d sees those
 * of degree ≤ d in the layer before.
 */
export function maskedPerceptron(
  ends: readonly Ends[],
  { activation, dropout = 0, lastLayerScale }: MaskedPerceptronOptions,
): MaskedConditioner {
  const layers = ends.slice(1).map((outs, l) => maskedDense(`${l}`, ends[l], outs))
  const last = layers.length - 1
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    initialise(values, stream) {
      for (const [l, layer] of layers.entries()) layer.initialise(values, stream, l < last ? 1 : lastLayerScale)
    },
    forward(pass, { params, x, theta }) {
      const { rows } = pass
      // Of each layer, what its product leaves, and what the next one sees; by degrees, what makes the one's gradient of the other's.
      const a = ends.slice(1, -1).map((units) => pass.tape(widthOf(units), rows))
      const h = [x, ...a.map((span) => (bendsInPlace(activation, dropout) ? span : pass.tape(...span.shape)))]
      const made = [...a, flat(theta)]
      const backs = ends.map((): ((dh: Span) => void)[] => [])
      return {
        advance(k) {
          for (const [l, layer] of layers.entries()) {
            layer.advance(pass, { params, x: h[l], y: made[l] }, k)
            const { first, count } = block(ends[l + 1], k)
            if (l === last || count === 0) continue
            const [from, to] = [made[l], h[l + 1]].map((span) => parts(span, first, count))
            backs[l + 1][k] = hiddenUnits(pass, activation, dropout, from, to).back
          }
        },
        /**
         * Per layer, from the last, h its input and a = W h + b, all by the units of degree k: dW, db and dh of da as
         * `maskedDense` has it, and through the hidden units da′ = dh·m·σ′(a′).
         */
        back({ dParams, dx, dTheta }) {
          const dh = [dx, ...a.map(({ shape }) => pass.scratch(...shape)), flat(dTheta)]
          const scratch = pass.scratch(Math.max(...layers.map((layer) => layer.scratch(rows))))
          return (k) => {
            for (let l = last; l >= 0; l--) {
              layers[l].retreat(pass, { params, dParams, x: h[l], dy: dh[l + 1], dx: dh[l], scratch }, k)
              const { first, count } = block(ends[l], k)
              if (l > 0 && count > 0) backs[l][k](parts(dh[l], first, count))
            }
          }
        },
      }
    },
  }
}

/** θ [dim, numbers, rows] as the rows of outputs. */
export function flat(theta: Span): Span {
  const [dim, numbers, rows] = theta.shape
  return reshape(theta, dim * numbers, rows)
}

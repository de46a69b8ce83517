import * as v from 'valibot'
import { parts, reshape, type Span } from '../kernels/pass.js'
import { checkSpec, number, oneOf, widths } from '../options.js'
import { activate } from './activations.js'
import type { ConditionerSpec } from './conditioner.js'
import { block, type Ends, hiddenEnds, inputEnds, outputEnds, widthOf } from './degrees.js'
import type { MaskedConditioner, MaskedShape } from './masked-conditioner.js'
import { maskedDense } from './masked-dense.js'

export interface MaskedMLPOptions {
  /** Widths of the hidden layers; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Default 'tanh'. */
  readonly activation?: 'tanh' | 'relu'
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

/** What the last layer's initial weights are multiplied by. */
export const lastLayerScaleOption = number('a finite number ≥ 0', (scale) => scale >= 0)

const schema = v.strictObject({
  hidden: v.optional(widths, [64, 64]),
  activation: v.optional(oneOf(['tanh', 'relu']), 'tanh'),
  lastLayerScale: v.optional(lastLayerScaleOption, 0),
})

/** `share` is the part of the widths that this net has, where several share them. */
export function buildMaskedMLP(
  spec: ConditionerSpec,
  { dim, contextDim, numbers }: MaskedShape,
  share: (width: number) => number,
): MaskedConditioner {
  const { hidden, ...options } = checkSpec(spec, schema)
  const layers = hidden.map((width) => hiddenEnds(share(width), dim, contextDim))
  const ends = [inputEnds(dim, contextDim), ...layers]
  return maskedPerceptron([...ends, outputEnds(numbers, ends[ends.length - 1])], options)
}

/**
 * y = W_L σ(… σ(W₁x + b₁) …) + b_L in the units of `ends`, inputs first, outputs last: a unit of degree d sees those of
 * degree ≤ d in the layer before.
 */
export function maskedPerceptron(
  ends: readonly Ends[],
  { activation, lastLayerScale }: { readonly activation: 'tanh' | 'relu'; readonly lastLayerScale: number },
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
      const h = [x, ...ends.slice(1, -1).map((units) => pass.tape(widthOf(units), rows)), flat(theta)]
      const bends = layers.map((): ((dh: Span) => void)[] => [])
      return {
        advance(k) {
          for (const [l, layer] of layers.entries()) {
            layer.advance(pass, { params, x: h[l], y: h[l + 1] }, k)
            const { first, count } = block(ends[l + 1], k)
            if (l < last && count > 0) bends[l + 1][k] = activate(pass, activation, parts(h[l + 1], first, count))
          }
        },
        /**
         * Per layer, from the last, h its input and a = W h + b, all by the units of degree k: dW, db and dh of da as
         * `maskedDense` has it, and through the activation da′ = dh·σ′(a′).
         */
        back({ dParams, dx, dTheta }) {
          const dh = [dx, ...ends.slice(1, -1).map((units) => pass.scratch(widthOf(units), rows)), flat(dTheta)]
          const scratch = pass.scratch(Math.max(...layers.map((layer) => layer.scratch(rows))))
          return (k) => {
            for (let l = last; l >= 0; l--) {
              layers[l].retreat(pass, { params, dParams, x: h[l], dy: dh[l + 1], dx: dh[l], scratch }, k)
              const { first, count } = block(ends[l], k)
              if (l > 0) bends[l][k]?.(parts(dh[l], first, count))
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

import * as v from 'valibot'
import { add } from '../kernels/operations/memory.js'
import { type Pass, parts, type Span } from '../kernels/pass.js'
import { checkSpec, integer } from '../options.js'
import {
  type Activation,
  activationOption,
  activations,
  bendsInPlace,
  dropoutOption,
  type HiddenUnits,
  hiddenUnits,
} from './activations.js'
import type { ConditionerSpec } from './conditioner.js'
import { block, type Ends, hiddenEnds, outputEnds, widthOf } from './degrees.js'
import { type Fourier, fourierOption, withMaskedFeatures } from './fourier.js'
import { lastLayerScaleOption } from './linear.js'
import type { MaskedConditioner, MaskedShape } from './masked-conditioner.js'
import { type MaskedDense, maskedDense } from './masked-dense.js'
import { flat } from './masked-mlp.js'
import type { Spans } from './parameters.js'
import { QUIET } from './residual.js'

/** The size of a masked residual net, whose outputs see the columns before theirs alone, and what bends in it. */
export interface MaskedResidualOptions {
  /** The width of all hidden layers; default 64. */
  readonly hidden?: number
  /** How many blocks h ← h + W₂ (m ⊙ σ(W₁ σ(h) + b₁)) + b₂, m the masks of dropout; default 2. */
  readonly blocks?: number
  /** Default 'relu'. */
  readonly activation?: Activation
  /** The share of units between a block's layers that a training step leaves out, in [0, 1); default 0. */
  readonly dropout?: number
  /** Waves sin kωx, cos kωx that the net sees of every column, beside it or in its place; a number is how many. */
  readonly fourier?: Fourier
  /** What the last layer's initial weights are multiplied by; default 0, so that a flow starts as the identity. */
  readonly lastLayerScale?: number
}

/**
 * A masked residual net as an autoregressive layer's conditioner: θ of a coordinate sees those before it alone. Source:
 * Germain et al., MADE, arXiv:1502.03509; blocks that keep the degrees: Durkan et al., arXiv:1906.04032 §4.
 */
export function maskedResidual(options: MaskedResidualOptions = {}): ConditionerSpec {
  return { type: 'maskedResidual', ...options }
}

const schema = v.strictObject({
  hidden: v.optional(integer(1), 64),
  blocks: v.optional(integer(1), 2),
  activation: v.optional(activationOption, 'relu'),
  dropout: v.optional(dropoutOption, 0),
  fourier: v.optional(fourierOption),
  lastLayerScale: v.optional(lastLayerScaleOption, 0),
})

/** `share` is the part of the width that this net has, where several share it. */
export function buildMaskedResidual(
  spec: ConditionerSpec,
  shape: MaskedShape,
  share: (width: number) => number,
): MaskedConditioner {
  const { hidden, fourier, ...options } = checkSpec(spec, schema)
  const units = hiddenEnds(share(hidden), shape.dim, shape.contextDim)
  const outs = outputEnds(shape.numbers, units)
  return withMaskedFeatures(fourier, shape, (ins) => residualNet([ins, units, outs], options))
}

interface BlockOptions {
  readonly activation: Activation
  /** Default 0. */
  readonly dropout?: number
}

interface ResidualOptions extends BlockOptions {
  readonly blocks: number
  readonly lastLayerScale: number
}

/** h₀ = W x + b, hᵢ₊₁ = hᵢ + W₂ (m ⊙ σ(W₁ σ(hᵢ) + b₁)) + b₂, y = W h_B + b, every h in the same units by degree. */
export function residualNet(
  [ins, units, outs]: readonly [Ends, Ends, Ends],
  { blocks, lastLayerScale, ...options }: ResidualOptions,
): MaskedConditioner {
  const [first, last] = [maskedDense('first', ins, units), maskedDense('last', units, outs)]
  const residuals = Array.from({ length: blocks }, (_, b) => residualBlock(`blocks.${b}`, units, options))
  return {
    parameters: [first, ...residuals, last].flatMap(({ parameters }) => parameters),
    initialise(values, stream) {
      first.initialise(values, stream, 1)
      for (const residual of residuals) residual.initialise(values, stream, QUIET)
      last.initialise(values, stream, lastLayerScale)
    },
    forward(pass, { params, x, theta }) {
      const hidden = () => pass.tape(widthOf(units), pass.rows)
      const y = flat(theta)
      const h = [hidden(), ...residuals.map(hidden)]
      const calls = residuals.map((residual, b) => residual.forward(pass, { params, x: h[b], y: h[b + 1] }))
      return {
        advance(k) {
          first.advance(pass, { params, x, y: h[0] }, k)
          for (const { advance } of calls) advance(k)
          last.advance(pass, { params, x: h[blocks], y }, k)
        },
        back({ dParams, dx, dTheta }) {
          const scratch = pass.scratch(
            Math.max(...[first, last, ...residuals].map((layer) => layer.scratch(pass.rows))),
          )
          const dh = h.map(() => pass.scratch(widthOf(units), pass.rows))
          const dy = flat(dTheta)
          const backs = calls.map(({ back }, b) => back({ dParams, dx: dh[b], dy: dh[b + 1], scratch }))
          return (k) => {
            last.retreat(pass, { params, dParams, x: h[blocks], dy, dx: dh[blocks], scratch }, k)
            for (const back of backs.toReversed()) back(k)
            first.retreat(pass, { params, dParams, x, dy: dh[0], dx, scratch }, k)
          }
        },
      }
    },
  }
}

interface BlockGradients {
  readonly dParams: Spans
  readonly dx: Span
  readonly dy: Span
  readonly scratch: Span
}

interface ResidualBlock extends Pick<MaskedDense, 'parameters' | 'initialise' | 'scratch'> {
  forward(
    pass: Pass,
    call: { readonly params: Spans; readonly x: Span; readonly y: Span },
  ): { advance(k: number): void; back(gradients: BlockGradients): (k: number) => void }
}

/** y = x + W₂ v + b₂, v = m ⊙ σ(a), a = W₁ u + b₁, u = σ(x); `scale` is what W₂ starts multiplied by. */
function residualBlock(name: string, units: Ends, { activation, dropout = 0 }: BlockOptions): ResidualBlock {
  const [one, two] = [maskedDense(`${name}.0`, units, units), maskedDense(`${name}.1`, units, units)]
  const { forward, backward } = activations[activation]
  return {
    parameters: [...one.parameters, ...two.parameters],
    initialise(values, stream, scale) {
      one.initialise(values, stream, 1)
      two.initialise(values, stream, scale)
    },
    scratch: one.scratch,
    forward(pass, { params, x, y }) {
      const [u, a] = [0, 1].map(() => pass.tape(...x.shape))
      const v = bendsInPlace(activation, dropout) ? a : pass.tape(...x.shape)
      const inner: HiddenUnits[] = []
      const of = (span: Span, k: number) => parts(span, block(units, k).first, block(units, k).count)
      return {
        advance(k) {
          if (block(units, k).count === 0) return
          forward(pass, of(x, k), of(u, k))
          one.advance(pass, { params, x: u, y: a }, k)
          inner[k] = hiddenUnits(pass, activation, dropout, of(a, k), of(v, k))
          two.advance(pass, { params, x: v, y }, k)
          add(pass, { x: of(x, k), y: of(y, k) })
        },
        /**
         * All by the units of degree k:
         *   dv = W₂ᵀ dy,  da = dv m σ′(a),  du = W₁ᵀ da      (weights and biases as `maskedDense` has it)
         *   dx = dy + du σ′(x)                               (x passes, and goes into σ)
         */
        back({ dParams, dx, dy, scratch }) {
          const dv = pass.scratch(...x.shape)
          return (k) => {
            if (block(units, k).count === 0) return
            two.retreat(pass, { params, dParams, x: v, dy, dx: dv, scratch }, k)
            inner[k].back(of(dv, k))
            one.retreat(pass, { params, dParams, x: u, dy: dv, dx, scratch }, k)
            const du = of(dx, k)
            backward(pass, { a: of(x, k), h: of(u, k), dh: du, da: du })
            add(pass, { x: of(dy, k), y: du })
          }
        },
      }
    },
  }
}

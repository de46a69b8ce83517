import * as v from 'valibot'
import { add } from '../kernels/operations/memory.js'
import { scaleRows, scaleRowsBackward } from '../kernels/operations/scale-rows.js'
import type { Pass, Span } from '../kernels/pass.js'
import { checkSpec, integer, number } from '../options.js'
import type { RandomStream } from '../random/stream.js'
import { type Activation, activationOption, activations, dropoutOption, hiddenUnits } from './activations.js'
import type { Conditioner, ConditionerSpec } from './conditioner.js'
import { type Fourier, fourierOption, withFeatures } from './fourier.js'
import { type Linear, type LinearGradients, lastLayerScaleOption, linear, linearScratch } from './linear.js'
import type { ParameterSlot, Spans, Values } from './parameters.js'

/** The size of a residual net and what bends in it. */
export interface ResidualOptions {
  /** The width of all hidden layers; default 64. */
  readonly hidden?: number
  /** How many blocks, of two layers each; default 2. */
  readonly blocks?: number
  /** Default 'relu'. */
  readonly activation?: Activation
  /** The share of units between a block's layers that a training step leaves out, in [0, 1); default 0. */
  readonly dropout?: number
  /** What γ starts at, such as 1e-2; by default there is no γ. */
  readonly layerScale?: number
  /** Waves sin kωx, cos kωx that the net sees of every column, beside it or in its place; a number is how many. */
  readonly fourier?: Fourier
  /** What the last layer's initial weights are multiplied by; default 0, so that a flow starts as the identity. */
  readonly lastLayerScale?: number
}

/**
 * A residual net as a layer's conditioner, from x [inputs, rows] to y [outputs, rows]:
 * h₀ = W x + b; of each block h ← h + γ ⊙ (W₂ (m ⊙ σ(W₁ σ(h) + b₁)) + b₂), m the masks of dropout; y = W h + b.
 * With a layer scale γ [hidden] is learnable, a number a unit; else it is 1. Source: He et al., arXiv:1603.05027 §4, as
 * Durkan et al., arXiv:1906.04032, have it; γ: Touvron et al., CaiT, arXiv:2103.17239 §2.1.
 *
 * @throws UsageError, when a flow is made of it, where an option is not of its kind.
 */
export function residual(options: ResidualOptions = {}): ConditionerSpec {
  return { type: 'residual', ...options }
}

const schema = v.strictObject({
  hidden: v.optional(integer(1), 64),
  blocks: v.optional(integer(1), 2),
  activation: v.optional(activationOption, 'relu'),
  dropout: v.optional(dropoutOption, 0),
  fourier: v.optional(fourierOption),
  layerScale: v.optional(number('a finite number ≥ 0', (scale) => scale >= 0)),
  lastLayerScale: v.optional(lastLayerScaleOption, 0),
})

/** What W₂ of a block without layer scale starts multiplied by: a block then adds about a hundredth of what it sees. */
export const QUIET = 0.01

type NetOptions = Omit<v.InferOutput<typeof schema>, 'fourier'>
type BlockOptions = Pick<NetOptions, 'hidden' | 'activation' | 'dropout' | 'layerScale'>

export function buildResidual(spec: ConditionerSpec, inputs: number, outputs: number, contextDim: number): Conditioner {
  const { fourier, ...options } = checkSpec(spec, schema)
  return withFeatures(fourier, { inputs, contextDim }, (inputs) => residualNet(inputs, outputs, options))
}

function residualNet(inputs: number, outputs: number, options: NetOptions): Conditioner {
  const { hidden, blocks, lastLayerScale } = options
  const [first, last] = [linear('first', inputs, hidden), linear('last', hidden, outputs)]
  const residuals = Array.from({ length: blocks }, (_, k) => residualBlock(`blocks.${k}`, options))
  return {
    parameters: [first, ...residuals, last].flatMap(({ parameters }) => parameters),
    initialise(values, stream) {
      first.initialise(values, stream, 1)
      for (const block of residuals) block.initialise(values, stream)
      last.initialise(values, stream, lastLayerScale)
    },
    forward(pass, { params, x, y }) {
      const h = [pass.tape(hidden, pass.rows)]
      first.forward(pass, { params, x, y: h[0] })
      const backs = residuals.map((block, k) => {
        h.push(pass.tape(hidden, pass.rows))
        return block.forward(pass, { params, x: h[k], y: h[k + 1] })
      })
      last.forward(pass, { params, x: h[blocks], y })
      /** dh = Wᵀ dy, from block to block in one place, dx = W₀ᵀ dh. */
      return ({ dParams, dx, dy }) => {
        const scratch = linearScratch(pass, [first, last])
        const dh = pass.scratch(hidden, pass.rows)
        const inner = [pass.scratch(hidden, pass.rows), pass.scratch(hidden, pass.rows)] as const
        last.backward(pass, { params, dParams, x: h[blocks], dy, dx: dh, scratch })
        for (const back of backs.toReversed()) back({ dParams, dh, inner, scratch })
        first.backward(pass, { params, dParams, x, dy: dh, dx, scratch })
      }
    },
  }
}

/** A block's way back: `dh` holds the gradient of its output, then that of its input. */
interface BlockGradients extends Pick<LinearGradients, 'dParams' | 'scratch'> {
  readonly dh: Span
  /** Two arrays [hidden, rows] to work in. */
  readonly inner: readonly [Span, Span]
}

interface Block {
  readonly parameters: readonly ParameterSlot[]
  initialise(values: Values, stream: RandomStream): void
  forward(pass: Pass, call: Parameters<Linear['forward']>[1]): (gradients: BlockGradients) => void
}

/** y = x + γ ⊙ r, r = W₂ v + b₂, v = m ⊙ σ(a), a = W₁ u + b₁, u = σ(x). */
function residualBlock(name: string, { hidden, activation, dropout, layerScale }: BlockOptions): Block {
  const [one, two] = [linear(`${name}.0`, hidden, hidden), linear(`${name}.1`, hidden, hidden)]
  const scale = layerScale === undefined ? [] : [{ name: `${name}.scale`, shape: [hidden] }]
  const gammaIn = (spans: Spans): Span | undefined => spans[`${name}.scale`]
  return {
    parameters: [...one.parameters, ...two.parameters, ...scale],
    initialise(values, stream) {
      one.initialise(values, stream, 1)
      two.initialise(values, stream, layerScale === undefined ? QUIET : 1)
      if (layerScale !== undefined) values[`${name}.scale`].fill(layerScale)
    },
    forward(pass, { params, x, y }) {
      const gamma = gammaIn(params)
      // x goes on to y as well: what is bent lies elsewhere.
      const u = activations[activation].forward(pass, x, pass.tape(...x.shape))
      const a = pass.tape(...x.shape)
      one.forward(pass, { params, x: u, y: a })
      const units = hiddenUnits(pass, activation, dropout, a)
      const r = gamma ? pass.tape(...x.shape) : y
      two.forward(pass, { params, x: units.h, y: r })
      if (gamma) scaleRows(pass, { gamma, x: r, y })
      add(pass, { x, y })
      /**
       * By the order of calls:
       *   dr = γ ⊙ dy, dγ += Σ dy ⊙ r
       *   dW₂ += dr vᵀ, db₂ += Σ dr, dv = W₂ᵀ dr, da = dv ⊙ m ⊙ σ′(a)
       *   dW₁ += da uᵀ, db₁ += Σ da, du = W₁ᵀ da
       *   dx = dy + du ⊙ σ′(x), since x passes as well
       */
      return ({ dParams, dh, inner: [du, dv], scratch }) => {
        const dr = gamma ? du : dh
        const dGamma = gammaIn(dParams)
        if (gamma && dGamma) scaleRowsBackward(pass, { gamma, x: r, dy: dh, dx: dr, dGamma })
        two.backward(pass, { params, dParams, x: units.h, dy: dr, dx: dv, scratch })
        units.back(dv)
        one.backward(pass, { params, dParams, x: u, dy: dv, dx: du, scratch })
        activations[activation].backward(pass, { a: x, h: u, dh: du, da: du })
        add(pass, { x: du, y: dh })
      }
    },
  }
}

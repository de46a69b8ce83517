import { UsageError } from '../errors.js'
import { type Activation, checkActivation } from '../nets/activations.js'
import { perceptron } from '../nets/mlp.js'
import { echo, unknownOption } from '../options.js'
import { softAffineTransformer } from '../transformers/soft-affine.js'
import { coordinates, couple } from './couple.js'
import { checkMask } from './coupling.js'
import type { Layer, LayerSpec } from './layer.js'

/** Starts the coupling near the identity: s and t are about a tenth of what they would be otherwise. */
const LAST_LAYER_SCALE = 0.1

/** Which columns an affine coupling moves, and the net that it does it by. */
export interface AffineCouplingOptions {
  /** One entry a coordinate: 1 or true = kept (and fed to the conditioner), 0 or false = transformed. */
  mask: readonly (number | boolean)[]
  /** Widths of the conditioner's hidden layers; default [4]. */
  hidden?: readonly number[]
  /** Default 'tanh'. */
  activation?: Activation
}

/**
 * Affine coupling with a soft clamp on the log-scale.
 *
 * With x_a the kept and x_b the m transformed coordinates, (a, t) = MLP(x_a), s = tanh(a/eᶠ)·eᶠ:
 * z_a = x_a, z_b = (x_b + t) ⊙ e^s, log|det ∂z/∂x| = Σ s; x_b = z_b ⊙ e^−s − t. The net's outputs are all a, then
 * all t; f is one learnable scalar, so that |s| < eᶠ. Source: Dinh et al., RealNVP, arXiv:1605.08803 §3.
 *
 * @throws UsageError where the mask keeps or transforms nothing, or an option is not of its kind.
 */
export function affineCoupling(options: AffineCouplingOptions): LayerSpec {
  const { mask, hidden = [4], activation = 'tanh', ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) throw unknownOption('affineCoupling', key, ['mask', 'hidden', 'activation'])
  if (!Array.isArray(mask) || !Array.isArray(hidden)) {
    throw new UsageError(
      `affineCoupling takes arrays as mask and hidden, such as { mask: [1, 0], hidden: [4] }; got ${echo(options)}.`,
    )
  }
  return { type: 'affineCoupling', mask: [...mask].map(Number), hidden: [...hidden], activation }
}

interface Validated {
  mask: readonly number[]
  hidden: readonly number[]
  activation: Activation
}

/** The options of a spec, checked against the flow's dimension. Throws UsageError. */
function validated(spec: LayerSpec, dim: number): Validated {
  const { mask, hidden, activation } = spec as LayerSpec & Validated
  if (!Array.isArray(mask))
    throw new UsageError(`affineCoupling's mask is ${echo(mask)}; expected ${dim} entries, each 0 or 1.`)
  checkMask('affineCoupling', mask, dim)
  if (!Array.isArray(hidden) || hidden.length === 0 || !hidden.every((w) => Number.isInteger(w) && w > 0)) {
    throw new UsageError(`affineCoupling's hidden is ${echo(hidden)}; expected one or more widths, such as [64, 64].`)
  }
  checkActivation('affineCoupling', activation)
  return { mask, hidden, activation }
}

export function buildAffineCoupling(spec: LayerSpec, dim: number, contextDim: number): Layer {
  const options = validated(spec, dim)
  const { mask, hidden, activation } = options
  const net = perceptron({
    inputs: coordinates(mask, 1).length + contextDim,
    hidden,
    outputs: 2 * coordinates(mask, 0).length,
    activation,
    lastLayerScale: LAST_LAYER_SCALE,
  })
  return { ...couple(mask, net, softAffineTransformer), spec: { ...spec, ...options }, label: 'Scale and Shift' }
}

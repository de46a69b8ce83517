import { affineCoupling } from '../layers/affine-coupling.js'
import { autoregressive } from '../layers/autoregressive.js'
import { alternatingMask, coupling } from '../layers/coupling.js'
import { elementwise } from '../layers/elementwise.js'
import { invert } from '../layers/invert.js'
import type { LayerSpec } from '../layers/layer.js'
import { leakyReLU } from '../layers/leaky-relu.js'
import { luLinear } from '../layers/lu-linear.js'
import { additive } from '../transformers/additive.js'
import { affine } from '../transformers/affine.js'
import { circularShift } from '../transformers/circular-shift.js'
import { circularRationalQuadratic, rationalQuadratic } from '../transformers/rational-quadratic.js'
import type { TransformerSpec } from '../transformers/transformer.js'
import {
  checkedOptions,
  checkedPlainOptions,
  checkedSplineOptions,
  netOptions,
  type PlainPresetOptions,
  type PresetOptions,
  type SplinePresetOptions,
} from './options.js'

// Each is a plain function from the number of columns to a list of layers, data → noise.

/** Nets whose waves, if any, repeat after a spline's whole box; a single column's have but the context to see. */
const netOf = (dim: number, box?: number) => ({
  hidden: [64, 64],
  activation: 'relu',
  waves: { ...(box !== undefined && { period: 2 * box }), ...(dim === 1 && { context: true }) },
})

/** `count` lists of layers, one after the other. */
function repeat(count: number, layers: (i: number) => readonly LayerSpec[]): LayerSpec[] {
  return Array.from({ length: count }, (_, i) => layers(i)).flat()
}

/** Couplings with alternating masks; one column, which has nothing to couple with, by itself (and the context). */
function couplings(dim: number, i: number, transformer: TransformerSpec, net: object): LayerSpec {
  if (dim === 1) return autoregressive({ transformer, conditioner: { type: 'maskedMLP', ...net } })
  return coupling({ mask: alternatingMask(dim, i), transformer, conditioner: { type: 'mlp', ...net } })
}

/** The default flow: leaky ReLU and affine coupling with the soft clamp, `layers` times; default 9 with [4], tanh. */
export function tutorial(dim: number, options: PlainPresetOptions = {}): LayerSpec[] {
  const { layers = 9, hidden = [4], activation = 'tanh' } = checkedPlainOptions('tutorial', options)
  if (dim === 1) return realNVP(dim, { layers, hidden, activation })
  return repeat(layers, (i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(dim, i), hidden, activation: activation }),
  ])
}

/** NICE: additive couplings, and a scale of each column at the end; default 8. Source: Dinh et al., arXiv:1410.8516. */
export function nice(dim: number, options: PresetOptions = {}): LayerSpec[] {
  const { layers = 8, ...net } = checkedOptions('nice', options)
  return [
    ...repeat(layers, (i) => [couplings(dim, i, additive(), netOptions(net, netOf(dim)))]),
    elementwise({ transformer: affine() }),
  ]
}

/** RealNVP: affine couplings; default 8. Source: Dinh et al., arXiv:1605.08803. */
export function realNVP(dim: number, options: PresetOptions = {}): LayerSpec[] {
  const { layers = 8, ...net } = checkedOptions('realNVP', options)
  return repeat(layers, (i) => [couplings(dim, i, affine(), netOptions(net, { ...netOf(dim), activation: 'tanh' }))])
}

/**
 * Neural spline flow by couplings: from three columns on each behind a linear layer; default 6.
 * Source: Durkan et al., arXiv:1906.04032.
 */
export function nsf(dim: number, options: SplinePresetOptions = {}): LayerSpec[] {
  const { layers = 6, bins, box, minBinSize, minDerivative, ...net } = checkedSplineOptions('nsf', options)
  const transformer = rationalQuadratic({ bins, box, minBinSize, minDerivative })
  return repeat(layers, (i) => [...mix(dim, i), couplings(dim, i, transformer, netOptions(net, netOf(dim, box)))])
}

/** From three columns on, alternating masks alone would leave some of them apart. */
const mix = (dim: number, i: number): LayerSpec[] => (dim > 2 && i > 0 ? [luLinear()] : [])

/** The order of an autoregressive layer: given, reversed, given, … */
const turn = (i: number) => (i % 2 === 0 ? 'given' : 'reversed') as 'given' | 'reversed'

/** Neural spline flow by autoregressive layers, the order turned each time; default 3. Source: as nsf. */
export function nsfAutoregressive(dim: number, options: SplinePresetOptions = {}): LayerSpec[] {
  const {
    layers = 3,
    bins,
    box,
    minBinSize,
    minDerivative,
    ...net
  } = checkedSplineOptions('nsfAutoregressive', options)
  const conditioner = { type: 'maskedMLP', ...netOptions(net, netOf(dim, box)) }
  const transformer = rationalQuadratic({ bins, box, minBinSize, minDerivative })
  return repeat(layers, (i) => [autoregressive({ transformer, conditioner, order: turn(i) })])
}

/** Masked autoregressive flow, affine: fast densities; default 5. Source: Papamakarios et al., arXiv:1705.07057. */
export function maf(dim: number, options: PresetOptions = {}): LayerSpec[] {
  const { layers = 5, ...net } = checkedOptions('maf', options)
  const conditioner = { type: 'maskedMLP', ...netOptions(net, { ...netOf(dim), activation: 'tanh' }) }
  return repeat(layers, (i) => [autoregressive({ transformer: affine(), conditioner, order: turn(i) })])
}

/** Inverse autoregressive flow: MAF the other way about, fast samples; default 5. Source: Kingma et al., arXiv:1606.04934. */
export function iaf(dim: number, options: PresetOptions = {}): LayerSpec[] {
  return maf(dim, { layers: 5, ...options }).map(invert)
}

/**
 * Angles in [−π, π): a learned rotation of each column and splines on the circle, autoregressive; default 3. The nets see
 * sines and cosines of k times an angle, by default for k = 1 … 4, and so the circle, not its ends. Onto
 * uniformBox({ low: −π, high: π }), and of angles as they are, not standardised.
 * Source: Rezende et al., arXiv:2002.02428.
 */
export function circular(dim: number, options: Omit<SplinePresetOptions, 'box'> = {}): LayerSpec[] {
  const {
    layers = 3,
    bins,
    box: _,
    minBinSize,
    minDerivative,
    fourier = 4,
    ...net
  } = checkedSplineOptions('circular', options)
  const circle = { ...netOf(dim), waves: { period: 2 * Math.PI, raw: false } }
  const conditioner = { type: 'maskedMLP', ...netOptions({ ...net, fourier }, circle) }
  const transformer = circularRationalQuadratic({ bins, minBinSize, minDerivative })
  return repeat(layers, (i) => [
    elementwise({ transformer: circularShift() }),
    autoregressive({ transformer, conditioner, order: turn(i) }),
  ])
}

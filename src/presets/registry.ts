import type { BaseSpec } from '../bases/base.js'
import type { LayerSpec } from '../layers/layer.js'
import type { SplinePresetOptions } from './options.js'
import { circular, iaf, maf, nice, nsf, nsfAutoregressive, realNVP, tutorial } from './presets.js'

/** A preset by its name, with what it asks for around its layers. */
export interface Preset {
  readonly layers: (dim: number, options?: SplinePresetOptions) => LayerSpec[]
  readonly about: string
  /** Default the standard normal. */
  readonly base?: BaseSpec
  /** Whether columns are standardised; default true. */
  readonly standardise?: boolean
}

export const presets: Readonly<Record<string, Preset>> = {
  tutorial: { layers: tutorial, about: '9 × (leaky ReLU, affine coupling) with [4]: small, quick, instructive' },
  nice: { layers: nice, about: 'additive couplings: volume preserving up to one scale' },
  realNVP: { layers: realNVP, about: 'affine couplings: fast both ways' },
  nsf: { layers: nsf, about: 'spline couplings: flexible and fast both ways' },
  nsfAutoregressive: { layers: nsfAutoregressive, about: 'autoregressive splines: the most flexible, slower samples' },
  maf: { layers: maf, about: 'masked autoregressive, affine: fast densities, slower samples' },
  iaf: { layers: iaf, about: 'inverse autoregressive, affine: fast samples, slower densities' },
  circular: {
    layers: circular,
    about: 'angles in [−π, π), in radians: splines on the circle',
    base: { type: 'uniformBox', low: -Math.PI, high: Math.PI },
    standardise: false,
  },
}

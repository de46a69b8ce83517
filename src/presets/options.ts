import * as v from 'valibot'
import type { ConditionerSpec } from '../nets/conditioner.js'
import { type Fourier, type FourierOptions, fourierOption } from '../nets/fourier.js'
import { checkOptions, integer, number, oneOf, widths } from '../options.js'
import { checkBinSize, splineEntries } from '../transformers/rational-quadratic.js'

/** What presets take. */
export interface PresetOptions {
  /** How many transforms; each preset says what one is. */
  readonly layers?: number
  /** Widths of the conditioners' hidden layers. */
  readonly hidden?: readonly number[]
  readonly activation?: 'tanh' | 'relu' | 'silu' | 'gelu'
  /** Share of hidden units that a training step leaves out; default 0. */
  readonly dropout?: number
  /** Waves that the conditioners see of their columns, by default none; a number is how many frequencies. */
  readonly fourier?: Fourier
}

/** What that takes whose conditioners see columns as they are. */
export type PlainPresetOptions = Omit<PresetOptions, 'fourier'>

/** What those of splines take. */
export interface SplinePresetOptions extends PresetOptions {
  /** Bins of a spline; default 8. */
  readonly bins?: number
  /** Splines act on [−box, box] in standardised units; default 5. */
  readonly box?: number
  /** Least share of the box that a bin is wide and high; default 10⁻³. */
  readonly minBinSize?: number
  /** Least slope at a knot; default 10⁻³. */
  readonly minDerivative?: number
}

const common = {
  layers: v.optional(integer(1, 1000)),
  hidden: v.optional(widths),
  activation: v.optional(oneOf(['tanh', 'relu', 'silu', 'gelu'])),
  dropout: v.optional(number('a share from 0 to below 1', (share) => share >= 0 && share < 1)),
}
const nets = { ...common, fourier: v.optional(fourierOption) }
const splines = {
  ...nets,
  bins: v.optional(splineEntries.bins),
  box: v.optional(splineEntries.box),
  minBinSize: v.optional(splineEntries.minBinSize),
  minDerivative: v.optional(splineEntries.minDerivative),
}

/** @throws UsageError for an unknown option or one that is not of its kind. */
export const checkedPlainOptions = (preset: string, options: PlainPresetOptions) =>
  checkOptions(preset, v.strictObject(common), options)

/** @throws UsageError for an unknown option or one that is not of its kind. */
export const checkedOptions = (preset: string, options: PresetOptions) =>
  checkOptions(preset, v.strictObject(nets), options)

/** @throws UsageError for an unknown option or one that is not of its kind. */
export function checkedSplineOptions(preset: string, options: SplinePresetOptions) {
  const checked = checkOptions(preset, v.strictObject(splines), options)
  checkBinSize(preset, checked)
  return checked
}

/** What a preset says of a net where nothing is said; of its waves, if there are any. */
interface Defaults {
  readonly hidden: readonly number[]
  readonly activation: string
  readonly waves?: Partial<FourierOptions>
}

/** The options of a net as a preset has them. */
export function netOptions(
  { hidden, activation, dropout, fourier }: Omit<PresetOptions, 'layers'>,
  defaults: Defaults,
): Omit<ConditionerSpec, 'type'> {
  const waves = typeof fourier === 'number' ? { count: fourier } : fourier
  return {
    hidden: [...(hidden ?? defaults.hidden)],
    activation: activation ?? defaults.activation,
    ...(dropout !== undefined && dropout > 0 && { dropout }),
    ...(waves && { fourier: { ...defaults.waves, ...waves } }),
  }
}

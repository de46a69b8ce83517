import * as v from 'valibot'
import type { ConditionerSpec } from '../nets/conditioner.js'
import { checkOptions, integer, number, oneOf, widths } from '../options.js'

/** What all presets take. */
export interface PresetOptions {
  /** How many transforms; each preset says what one is. */
  readonly layers?: number
  /** Widths of the conditioners' hidden layers. */
  readonly hidden?: readonly number[]
  readonly activation?: 'tanh' | 'relu' | 'silu' | 'gelu'
  /** Share of hidden units that a training step leaves out; default 0. */
  readonly dropout?: number
}

/** What those of splines take. */
export interface SplinePresetOptions extends PresetOptions {
  /** Bins of a spline; default 8. */
  readonly bins?: number
  /** Splines act on [−box, box] in standardised units; default 5. */
  readonly box?: number
}

const common = {
  layers: v.optional(integer(1, 1000)),
  hidden: v.optional(widths),
  activation: v.optional(oneOf(['tanh', 'relu', 'silu', 'gelu'])),
  dropout: v.optional(number('a share from 0 to below 1', (share) => share >= 0 && share < 1)),
}
const splines = {
  ...common,
  bins: v.optional(integer(2, 512)),
  box: v.optional(number('a number above 0, at most 10⁶', (box) => box > 0 && box <= 1e6)),
}

/** @throws UsageError for an unknown option or one that is not of its kind. */
export const checkedOptions = (preset: string, options: PresetOptions) =>
  checkOptions(preset, v.strictObject(common), options)

/** @throws UsageError for an unknown option or one that is not of its kind. */
export const checkedSplineOptions = (preset: string, options: SplinePresetOptions) =>
  checkOptions(preset, v.strictObject(splines), options)

/** The options of a net as a preset has them, with what it takes where nothing is said. */
export function netOptions(
  { hidden, activation, dropout }: Omit<PresetOptions, 'layers'>,
  defaults: { hidden: readonly number[]; activation: string },
): Omit<ConditionerSpec, 'type'> {
  return {
    hidden: [...(hidden ?? defaults.hidden)],
    activation: activation ?? defaults.activation,
    ...(dropout !== undefined && dropout > 0 && { dropout }),
  }
}

import { unknownType } from '../options.js'
import type { ConditionerSpec } from './conditioner.js'
import type { MaskedConditioner, MaskedShape } from './masked-conditioner.js'
import { buildMaskedMLP } from './masked-mlp.js'
import { buildMaskedResidual } from './masked-residual.js'

/** Builds a masked net; `share` is the part of a width that this net has, where several share it. */
export type MaskedConditionerBuilder = (
  spec: ConditionerSpec,
  shape: MaskedShape,
  share: (width: number) => number,
) => MaskedConditioner

const builders = new Map<string, MaskedConditionerBuilder>([
  ['maskedMLP', buildMaskedMLP],
  ['maskedResidual', buildMaskedResidual],
])

/** @throws UsageError where the type is unknown or its options are not usable. */
export function buildMaskedConditioner(
  spec: ConditionerSpec,
  shape: MaskedShape,
  share: (width: number) => number = (width) => width,
): MaskedConditioner {
  const builder = builders.get(spec?.type)
  if (!builder) throw unknownType('masked conditioner', spec?.type, builders)
  return builder(spec, shape, share)
}

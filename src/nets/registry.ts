import { unknownType } from '../options.js'
import type { Conditioner, ConditionerSpec } from './conditioner.js'
import { buildMLP } from './mlp.js'
import { buildResidual } from './residual.js'

/** Builds a net between so many numbers a row; of its inputs the last `contextDim` are the context. */
export type ConditionerBuilder = (
  spec: ConditionerSpec,
  inputs: number,
  outputs: number,
  contextDim: number,
) => Conditioner

const builders = new Map<string, ConditionerBuilder>([
  ['mlp', buildMLP],
  ['residual', buildResidual],
])

/** @throws UsageError where the type is unknown or its options are not usable. */
export function buildConditioner(
  spec: ConditionerSpec,
  inputs: number,
  outputs: number,
  contextDim: number,
): Conditioner {
  const builder = builders.get(spec?.type)
  if (!builder) throw unknownType('conditioner', spec?.type, builders)
  return builder(spec, inputs, outputs, contextDim)
}

import { UsageError } from '../errors.js'
import { unknownType } from '../options.js'
import { buildAdditive } from './additive.js'
import { buildAffine } from './affine.js'
import { buildCircularShift } from './circular-shift.js'
import {
  buildExponential,
  buildHyperbolicTangent,
  buildLogistic,
  buildSinhArcsinh,
  buildSoftplus,
  buildSoftsign,
  buildSymmetricLog,
  buildYeoJohnson,
} from './maps.js'
import { buildCircularRationalQuadratic, buildRationalQuadratic } from './rational-quadratic.js'
import { buildSoftAffine } from './soft-affine.js'
import type { Transformer, TransformerSpec } from './transformer.js'

export type TransformerBuilder = (spec: TransformerSpec) => Transformer

const builders = new Map<string, TransformerBuilder>([
  ['additive', buildAdditive],
  ['affine', buildAffine],
  ['circularRationalQuadratic', buildCircularRationalQuadratic],
  ['circularShift', buildCircularShift],
  ['exponential', buildExponential],
  ['hyperbolicTangent', buildHyperbolicTangent],
  ['logistic', buildLogistic],
  ['rationalQuadratic', buildRationalQuadratic],
  ['sinhArcsinh', buildSinhArcsinh],
  ['softAffine', buildSoftAffine],
  ['softplus', buildSoftplus],
  ['softsign', buildSoftsign],
  ['symmetricLog', buildSymmetricLog],
  ['yeoJohnson', buildYeoJohnson],
])

/** @throws UsageError where the type is unknown or its options are not usable. */
export function buildTransformer(spec: TransformerSpec): Transformer {
  const builder = builders.get(spec?.type)
  if (!builder) throw unknownType('transformer', spec?.type, builders)
  return builder(spec)
}

/**
 * A transformer whose numbers a net makes.
 * @throws UsageError as above, and where it has no numbers: the net would have nothing to say.
 */
export function buildConditioned(layer: string, spec: TransformerSpec): Transformer {
  const transformer = buildTransformer(spec)
  if (transformer.numbers === 0) {
    throw new UsageError(
      `${layer} has a conditioner, but ${spec.type} no numbers that it could make: take elementwise({ transformer }) without one, or another transformer.`,
    )
  }
  return transformer
}

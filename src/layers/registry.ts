import { UsageError } from '../errors.js'
import { unknownType } from '../options.js'
import { buildActNorm } from './act-norm.js'
import { buildAffineCoupling } from './affine-coupling.js'
import { buildAutoregressive } from './autoregressive.js'
import { buildCoupling } from './coupling.js'
import { buildElementwise } from './elementwise.js'
import { buildGaussianise } from './gaussianise.js'
import { buildHouseholder } from './householder.js'
import { buildInvert } from './invert.js'
import type { Layer, LayerSpec } from './layer.js'
import { buildLeakyReLU } from './leaky-relu.js'
import { buildLULinear } from './lu-linear.js'
import { buildPermutation, buildReverse } from './permutation.js'
import { buildRotation } from './rotation.js'

/** Builds a layer for rows of `dim` coordinates with `contextDim` context columns. */
export type LayerBuilder = (spec: LayerSpec, dim: number, contextDim: number) => Layer

const builders = new Map<string, LayerBuilder>([
  ['actNorm', buildActNorm],
  ['affineCoupling', buildAffineCoupling],
  ['autoregressive', buildAutoregressive],
  ['coupling', buildCoupling],
  ['elementwise', buildElementwise],
  ['householder', buildHouseholder],
  ['gaussianise', buildGaussianise],
  ['invert', buildInvert(buildLayer)],
  ['leakyReLU', buildLeakyReLU],
  ['luLinear', buildLULinear],
  ['permutation', buildPermutation],
  ['reverse', buildReverse],
  ['rotation', buildRotation],
])

/**
 * Makes a layer of one's own known by the type of its spec, in this thread alone: see `registerLayers`.
 * @throws UsageError where the type is taken.
 */
export function registerLayer(type: string, builder: LayerBuilder): void {
  if (builders.has(type)) throw new UsageError(`A layer "${type}" is registered already; give yours another type.`)
  builders.set(type, builder)
}

/** @throws UsageError where the type is unknown or its options are not usable. */
export function buildLayer(spec: LayerSpec, dim: number, contextDim: number): Layer {
  if (typeof spec?.type !== 'string') {
    const what = Array.isArray(spec)
      ? 'a list (a chain of layers is flat: [[a, b], [c, d]].flat())'
      : JSON.stringify(spec)
    throw new UsageError(`A layer is ${what}; expected the value of ${[...builders.keys()].join('(…) or ')}(…).`)
  }
  const builder = builders.get(spec.type)
  if (!builder) throw unknownType('layer', spec.type, builders)
  return builder(spec, dim, contextDim)
}

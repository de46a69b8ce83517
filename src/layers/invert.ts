import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkSpec, part } from '../options.js'
import type { Layer, LayerSpec } from './layer.js'

/**
 * The same bijection the other way about: what was its inverse goes from data to noise. IAF is the inverse of MAF.
 *
 * @throws UsageError, when a flow is made of it, for a layer that sets itself by the data.
 */
export function invert(layer: LayerSpec): LayerSpec {
  return { type: 'invert', layer }
}

const schema = v.strictObject({ layer: part('a layer, such as autoregressive({ … })') })

export const buildInvert =
  (buildLayer: (spec: LayerSpec, dim: number, contextDim: number) => Layer) =>
  (spec: LayerSpec, dim: number, contextDim: number): Layer => {
    const { settle, ...layer } = buildLayer(checkSpec(spec, schema).layer as LayerSpec, dim, contextDim)
    if (settle) {
      throw new UsageError(
        `invert was given ${layer.spec.type}, which sets itself by the data that reach it: that has no inverse way. Use it as it is.`,
      )
    }
    return { ...layer, spec, label: `Inverse ${layer.label}`, forward: layer.inverse, inverse: layer.forward }
  }

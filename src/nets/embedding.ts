import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkOptions, integer, widths } from '../options.js'
import { type Activation, activationOption } from './activations.js'
import type { Conditioner } from './conditioner.js'
import { perceptron } from './mlp.js'

/** A net that the context passes before any layer sees it. */
export interface EmbeddingSpec {
  readonly hidden: readonly number[]
  readonly outputs: number
  readonly activation?: Activation
}

export interface Embedding {
  readonly net: Conditioner
  readonly outputs: number
}

const schema = v.strictObject({
  hidden: widths,
  outputs: integer(1),
  activation: v.optional(activationOption, 'tanh'),
})

/** @throws UsageError where there is no context, or an option is not of its kind. */
export function buildEmbedding(spec: EmbeddingSpec, contextDim: number): Embedding {
  const options = checkOptions('embedding', schema, spec)
  if (contextDim === 0)
    throw new UsageError('embedding needs a context to embed: give the flow a context of 1 or more.')
  return { net: perceptron({ ...options, inputs: contextDim, lastLayerScale: 1 }), outputs: options.outputs }
}

import { UsageError } from '../errors.js'
import { type Activation, checkActivation } from './activations.js'
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

/** @throws UsageError where there is no context, or a width is no integer ≥ 1. */
export function buildEmbedding({ hidden, outputs, activation = 'tanh' }: EmbeddingSpec, contextDim: number): Embedding {
  if (contextDim === 0)
    throw new UsageError('embedding needs a context to embed: give the flow a context of 1 or more.')
  checkActivation('embedding', activation)
  const widths = Array.isArray(hidden) ? [...hidden, outputs] : [0]
  if (hidden?.length === 0 || !widths.every((width) => Number.isInteger(width) && width > 0)) {
    throw new UsageError(
      `embedding is ${JSON.stringify({ hidden, outputs })}; expected widths such as { hidden: [16], outputs: 4 }.`,
    )
  }
  return { net: perceptron({ inputs: contextDim, hidden, outputs, activation, lastLayerScale: 1 }), outputs }
}

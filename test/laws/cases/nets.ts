import { type Activation, affine, type ConditionerSpec, mlp, residual } from 'pushforward'
import { type Case, coupled, dropping } from './case.js'

const ACTIVATIONS: readonly Activation[] = ['tanh', 'relu', 'silu', 'gelu']

/** Couplings by every net: its activations, layer scale, dropout, context. */
export function netCases(): Case[] {
  const by = (variant: string, conditioner: ConditionerSpec, contextDim?: number): Case => ({
    ...coupled(variant, { mask: [1, 0, 1], transformer: affine({ clamp: 2 }), conditioner }, contextDim),
    ...{ wide: 0.6, key: conditioner.dropout ? dropping.key : undefined },
  })
  // With last weights of 0 a first step would have no gradient to train the others by.
  const started = { lastLayerScale: 0.5 }
  const dropped = { ...started, hidden: [6], activation: 'silu', dropout: 0.4 } as const
  const scaled = { ...started, hidden: 5, activation: 'gelu', layerScale: 0.1 } as const
  return [
    ...ACTIVATIONS.flatMap((activation, i) => {
      const perceptron = { ...started, hidden: [6, 5], activation }
      const blocks = { ...started, hidden: 6, activation }
      return [
        by(`mlp, ${activation}`, mlp(perceptron)),
        by(`mlp, ${activation}, dropout`, mlp({ ...perceptron, dropout: 0.4 })),
        by(`residual, ${activation}`, residual(blocks)),
        by(`residual, ${activation}, dropout`, residual({ ...blocks, dropout: 0.4, layerScale: [0.1, 1][i] })),
      ]
    }),
    by('mlp, waves', mlp({ ...started, hidden: [6], fourier: 3 })),
    by('mlp, waves alone, dropout, context', mlp({ ...dropped, fourier: { count: 2, period: 3, raw: false } }), 2),
    by('residual, waves, context', residual({ ...scaled, fourier: { count: 2, context: true } }), 2),
    by('residual, layer scale', residual(scaled)),
    by('residual, layer scale, context', residual(scaled), 2),
    by('mlp, dropout, context', mlp(dropped), 2),
    by('residual, dropout, context', residual({ ...scaled, dropout: 0.4 }), 2),
  ]
}

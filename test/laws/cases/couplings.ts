import { type AffineCouplingOptions, affineCoupling, alternatingMask, mlp, softAffine } from 'pushforward'
import { type Case, coupled, throughMask } from './case.js'

/** An affine coupling case. */
function affineCase(variant: string, options: AffineCouplingOptions, contextDim?: number): Case {
  const dim = options.mask.length
  return {
    name: `affineCoupling, ${variant}`,
    spec: affineCoupling(options),
    dim,
    contextDim,
    ...throughMask(options.mask.map(Number)),
  }
}

export const couplingCases: readonly Case[] = [
  affineCase('mask 10', { mask: alternatingMask(2, 0) }),
  affineCase('mask 01', { mask: alternatingMask(2, 1) }),
  affineCase('two hidden layers', { mask: [0, 1], hidden: [7, 5] }),
  affineCase('three hidden layers', { mask: [0, 1, 1], hidden: [3, 6, 4] }),
  affineCase('scattered mask', { mask: [1, 0, 0, 1, 0], hidden: [6] }),
  affineCase('one kept of six', { mask: [0, 0, 0, 0, 1, 0], hidden: [4] }),
  affineCase('relu of one coordinate', { mask: [0, 1], hidden: [16, 8], activation: 'relu' }),
  affineCase('relu', { mask: [1, 0, 1], hidden: [8, 8], activation: 'relu' }),
  affineCase('silu', { mask: [1, 0, 1], hidden: [8, 8], activation: 'silu' }),
  affineCase('context', { mask: [1, 0], hidden: [5] }, 3),
  affineCase('context, scattered mask', { mask: [0, 1, 0, 1], hidden: [5, 3] }, 1),
  coupled('soft affine, mlp', { mask: [1, 0, 1], transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }),
  coupled('soft affine, context', { mask: [0, 1], transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 2),
  coupled('kept transformed too', {
    ...{ mask: [1, 0, 1], transformer: softAffine(), conditioner: mlp({ hidden: [5] }), kept: softAffine() },
  }),
]

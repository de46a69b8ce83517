import { affine, maskedMLP, maskedResidual, mlp, rationalQuadratic } from 'pushforward'
import { adjacent, atEdges, inverted, ordered, splines } from './autoregressive.js'
import { type Case, columnwise, coupled } from './case.js'

/** Nets that see waves of the columns before, masked and not, in every structure. */
export function waveCases(): Case[] {
  const last = { lastLayerScale: 1 } as const
  const net = { conditioner: maskedMLP({ ...last, hidden: [9, 6], fourier: { count: 2, period: 6 } }) }
  const alone = {
    conditioner: maskedResidual({ ...last, hidden: 8, activation: 'silu', fourier: { count: 3, raw: false } }),
  }
  const ofContext = { conditioner: maskedMLP({ ...last, hidden: [7], fourier: { count: 2, context: true } }) }
  const kept = { kept: rationalQuadratic({ bins: 4, box: 3 }), conditioner: mlp({ hidden: [5], fourier: 2 }) }
  const narrow: Pick<Case, 'wide'> = { wide: 0.6 }
  return [
    { ...coupled('splines, waves, kept too', { mask: [1, 0, 1], ...splines, ...kept }), ...atEdges },
    { ...ordered('3-D, waves', [0, 1, 2], net), ...narrow },
    { ...ordered('3-D, waves, context', [2, 0, 1], { order: [2, 0, 1], ...net }, 2), ...narrow },
    { ...ordered('4-D, residual, waves alone', [3, 2, 1, 0], { order: 'reversed', ...alone }), ...narrow },
    { ...ordered('2-D, waves of a context', [0, 1], ofContext, 2), ...narrow },
    { ...ordered('1-D, waves of a context', [0], ofContext, 1), ...narrow },
    { ...ordered('1-D, waves of nothing', [0], net), ...narrow },
    { ...inverted(ordered('3-D, waves', [0, 1, 2], net)), ...narrow },
    {
      ...inverted(ordered('3-D, residual, waves alone, context', [1, 2, 0], { order: [1, 2, 0], ...alone }, 1)),
      ...narrow,
    },
    { ...inverted(ordered('3-D, splines, waves', [0, 1, 2], { ...splines, ...net })), ...atEdges },
    { ...adjacent('adjacency, waves, context', [[1], [], [1], [0, 2], [1, 0]], net, 2), ...narrow },
    { ...inverted(adjacent('adjacency, waves alone', [[2], [2], []], alone)), ...narrow },
    columnwise(
      'waves of a context',
      { transformer: affine(), conditioner: mlp({ hidden: [4], fourier: { count: 2, context: true } }) },
      2,
      1,
    ),
  ]
}

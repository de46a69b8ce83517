import {
  additive,
  affine,
  circularRationalQuadratic,
  circularShift,
  elementwise,
  exponential,
  hyperbolicTangent,
  invert,
  logistic,
  mlp,
  rationalQuadratic,
  sinhArcsinh,
  softplus,
  softsign,
  symmetricLog,
  type TransformerSpec,
  yeoJohnson,
} from 'pushforward'
import { type Case, columnwise, coupled, independent } from './case.js'

/** A map the other way about: its data lie where its values do, and are drawn there from a normal. */
function bounded(name: string, transformer: TransformerSpec, data: (normal: number) => number): Case[] {
  const spec = invert(elementwise({ transformer }))
  return [{ name: `invert, elementwise, ${name}`, spec, dim: 2, data, edges: [0.25, 0.5, 0.75], ...independent }]
}

/** Angles by splines on the circle. */
function circularCases(): Case[] {
  const transformer = circularRationalQuadratic({ bins: 4 })
  const angles = {
    data: (normal: number) => (3.1 * normal) / (1 + Math.abs(normal)),
    imageOnly: true,
    edges: [0, 1, -Math.PI],
  }
  // By wider numbers of a net bins get so narrow that differences over h have no six digits left.
  return [
    { ...columnwise('circular spline', { transformer }, 2), ...angles },
    {
      ...columnwise('circular spline, context', { transformer, conditioner: mlp({ hidden: [4] }) }, 1, 2),
      ...angles,
      wide: 0.5,
    },
    { ...coupled('circular spline', { mask: [0, 1], transformer, conditioner: mlp({ hidden: [5] }) }), ...angles },
  ]
}

/** Splines whose bins are no narrower and whose slopes no less than that. */
function otherMinima(): Case[] {
  const minima = { bins: 4, minBinSize: 0.1, minDerivative: 0.2 }
  const transformer = rationalQuadratic({ box: 2, ...minima })
  return [
    { ...columnwise('spline of other minima', { transformer }, 2), edges: [1e3, -1e3, 0, 2, -2] },
    coupled('spline of other minima', { mask: [1, 0, 0], transformer, conditioner: mlp({ hidden: [5] }) }),
    {
      ...columnwise('circular spline of other minima', { transformer: circularRationalQuadratic(minima) }, 2),
      data: (normal: number) => (3.1 * normal) / (1 + Math.abs(normal)),
      imageOnly: true,
      edges: [0, 1, -Math.PI],
    },
  ]
}

/** Maps of one column by numbers, their own or of a net. */
export const transformerCases: readonly Case[] = [
  ...[rationalQuadratic(), rationalQuadratic({ bins: 5, box: 2 })].flatMap((transformer) => {
    const edges = [1e3, -1e3, 0, 2, -2, 5, -5, 2 - 2 ** -51, 5 + 2 ** -50]
    return [
      { ...columnwise(`spline of ${transformer.bins ?? 8} bins`, { transformer }, 2), edges },
      columnwise('spline, context', { transformer, conditioner: mlp({ hidden: [4] }) }, 1, 2),
      { ...coupled('spline', { mask: [1, 0, 0], transformer, conditioner: mlp({ hidden: [5] }) }), edges },
      coupled('spline, kept too', { mask: [0, 1], transformer, kept: transformer, conditioner: mlp({ hidden: [5] }) }),
    ]
  }),
  ...otherMinima(),
  ...circularCases(),
  ...[additive(), affine(), affine({ clamp: 2 }), sinhArcsinh(), yeoJohnson()].flatMap((transformer) => [
    columnwise(transformer.type, { transformer }, 2),
    columnwise(`${transformer.type}, context`, { transformer, conditioner: mlp({ hidden: [4] }) }, 1, 2),
    // Wider, and an inverse by e^raw of a net takes values where a difference has no six digits left.
    { ...coupled(transformer.type, { mask: [1, 0, 0], transformer, conditioner: mlp({ hidden: [5] }) }), wide: 0.6 },
  ]),
  { ...columnwise('symmetricLog', { transformer: symmetricLog() }, 2), edges: [0, -0, 50, -50] },
  ...[hyperbolicTangent(), logistic(), softsign(), softplus(), exponential()].map((transformer) => ({
    ...columnwise(transformer.type, { transformer }, 2),
    imageOnly: true,
    edges: [0, -0, 1, -1],
  })),
  ...bounded('hyperbolicTangent', hyperbolicTangent(), (normal) => normal / (1 + Math.abs(normal))),
  ...bounded('logistic', logistic(), (normal) => 0.5 + normal / (2 + 2 * Math.abs(normal))),
  ...bounded('softsign', softsign(), (normal) => normal / (1 + Math.abs(normal))),
  ...bounded('softplus', softplus(), (normal) => Math.exp(normal)),
  ...bounded('exponential', exponential(), (normal) => Math.exp(normal)),
  {
    ...columnwise('circularShift', { transformer: circularShift({ box: 3 }) }, 2),
    data: (normal: number) => (2.9 * normal) / (1 + Math.abs(normal)),
    imageOnly: true,
    edges: [0, -3, 2.5, -1],
  },
]

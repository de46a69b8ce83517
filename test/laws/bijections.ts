import {
  type AffineCouplingOptions,
  additive,
  affine,
  affineCoupling,
  alternatingMask,
  type CouplingOptions,
  circularShift,
  coupling,
  type ElementwiseOptions,
  elementwise,
  exponential,
  gaussianise,
  hyperbolicTangent,
  invert,
  type LayerSpec,
  leakyReLU,
  logistic,
  mlp,
  sinhArcsinh,
  softAffine,
  softplus,
  type TransformerSpec,
  yeoJohnson,
} from 'pushforward'

/** A bijection under the laws: one line a case. */
export interface Case {
  readonly name: string
  readonly spec: LayerSpec
  readonly dim: number
  readonly contextDim?: number
  /** Sd of the parameters drawn wide; default 1. */
  readonly wide?: number
  /** Its state, where that is not 0. */
  readonly state?: readonly number[]
  /** Whether it sets its parameters by the rows before the first step, which a test of its own looks at. */
  readonly settles?: boolean
  /** From a normal to a number that the bijection takes as data, where it does not take all. */
  readonly data?: (normal: number) => number
  /** Whether its noise does not fill the line: what comes from there is then made from data. */
  readonly imageOnly?: boolean
  /** Where round trips are tried beside ordinary numbers; default 0 and far out. */
  readonly edges?: readonly number[]
  /** Relative; default 1e-9, 1e-6 for a numerical inverse. */
  readonly roundTrip?: number
  /** (output, input) pairs whose derivative must vanish. */
  readonly independent?: (dim: number) => readonly (readonly [number, number])[]
}

const pairs = (dim: number) =>
  Array.from({ length: dim * dim }, (_, k): [number, number] => [Math.floor(k / dim), k % dim]).filter(
    ([i, j]) => i !== j,
  )

/** No coordinate depends on another one. */
const independent: Pick<Case, 'independent'> = { independent: pairs }

/** Kept coordinates (1) depend on none, transformed ones (0) on kept ones. */
const throughMask = (mask: readonly number[]): Pick<Case, 'independent'> => ({
  independent: (dim) => pairs(dim).filter(([i, j]) => mask[i] === 1 || mask[j] === 0),
})

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

function coupled(variant: string, options: CouplingOptions, contextDim?: number): Case {
  const dim = options.mask.length
  return {
    name: `coupling, ${variant}`,
    spec: coupling(options),
    dim,
    contextDim,
    ...throughMask(options.mask.map(Number)),
  }
}

function columnwise(variant: string, options: ElementwiseOptions, dim: number, contextDim?: number): Case {
  return { name: `elementwise, ${variant}`, spec: elementwise(options), dim, contextDim, ...independent }
}

/** A map the other way about: its data lie where its values do, and are drawn there from a normal. */
function inverted(name: string, transformer: TransformerSpec, data: (normal: number) => number): Case[] {
  const spec = invert(elementwise({ transformer }))
  return [{ name: `invert, elementwise, ${name}`, spec, dim: 2, data, edges: [0.25, 0.5, 0.75], ...independent }]
}

/** Knots of a spline, the last one repeated, shifted from column to column. */
const SPLINE = {
  x: [-1.6, -0.7, 0.1, 0.9, 1.7, 1.7],
  z: [-2.2, -0.6, 0.2, 0.4, 2.5, 2.5],
  logSlope: [0.3, 0.1, -0.5, -0.3, -0.2, -0.2],
}

/** The state of a Gaussianisation that has settled: its flag, then the knots of each column. */
function splineState(columns: number): number[] {
  const shifted = (numbers: readonly number[], by: number) =>
    Array.from({ length: columns }, (_, c) => numbers.map((value) => value + by * c)).flat()
  return [1, ...shifted(SPLINE.x, 0.2), ...shifted(SPLINE.z, -0.1), ...shifted(SPLINE.logSlope, 0.07)]
}

/** A Gaussianisation of some of the columns, with rows at its knots and beside them. */
function gaussianised(variant: string, dim: number, columns?: readonly number[]): Case {
  return {
    name: `gaussianise, ${variant}`,
    spec: gaussianise({ knots: SPLINE.x.length, ...(columns && { columns }) }),
    dim,
    state: splineState(columns?.length ?? dim),
    edges: [...SPLINE.x, ...SPLINE.z, 1e3, -1e3, 0, -0, 1.7 - 2 ** -52, 1.7 + 2 ** -52, Number.MIN_VALUE],
    ...independent,
  }
}

/** Every bijection of the library, over dimensions, masks, nets and contexts. A new layer costs a line. */
export const bijections: readonly Case[] = [
  { name: 'leakyReLU, 1-D', spec: leakyReLU(), dim: 1 },
  { name: 'leakyReLU, 2-D', spec: leakyReLU(), dim: 2, ...independent },
  { name: 'leakyReLU, a slope a column', spec: leakyReLU({ perColumn: true }), dim: 3, ...independent },
  { name: 'leakyReLU, 5-D', spec: leakyReLU(), dim: 5, ...independent },
  affineCase('mask 10', { mask: alternatingMask(2, 0) }),
  affineCase('mask 01', { mask: alternatingMask(2, 1) }),
  affineCase('two hidden layers', { mask: [0, 1], hidden: [7, 5] }),
  affineCase('three hidden layers', { mask: [0, 1, 1], hidden: [3, 6, 4] }),
  affineCase('scattered mask', { mask: [1, 0, 0, 1, 0], hidden: [6] }),
  affineCase('one kept of six', { mask: [0, 0, 0, 0, 1, 0], hidden: [4] }),
  affineCase('relu', { mask: [1, 0, 1], hidden: [8, 8], activation: 'relu' }),
  affineCase('context', { mask: [1, 0], hidden: [5] }, 3),
  affineCase('context, scattered mask', { mask: [0, 1, 0, 1], hidden: [5, 3] }, 1),
  coupled('soft affine, mlp', { mask: [1, 0, 1], transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }),
  coupled('soft affine, context', { mask: [0, 1], transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 2),
  coupled('kept transformed too', {
    ...{ mask: [1, 0, 1], transformer: softAffine(), conditioner: mlp({ hidden: [5] }), kept: softAffine() },
  }),
  columnwise('soft affine, 1-D', { transformer: softAffine() }, 1),
  columnwise('soft affine, 3-D', { transformer: softAffine() }, 3),
  columnwise('soft affine, some columns', { transformer: softAffine(), columns: [2, 0] }, 3),
  columnwise('soft affine, context, 1-D', { transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 1, 2),
  columnwise('soft affine, context', { transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 2, 1),
  ...[additive(), affine(), affine({ clamp: 2 }), sinhArcsinh(), yeoJohnson()].flatMap((transformer) => [
    columnwise(transformer.type, { transformer }, 2),
    columnwise(`${transformer.type}, context`, { transformer, conditioner: mlp({ hidden: [4] }) }, 1, 2),
    // Wider, and an inverse by e^raw of a net takes values where a difference has no six digits left.
    { ...coupled(transformer.type, { mask: [1, 0, 0], transformer, conditioner: mlp({ hidden: [5] }) }), wide: 0.6 },
  ]),
  ...[hyperbolicTangent(), logistic(), softplus(), exponential()].map((transformer) => ({
    ...columnwise(transformer.type, { transformer }, 2),
    imageOnly: true,
    edges: [0, -0, 1, -1],
  })),
  ...inverted('hyperbolicTangent', hyperbolicTangent(), (normal) => normal / (1 + Math.abs(normal))),
  ...inverted('logistic', logistic(), (normal) => 0.5 + normal / (2 + 2 * Math.abs(normal))),
  ...inverted('softplus', softplus(), (normal) => Math.exp(normal)),
  ...inverted('exponential', exponential(), (normal) => Math.exp(normal)),
  {
    ...columnwise('circularShift', { transformer: circularShift({ box: 3 }) }, 2),
    data: (normal: number) => (2.9 * normal) / (1 + Math.abs(normal)),
    imageOnly: true,
    edges: [0, -3, 2.5, -1],
  },
  gaussianised('1-D', 1),
  gaussianised('3-D', 3),
  gaussianised('some columns', 3, [2, 0]),
  { name: 'gaussianise, before it has settled', spec: gaussianise(), dim: 2, settles: true, ...independent },
  { name: 'invert, leakyReLU', spec: invert(leakyReLU()), dim: 2, ...independent },
]

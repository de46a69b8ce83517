import {
  type Activation,
  type AffineCouplingOptions,
  type AutoregressiveOptions,
  actNorm,
  additive,
  affine,
  affineCoupling,
  alternatingMask,
  autoregressive,
  type ConditionerSpec,
  type CouplingOptions,
  circularRationalQuadratic,
  circularShift,
  coupling,
  type ElementwiseOptions,
  elementwise,
  exponential,
  gaussianise,
  householder,
  hyperbolicTangent,
  invert,
  type LayerSpec,
  leakyReLU,
  logistic,
  luLinear,
  maskedMLP,
  maskedResidual,
  mlp,
  permutation,
  rationalQuadratic,
  residual,
  reverse,
  rotation,
  sinhArcsinh,
  softAffine,
  softplus,
  softsign,
  type TransformerSpec,
  yeoJohnson,
} from 'pushforward'
import type { RandomKey } from '#flow/tile.js'

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
  /**
   * By which masks hidden units are dropped where log-dets and gradients are differentiated: either direction draws its
   * own, so that a round trip is without.
   */
  readonly key?: RandomKey
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

/** Each coordinate is one of the others. */
const moved = (order: readonly number[]): Pick<Case, 'independent'> => ({
  independent: (dim) => [...pairs(dim), ...order.map((_, j) => [j, j] as const)].filter(([i, j]) => order[i] !== j),
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

/** Coordinate order[k] depends on those before it in the order. */
function ordered(
  variant: string,
  order: readonly number[],
  options: Partial<AutoregressiveOptions>,
  contextDim?: number,
) {
  const place = (j: number) => order.indexOf(j)
  const given = { transformer: softAffine(), conditioner: maskedMLP({ hidden: [5], lastLayerScale: 1 }), ...options }
  return {
    name: `autoregressive, ${variant}`,
    spec: autoregressive(given),
    dim: order.length,
    contextDim,
    independent: (dim: number) => pairs(dim).filter(([i, j]) => place(i) < place(j)),
  }
}

/** Coordinate i depends on those that row i names, and on no others: not on what they depend on. */
function adjacent(
  variant: string,
  parents: readonly number[][],
  options: Partial<AutoregressiveOptions>,
  contextDim?: number,
) {
  const adjacency = parents.map((row) => parents.map((_, j) => row.includes(j)))
  return {
    ...ordered(variant, [...parents.keys()], { adjacency, ...options }, contextDim),
    independent: (dim: number) => pairs(dim).filter(([i, j]) => !adjacency[i][j]),
  }
}

/** The same from noise to data, one coordinate after another. */
const inverted = ({ name, spec, ...rest }: Case): Case => ({ name: `invert, ${name}`, spec: invert(spec), ...rest })

const twoLayers = { conditioner: maskedMLP({ hidden: [9, 6], lastLayerScale: 1 }) }
const bent = { conditioner: maskedMLP({ hidden: [12], activation: 'relu' as const, lastLayerScale: 1 }) }
/** A transformer whose bins lie about where the data do. */
const splines = { transformer: rationalQuadratic({ bins: 4, box: 3 }) }
const atEdges: Pick<Case, 'edges' | 'wide'> = { edges: [1e3, -1e3, 0, 3, -3], wide: 0.6 }

/** Its nets drop units, by a key that stands still. */
const dropping: Pick<Case, 'key' | 'wide'> = { key: { seed: 12345678901, step: 3, firstRow: 70 }, wide: 0.6 }

const geluNet = { conditioner: maskedResidual({ hidden: 6, activation: 'gelu', lastLayerScale: 1 }) }
const residualNet = { conditioner: maskedResidual({ hidden: 8, activation: 'tanh', lastLayerScale: 1 }) }

const ACTIVATIONS: readonly Activation[] = ['tanh', 'relu', 'silu', 'gelu']

/** Couplings by every net: its activations, layer scale, dropout, context. */
function nets(): Case[] {
  const by = (variant: string, conditioner: ConditionerSpec, contextDim?: number): Case => ({
    ...coupled(variant, { mask: [1, 0, 1], transformer: affine({ clamp: 2 }), conditioner }, contextDim),
    ...{ wide: 0.6, key: conditioner.dropout ? { seed: 12345678901, step: 3, firstRow: 70 } : undefined },
  })
  // With last weights of 0 a first step would have no gradient to train the others by.
  const started = { lastLayerScale: 0.5 }
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
    by('residual, layer scale', residual(scaled)),
    by('residual, layer scale, context', residual(scaled), 2),
    by('mlp, dropout, context', mlp({ ...started, hidden: [6], activation: 'silu', dropout: 0.4 }), 2),
    by('residual, dropout, context', residual({ ...scaled, dropout: 0.4 }), 2),
  ]
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
  columnwise('soft affine, 1-D', { transformer: softAffine() }, 1),
  columnwise('soft affine, 3-D', { transformer: softAffine() }, 3),
  columnwise('soft affine, some columns', { transformer: softAffine(), columns: [2, 0] }, 3),
  columnwise('soft affine, context, 1-D', { transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 1, 2),
  columnwise('soft affine, context', { transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 2, 1),
  ...[rationalQuadratic(), rationalQuadratic({ bins: 5, box: 2 })].flatMap((transformer) => {
    const edges = [1e3, -1e3, 0, 2, -2, 5, -5, 2 - 2 ** -51, 5 + 2 ** -50]
    return [
      { ...columnwise(`spline of ${transformer.bins ?? 8} bins`, { transformer }, 2), edges },
      columnwise('spline, context', { transformer, conditioner: mlp({ hidden: [4] }) }, 1, 2),
      { ...coupled('spline', { mask: [1, 0, 0], transformer, conditioner: mlp({ hidden: [5] }) }), edges },
      coupled('spline, kept too', { mask: [0, 1], transformer, kept: transformer, conditioner: mlp({ hidden: [5] }) }),
    ]
  }),
  ...circularCases(),
  ...[additive(), affine(), affine({ clamp: 2 }), sinhArcsinh(), yeoJohnson()].flatMap((transformer) => [
    columnwise(transformer.type, { transformer }, 2),
    columnwise(`${transformer.type}, context`, { transformer, conditioner: mlp({ hidden: [4] }) }, 1, 2),
    // Wider, and an inverse by e^raw of a net takes values where a difference has no six digits left.
    { ...coupled(transformer.type, { mask: [1, 0, 0], transformer, conditioner: mlp({ hidden: [5] }) }), wide: 0.6 },
  ]),
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
  ordered('1-D', [0], {}),
  ordered('1-D, context', [0], {}, 2),
  ordered('1-D, residual', [0], residualNet),
  ordered('2-D', [0, 1], {}),
  ordered('3-D, two hidden layers', [0, 1, 2], twoLayers),
  ordered('3-D, two hidden layers, context', [0, 1, 2], twoLayers, 2),
  ordered('3-D, reversed', [2, 1, 0], { order: 'reversed', ...twoLayers }),
  ordered('5-D, listed, relu', [3, 0, 4, 1, 2], { order: [3, 0, 4, 1, 2], ...bent }),
  ordered('5-D, fewer units than degrees', [0, 1, 2, 3, 4], {
    conditioner: maskedMLP({ hidden: [3, 2], lastLayerScale: 1 }),
  }),
  ordered(
    '5-D, fewer units than degrees, context',
    [4, 3, 2, 1, 0],
    {
      ...{ order: 'reversed', conditioner: maskedMLP({ hidden: [2, 3], lastLayerScale: 1 }) },
    },
    1,
  ),
  ordered('3-D, residual', [0, 1, 2], residualNet),
  ordered('3-D, silu', [0, 1, 2], {
    conditioner: maskedMLP({ hidden: [8, 5], activation: 'silu', lastLayerScale: 1 }),
  }),
  ordered('3-D, residual, gelu, context', [0, 1, 2], geluNet, 1),
  { ...ordered('3-D, splines', [2, 1, 0], { order: 'reversed', ...splines }), ...atEdges },
  { ...ordered('2-D, splines, residual, context', [0, 1], { ...residualNet, ...splines }, 2), ...atEdges },
  { ...inverted(ordered('3-D, splines', [2, 1, 0], { order: 'reversed', ...splines })), ...atEdges },
  { ...adjacent('adjacency, splines', [[1], [], [1]], splines), ...atEdges },
  {
    ...ordered('4-D, dropout', [0, 1, 2, 3], {
      conditioner: maskedMLP({ hidden: [9, 7], dropout: 0.4, lastLayerScale: 1 }),
    }),
    ...dropping,
  },
  {
    ...ordered('4-D, silu, dropout', [0, 1, 2, 3], {
      conditioner: maskedMLP({ hidden: [9, 7], activation: 'silu', dropout: 0.4, lastLayerScale: 1 }),
    }),
    ...dropping,
  },
  {
    ...inverted(
      ordered('3-D, residual, dropout', [0, 1, 2], {
        conditioner: maskedResidual({ hidden: 8, dropout: 0.4, lastLayerScale: 1 }),
      }),
    ),
    ...dropping,
  },
  ordered('3-D, affine', [0, 1, 2], { transformer: affine(), ...twoLayers }),
  ordered('5-D, residual, context', [1, 2, 3, 4, 0], { order: [1, 2, 3, 4, 0], ...residualNet }, 2),
  adjacent('adjacency of a chain', [[], [0], [1], [2]], {}),
  adjacent('adjacency of a fork and a join, context', [[1], [], [1], [0, 2], [1, 0]], twoLayers, 2),
  adjacent('adjacency, residual', [[2], [2], []], residualNet),
  adjacent('adjacency of nothing', [[], []], {}),
  inverted(ordered('2-D', [0, 1], {})),
  inverted(ordered('3-D, reversed, two hidden layers', [2, 1, 0], { order: 'reversed', ...twoLayers })),
  inverted(ordered('5-D, residual, context', [1, 2, 3, 4, 0], { order: [1, 2, 3, 4, 0], ...residualNet }, 2)),
  inverted({
    ...adjacent('adjacency of a fork', [[1], [], [0], [1]], {}),
    independent: (dim) => pairs(dim).filter(([i, j]) => ![[1], [], [0, 1], [1]][i].includes(j)),
  }),
  ...[1, 2, 5].map((dim): Case => ({ name: `actNorm, ${dim}-D`, spec: actNorm(), dim, state: [1], ...independent })),
  ...[1, 2, 3, 5, 6].map((dim): Case => ({ name: `luLinear, ${dim}-D`, spec: luLinear(), dim, wide: 0.5 })),
  { name: 'luLinear, permuted', spec: luLinear({ permutationSeed: 1 }), dim: 5, wide: 0.5 },
  { name: 'luLinear, no bias', spec: luLinear({ bias: false }), dim: 3, wide: 0.5 },
  ...[1, 2, 3, 5].map((dim): Case => ({ name: `householder, ${dim}-D`, spec: householder(), dim })),
  { name: 'householder, three reflections', spec: householder({ reflections: 3 }), dim: 4 },
  { name: 'rotation', spec: rotation(), dim: 2 },
  { name: 'permutation, by order', spec: permutation({ order: [2, 0, 1] }), dim: 3, ...moved([2, 0, 1]) },
  { name: 'permutation, by seed', spec: permutation({ seed: 5 }), dim: 5 },
  { name: 'reverse', spec: reverse(), dim: 4, ...moved([3, 2, 1, 0]) },
  { name: 'reverse, 1-D', spec: reverse(), dim: 1 },
  { name: 'invert, luLinear', spec: invert(luLinear()), dim: 3, wide: 0.5 },
  ...nets(),
  gaussianised('1-D', 1),
  gaussianised('3-D', 3),
  gaussianised('some columns', 3, [2, 0]),
  { name: 'gaussianise, before it has settled', spec: gaussianise(), dim: 2, settles: true, ...independent },
  { name: 'invert, leakyReLU', spec: invert(leakyReLU()), dim: 2, ...independent },
]

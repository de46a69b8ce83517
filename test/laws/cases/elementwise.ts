import { actNorm, gaussianise, invert, leakyReLU, mlp, softAffine } from 'pushforward'
import { type Case, columnwise, independent } from './case.js'

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

/** Layers that look at each column alone. */
export const elementwiseCases: readonly Case[] = [
  { name: 'leakyReLU, 1-D', spec: leakyReLU(), dim: 1 },
  { name: 'leakyReLU, 2-D', spec: leakyReLU(), dim: 2, ...independent },
  { name: 'leakyReLU, a slope a column', spec: leakyReLU({ perColumn: true }), dim: 3, ...independent },
  { name: 'leakyReLU, 5-D', spec: leakyReLU(), dim: 5, ...independent },
  { name: 'invert, leakyReLU', spec: invert(leakyReLU()), dim: 2, ...independent },
  columnwise('soft affine, 1-D', { transformer: softAffine() }, 1),
  columnwise('soft affine, 3-D', { transformer: softAffine() }, 3),
  columnwise('soft affine, some columns', { transformer: softAffine(), columns: [2, 0] }, 3),
  columnwise('soft affine, context, 1-D', { transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 1, 2),
  columnwise('soft affine, context', { transformer: softAffine(), conditioner: mlp({ hidden: [5] }) }, 2, 1),
  ...[1, 2, 5].map((dim): Case => ({ name: `actNorm, ${dim}-D`, spec: actNorm(), dim, state: [1], ...independent })),
  gaussianised('1-D', 1),
  gaussianised('3-D', 3),
  gaussianised('some columns', 3, [2, 0]),
  { name: 'gaussianise, before it has settled', spec: gaussianise(), dim: 2, settles: true, ...independent },
]

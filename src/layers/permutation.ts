import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkSpec, echo, integer } from '../options.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'
import type { Layer, LayerSpec } from './layer.js'
import { reorder, undone } from './reorder.js'

/** The order of columns, said or drawn. */
export interface PermutationOptions {
  /** Column j of the noise is column order[j] of the data. */
  readonly order?: readonly number[]
  /** Of an order drawn at random instead; the same for the same number of columns. */
  readonly seed?: number
}

/**
 * Columns in another order, z_j = x_order[j]; ln|det ∂z/∂x| = 0. No parameters.
 *
 * @throws UsageError, when a flow is made of it, where not exactly one of order and seed is given, or the order is not one
 * of the flow's columns.
 */
export function permutation(options: PermutationOptions): LayerSpec {
  return { type: 'permutation', ...options }
}

/** Columns in reverse, z_j = x_{dim − 1 − j}; ln|det ∂z/∂x| = 0. */
export function reverse(): LayerSpec {
  return { type: 'reverse' }
}

/** A random order of `dim` columns, by the seed and `dim` alone. */
export function randomOrder(seed: number, dim: number): number[] {
  const order = new Int32Array(dim)
  permutationInto(order, seed, PURPOSE.permutation, dim)
  return [...order]
}

const schema = v.strictObject({
  order: v.optional(v.array(integer(0), 'columns by their number, such as [2, 0, 1]')),
  seed: v.optional(integer(0)),
})

export function buildPermutation(spec: LayerSpec, dim: number): Layer {
  const { order, seed } = checkSpec(spec, schema)
  if ((order === undefined) === (seed === undefined)) {
    throw new UsageError(
      `permutation takes either an order or a seed, such as { order: [1, 0] } or { seed: 1 }; got ${order ? 'both' : 'neither'}.`,
    )
  }
  if (order && (order.length !== dim || new Set(order).size < dim || order.some((j) => j >= dim))) {
    throw new UsageError(`permutation's order is ${echo(order)}; expected each of 0 to ${dim - 1} once.`)
  }
  return { ...inOrder(order ?? randomOrder(seed as number, dim)), spec, label: 'Permutation' }
}

export function buildReverse(spec: LayerSpec, dim: number): Layer {
  checkSpec(spec, v.strictObject({}))
  return { ...inOrder(Array.from({ length: dim }, (_, j) => dim - 1 - j)), spec, label: 'Reverse' }
}

/** z_j = x_order[j]: dx_order[j] = dz_j, and the same the other way about. */
function inOrder(order: readonly number[]): Omit<Layer, 'spec' | 'label'> {
  const back = undone(order)
  return {
    parameters: [],
    initialise() {},
    forward(pass, { from: x, to: z }) {
      reorder(pass, order, x, z)
      return ({ dTo: dz, dFrom: dx }) => reorder(pass, back, dz, dx)
    },
    inverse(pass, { from: z, to: x }) {
      reorder(pass, back, z, x)
      return ({ dTo: dx, dFrom: dz }) => reorder(pass, order, dx, dz)
    },
  }
}

import { type CouplingOptions, coupling, type ElementwiseOptions, elementwise, type LayerSpec } from 'pushforward'
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

export const pairs = (dim: number) =>
  Array.from({ length: dim * dim }, (_, k): [number, number] => [Math.floor(k / dim), k % dim]).filter(
    ([i, j]) => i !== j,
  )

/** No coordinate depends on another one. */
export const independent: Pick<Case, 'independent'> = { independent: pairs }

/** Kept coordinates (1) depend on none, transformed ones (0) on kept ones. */
export const throughMask = (mask: readonly number[]): Pick<Case, 'independent'> => ({
  independent: (dim) => pairs(dim).filter(([i, j]) => mask[i] === 1 || mask[j] === 0),
})

/** Each coordinate is one of the others. */
export const moved = (order: readonly number[]): Pick<Case, 'independent'> => ({
  independent: (dim) => [...pairs(dim), ...order.map((_, j) => [j, j] as const)].filter(([i, j]) => order[i] !== j),
})

/** Its nets drop units, by a key that stands still. */
export const dropping: Pick<Case, 'key' | 'wide'> = { key: { seed: 12345678901, step: 3, firstRow: 70 }, wide: 0.6 }

export function coupled(variant: string, options: CouplingOptions, contextDim?: number): Case {
  const dim = options.mask.length
  return {
    name: `coupling, ${variant}`,
    spec: coupling(options),
    dim,
    contextDim,
    ...throughMask(options.mask.map(Number)),
  }
}

export function columnwise(variant: string, options: ElementwiseOptions, dim: number, contextDim?: number): Case {
  return { name: `elementwise, ${variant}`, spec: elementwise(options), dim, contextDim, ...independent }
}

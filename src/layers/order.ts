import { UsageError } from '../errors.js'
import { echo } from '../options.js'
import { PURPOSE } from '../random/purposes.js'
import { permutationInto } from '../random/stream.js'

/** In which order coordinates come: as they are, from the last to the first, at random, or as listed. */
export type Order = 'given' | 'reversed' | 'random' | readonly number[]

/**
 * The coordinates in their order; a random one is the same for the same seed and dimension.
 * @throws UsageError where a list is no order of all coordinates, or a seed is given to an order that is not random.
 */
export function orderOf(order: Order, seed: number | undefined, dim: number): number[] {
  if (seed !== undefined && order !== 'random') {
    throw new UsageError(
      `autoregressive's seed is for order "random"; its order is ${echo(order)}: leave the seed out.`,
    )
  }
  const given = Array.from({ length: dim }, (_, j) => j)
  if (order === 'given') return given
  if (order === 'reversed') return given.reverse()
  if (order === 'random') {
    const drawn = new Int32Array(dim)
    permutationInto(drawn, seed ?? 0, PURPOSE.structure, 0)
    return [...drawn]
  }
  const all = new Set(order)
  if (order.length !== dim || !given.every((j) => all.has(j))) {
    throw new UsageError(
      `autoregressive's order is ${echo(order)}; expected each coordinate from 0 to ${dim - 1} once, the first to come first.`,
    )
  }
  return [...order]
}

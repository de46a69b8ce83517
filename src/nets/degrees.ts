/**
 * Units of a masked net in blocks by degree: a unit of degree d sees the context and the first d coordinates of the order.
 * Of each layer, ends[d] is how many units have degree d or less, d = 0 … dim − 1; sorted by degree, those of degree d are
 * units ends[d − 1] … ends[d] − 1, and what they see in the layer before are its first ends[d]. Source: Germain et al.,
 * MADE, arXiv:1502.03509 §4.2, whose masks become a staircase by the sorting.
 */
export type Ends = readonly number[]

/** The units of degree d: where they begin, and how many. */
export function block(ends: Ends, d: number): { readonly first: number; readonly count: number } {
  const first = d > 0 ? ends[d - 1] : 0
  return { first, count: ends[d] - first }
}

export const widthOf = (ends: Ends): number => ends[ends.length - 1]

/** The inputs: the context, of degree 0, then coordinate k of the order, of degree k + 1. Nothing sees the last one. */
export function inputEnds(dim: number, contextDim: number): Ends {
  return Array.from({ length: dim }, (_, d) => contextDim + d)
}

/** Products take two outputs at a time: where there are enough units, those of a degree are even in number. */
const TOGETHER = 2

/**
 * Hidden units spread evenly over degrees 1 … dim − 1, and 0 where there is a context. With fewer units than degrees some
 * degrees have none; where nothing is known before any coordinate, there are no units.
 */
export function hiddenEnds(width: number, dim: number, contextDim: number): Ends {
  const least = contextDim > 0 ? 0 : 1
  const degrees = dim - least
  const size = width >= TOGETHER * degrees ? TOGETHER : 1
  const heaps = Math.floor(width / size)
  const upTo = (d: number) => {
    if (d < least) return 0
    if (d === dim - 1) return width
    return size * Math.ceil(((d - least + 1) * heaps) / degrees)
  }
  return Array.from({ length: dim }, (_, d) => upTo(d))
}

/**
 * Outputs, `numbers` a coordinate in the order. Those of coordinate k see units of degree k or less; where that is no more
 * than what those of coordinate k − 1 see, they have its degree, and are computed along with them.
 */
export function outputEnds(numbers: number, last: Ends): Ends {
  return last.map((seen) => numbers * (last.lastIndexOf(seen) + 1))
}

/** One axis of a grid: cells that are narrow where the points are. */
export interface GridAxis {
  readonly low: number
  readonly high: number
  /**
   * The edges of `cells` cells [cells + 1], ascending from low to high; all but the first and the last are shifted by
   * a share of a cell, between −½ and ½.
   */
  edges(cells: number, shift?: number): Float64Array
}

/** Of the range of the points, added at either end: tails are longer than any sample shows. */
const MARGIN = 0.25
const BINS = 1024
/** The share of the cells that goes by where the points are; the others are spread evenly, so that none is huge. */
const BY_POINTS = 0.5

/** Hands over values in blocks, the same ones every time it is called. */
export type EachBlock = (visit: (values: Float64Array) => void) => Promise<void>

/**
 * An axis for the values of some points: cell edges are the quantiles of the mixture, half and half, of the uniform
 * distribution on their range, widened, and of their histogram.
 */
export async function gridAxis(eachBlock: EachBlock): Promise<GridAxis> {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  await eachBlock((values) => {
    for (const value of values) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  })
  const margin = MARGIN * (high - low)
  low -= margin
  high += margin
  const cumulative = await cumulativeShares(eachBlock, low, high)
  return { low, high, edges: (cells, shift = 0) => quantiles(cumulative, low, high, cells, shift) }
}

/** The mixture's distribution function at the bins' edges [BINS + 1], from 0 to 1. */
async function cumulativeShares(eachBlock: EachBlock, low: number, high: number): Promise<Float64Array> {
  const counts = new Float64Array(BINS)
  let total = 0
  await eachBlock((values) => {
    for (const value of values) counts[Math.floor(((value - low) / (high - low)) * BINS)]++
    total += values.length
  })
  const cumulative = new Float64Array(BINS + 1)
  for (let b = 0; b < BINS; b++) {
    cumulative[b + 1] = cumulative[b] + (1 - BY_POINTS) / BINS + (BY_POINTS * counts[b]) / total
  }
  return cumulative
}

function quantiles(cumulative: Float64Array, low: number, high: number, cells: number, shift: number): Float64Array {
  const edges = new Float64Array(cells + 1)
  let b = 0
  for (let i = 1; i < cells; i++) {
    const share = ((i + shift) / cells) * cumulative[BINS]
    while (cumulative[b + 1] < share) b++
    const within = (share - cumulative[b]) / (cumulative[b + 1] - cumulative[b])
    edges[i] = low + ((high - low) * (b + within)) / BINS
  }
  edges[0] = low
  edges[cells] = high
  return edges
}

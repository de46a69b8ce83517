import type { Interval } from './interval.js'

/** Equal bins over a domain with the share of the values in each, per unit: Σ height · width ≤ 1. */
export interface Histogram {
  readonly edges: Float64Array
  readonly heights: Float64Array
}

/** Bins values; those outside the domain count in the total and fall in no bin. */
export function histogram(values: ArrayLike<number>, [low, high]: Interval, bins: number): Histogram {
  const width = (high - low) / bins
  const heights = new Float64Array(bins)
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((values[i] - low) / width)
    if (bin >= 0 && bin < bins) heights[bin] += 1 / (values.length * width)
    else if (values[i] === high) heights[bins - 1] += 1 / (values.length * width)
  }
  return { edges: Float64Array.from({ length: bins + 1 }, (_, i) => low + i * width), heights }
}

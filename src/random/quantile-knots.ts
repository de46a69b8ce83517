import { ln } from './elementary.js'
import { normalQuantile } from './normal-quantile.js'

/** Knots of a monotone spline from a column to normal quantiles: x and z rise strictly, slopes are positive. */
export interface QuantileKnots {
  readonly x: readonly number[]
  readonly z: readonly number[]
  readonly slopes: readonly number[]
}

/** Values nearer to each other than this share of the outermost knot are one: float32 tells 2⁷ within it. */
const LEAST_SHARE = 2 ** -16
/** Or nearer than this, so that no slope is beyond 2²³ and values up to 10⁶ stay far from what float32 holds. */
const LEAST_GAP = 2 ** -20

/**
 * Up to an outer knot lie at least 1/(8·∛8n) of the n rows, itself among them, and from one knot to the next half as
 * many: 16 and 8 of 4096. The slope of a bin with g rows is off by about 1/√g of itself.
 */
const LEAST_ROWS = 8

/** The largest m with m³ ≤ 8n, by which histograms have bins (the Rice rule): 32 for 4096 rows, 5 for 20. */
function riceNumber(n: number): number {
  let m = 1
  while ((m + 1) ** 3 <= 8 * n) m++
  return m
}

interface Candidate {
  readonly x: number
  /** The mean rank of the rows that have this value, from 0 on. */
  readonly rank: number
}

/** Row i of a sorted column, and where all rows of its value stand. */
function candidateAt(sorted: Float64Array, i: number): Candidate {
  const x = sorted[i]
  let [first, last] = [i, i]
  while (first > 0 && sorted[first - 1] === x) first--
  while (last < sorted.length - 1 && sorted[last + 1] === x) last++
  return { x, rank: (first + last) / 2 }
}

/** `count` rows whose normal quantiles are about evenly spaced, from the one with `beyond` rows up to it. */
function evenRanks(n: number, count: number, beyond: number): number[] {
  const quantile = (i: number) => normalQuantile((i + 0.5) / n)
  const outer = quantile(beyond - 1)
  const lower = Array.from({ length: Math.ceil(count / 2) }, (_, k) => {
    const target = outer * (1 - (2 * k) / (count - 1))
    let [low, high] = [beyond - 1, n - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (quantile(middle) < target) low = middle + 1
      else high = middle
    }
    return low
  })
  const upper = lower.slice(0, Math.floor(count / 2)).reverse()
  return [...lower, ...upper.map((i) => n - 1 - i)]
}

/** From the middle outwards, those that are far enough from the last one taken, by rank and by value. */
function spaced(candidates: readonly Candidate[], leastRank: number, leastGap: number): Candidate[] {
  const taken = [candidates[candidates.length >> 1]]
  const far = (a: Candidate, b: Candidate) => a.rank - b.rank >= leastRank && a.x - b.x >= leastGap
  for (const candidate of candidates.slice((candidates.length >> 1) + 1)) {
    if (far(candidate, taken[taken.length - 1])) taken.push(candidate)
  }
  for (const candidate of candidates.slice(0, candidates.length >> 1).reverse()) {
    if (far(taken[0], candidate)) taken.unshift(candidate)
  }
  return taken
}

/**
 * The slope at a knot between bins of widths v, w and slopes r, s: 1/(α/r + (1 − α)/s), α = (v + 2w)/(3(v + w)), a
 * harmonic mean, so that it lies between r and s and below three times the smaller. Source: Fritsch & Butland, SIAM J. Sci.
 * Stat. Comput. 5 (1984).
 */
function meanSlope(v: number, w: number, r: number, s: number): number {
  const alpha = (v + 2 * w) / (3 * (v + w))
  return (r * s) / (alpha * s + (1 - alpha) * r)
}

/**
 * Up to `most` knots through the quantiles of a sorted column: x_k are values of rows, of about evenly spaced normal
 * quantiles and with enough rows between them, z_k = Φ⁻¹((rank + ½)/n) with the mean rank of equal values. The slope at an
 * outer knot is that of its bin. A column of one value, or of hardly any other, has no knots. Values nearer to each other
 * than `gap` are one; where that is not given, so near that float32 tells few between.
 */
export function quantileKnots(sorted: Float64Array, most: number, gap?: number): QuantileKnots {
  const n = sorted.length
  const rice = riceNumber(n)
  const beyond = Math.max(1, Math.floor(n / (LEAST_ROWS * rice)))
  const candidates = evenRanks(n, Math.min(most, Math.max(2, rice)), beyond).map((i) => candidateAt(sorted, i))
  const [first, last] = [candidates[0].x, candidates[candidates.length - 1].x]
  const leastGap = gap ?? Math.max(LEAST_GAP, LEAST_SHARE * Math.max(Math.abs(first), Math.abs(last)))
  const taken = spaced(candidates, Math.max(1, beyond / 2), leastGap)
  if (taken.length < 2) return { x: [], z: [], slopes: [] }
  const x = taken.map((candidate) => candidate.x)
  const z = taken.map(({ rank }) => normalQuantile((rank + 0.5) / n))
  const widths = x.slice(1).map((right, k) => right - x[k])
  const steep = widths.map((width, k) => (z[k + 1] - z[k]) / width)
  const inner = steep.slice(1).map((s, k) => meanSlope(widths[k], widths[k + 1], steep[k], s))
  return { x, z, slopes: [steep[0], ...inner, steep[steep.length - 1]] }
}

/** ln of each slope, with the same bits on every engine. */
export const logSlopes = ({ slopes }: QuantileKnots): number[] => slopes.map(ln)

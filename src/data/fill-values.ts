import { sortedColumn } from './row-sample.js'
import type { Matrix } from './rows.js'

/** A number that stands for a value that is missing, so it seems. */
export interface Fill {
  readonly column: number
  readonly value: number
  /** Rows of the sample that have it, and all of them. */
  readonly count: number
  readonly rows: number
  /** The lowest and the highest of the other values. */
  readonly low: number
  readonly high: number
}

/** Rows that have the very same extreme value, at least. */
const LEAST_COUNT = 3
/** It lies further from the rest than so many times the range of the rest. */
const RANGES_AWAY = 10
/** The rest: different values, and share of the rows, at least; of two values neither stands for the other's absence. */
const REST = { values: 5, share: 0.05 }
/** Such numbers on one side of a column, at most: −9999 and −8888, say. */
const MOST_A_SIDE = 2

/** An outermost value of a sorted column, and where the others begin. */
interface End {
  readonly value: number
  readonly count: number
}

/**
 * The columns of a sample with a value that many rows share, further from all others than ten times their range: −9999
 * among temperatures. Many zeros in a column of counts lie by the other values, and of a long tail no value repeats.
 */
export function findFills(sample: Matrix): Fill[] {
  return Array.from({ length: sample.columns }, (_, column) => fillsOf(sortedColumn(sample, column), column)).flat()
}

/** Of a column from the lowest to the highest value, or the other way round with signs changed. */
function ends(sorted: Float64Array, sign: number): End[] {
  const found: End[] = []
  const at = (i: number) => (sign > 0 ? sorted[i] : sorted[sorted.length - 1 - i])
  for (let i = 0; found.length < MOST_A_SIDE && i < sorted.length; ) {
    let end = i
    while (end < sorted.length && at(end) === at(i)) end++
    if (end - i < LEAST_COUNT) break
    found.push({ value: at(i), count: end - i })
    i = end
  }
  return found
}

function fillsOf(sorted: Float64Array, column: number): Fill[] {
  const [below, above] = [ends(sorted, 1), ends(sorted, -1)]
  // The more taken away the smaller the rest, and the farther the others may be from it.
  for (let taken = below.length + above.length; taken > 0; taken--) {
    for (let low = Math.max(0, taken - above.length); low <= Math.min(taken, below.length); low++) {
      const fills = [...below.slice(0, low), ...above.slice(0, taken - low)]
      const first = below.slice(0, low).reduce((sum, { count }) => sum + count, 0)
      const last = sorted.length - above.slice(0, taken - low).reduce((sum, { count }) => sum + count, 0)
      const rest = sorted.subarray(first, Math.max(first, last))
      if (!areFar(fills, rest, sorted.length)) continue
      const [lowest, highest] = [rest[0], rest[rest.length - 1]]
      return fills.map((fill) => ({ column, ...fill, rows: sorted.length, low: lowest, high: highest }))
    }
  }
  return []
}

function areFar(fills: readonly End[], rest: Float64Array, rows: number): boolean {
  if (rest.length < REST.share * rows) return false
  let values = 1
  for (let i = 1; i < rest.length && values < REST.values; i++) if (rest[i] !== rest[i - 1]) values++
  if (values < REST.values) return false
  const [low, high] = [rest[0], rest[rest.length - 1]]
  return fills.every(({ value }) => Math.max(low - value, value - high) > RANGES_AWAY * (high - low))
}

/** The sentence without the way out; `total` rows are those of which the sample is some. */
export function fillText({ value, count, rows, low, high }: Fill, title: string, total: number): string {
  const all = total === rows ? `${count}` : `about ${Math.round((count * total) / rows)}`
  return `${title} is ${value} in ${all} of ${total} rows, far outside the others (${short(low)} … ${short(high)}): it seems to stand for values that are missing.`
}

const short = (value: number): string => String(Number(value.toPrecision(4)))

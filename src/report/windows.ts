import type { Cloud } from './clouds.js'
import { type Interval, quantile, sorted } from './interval.js'

/** The part of the plane that a panel shows. */
export interface Window {
  readonly x: Interval
  readonly y: Interval
}

/** Points farther out than all but this share may leave a window, where holding them would halve all else. */
const STRAYING = 0.005
/** The clouds share one scale unless one of them would then fill less than this share of its window. */
const LEAST_FILLED = 0.3
const MARGIN = 1.08

/**
 * A square window on each cloud, in its middle. All are of one size, so that lengths compare between panels, unless that
 * would leave a blob of one of them; then sides are power-of-two multiples of the smallest.
 */
export function squareWindows(clouds: readonly Cloud[]): { windows: Window[]; oneScale: boolean } {
  const ranges = clouds.map(rangesOf)
  const sides = ranges.map((both) => Math.max(...both.map(([low, high]) => high - low)) * MARGIN || 1)
  const largest = Math.max(...sides)
  const ascending = sorted(sides)
  const oneScale = ascending[0] >= LEAST_FILLED * largest
  const side = (own: number) => (oneScale ? largest : ascending[0] * 2 ** Math.ceil(Math.log2(own / ascending[0])))
  const windows = ranges.map(([x, y], i) => {
    const half = side(sides[i]) / 2
    const around = ([low, high]: Interval): Interval => [(low + high) / 2 - half, (low + high) / 2 + half]
    return { x: around(x), y: around(y) }
  })
  return { windows, oneScale }
}

/** What a window has to hold of each coordinate. */
function rangesOf({ x, y }: Cloud): [Interval, Interval] {
  const ends = [x, y].map(sorted)
  const range = (share: number) =>
    ends.map((ascending): Interval => {
      return ascending.length === 0 ? [-0.5, 0.5] : [quantile(ascending, share), quantile(ascending, 1 - share)]
    })
  const side = (both: Interval[]) => Math.max(...both.map(([low, high]) => high - low))
  const whole = range(0)
  const most = range(STRAYING)
  const [first, second] = side(whole) <= 2 * side(most) ? whole : most
  return [first, second]
}

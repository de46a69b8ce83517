import { areaY, dot, line, type Markish } from '@observablehq/plot'
import type { Interval } from './interval.js'

/** A piece of a loss curve: the steps of one bin. */
export interface LossBin {
  readonly step: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

/**
 * A loss curve in at most `bins` pieces; the least and the greatest loss of each survive, and values that are not
 * finite are left out. `every` is the number of steps between two losses.
 */
export function binLosses(losses: Float64Array, bins: number, every = 1): LossBin[] {
  const count = Math.min(bins, losses.length)
  const curve: LossBin[] = []
  for (let b = 0; b < count; b++) {
    const from = Math.floor((b * losses.length) / count)
    const to = Math.floor(((b + 1) * losses.length) / count)
    const finite = losses.subarray(from, to).filter(Number.isFinite)
    if (finite.length === 0) continue
    curve.push({
      step: ((from + to - 1) / 2) * every,
      mean: finite.reduce((sum, value) => sum + value, 0) / finite.length,
      low: finite.reduce((a, value) => Math.min(a, value)),
      high: finite.reduce((a, value) => Math.max(a, value)),
    })
  }
  return curve
}

/** The mean of each bin as a line, from least to greatest as a band; both break off where they leave `y` upwards. */
export function curveMarks(bins: readonly LossBin[], colour: string, y: Interval): Markish[] {
  const lines = within(bins, 'mean', y)
  const lows = within(bins, 'low', y)
  const highs = bins.map(({ high }, i) => (Number.isNaN(lows[i]) ? Number.NaN : Math.max(y[0], Math.min(high, y[1]))))
  const x = bins.map(({ step }) => step)
  return [
    areaY(x, { x, y1: lows, y2: highs, fill: colour, fillOpacity: 0.25 }),
    line(x, { x, y: lines, stroke: colour, strokeWidth: 1.6, strokeLinejoin: 'round' }),
    // A line needs two points.
    ...(bins.length === 1 ? [dot(x, { x, y: lines, fill: colour, r: 3 })] : []),
  ]
}

/** Values cut at the frame; NaN, where Plot breaks a line, from the second one outside until the last but one. */
function within(bins: readonly LossBin[], key: 'mean' | 'low', [low, high]: Interval): number[] {
  const outside = (i: number) => i < 0 || i >= bins.length || bins[i][key] > high
  return bins.map((bin, i) =>
    outside(i - 1) && outside(i) && outside(i + 1) ? Number.NaN : Math.max(low, Math.min(bin[key], high)),
  )
}

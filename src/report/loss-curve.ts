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

/** The mean of each bin as a line, from least to greatest as a band; what lies outside `y` is left out. */
export function curveMarks(bins: readonly LossBin[], colour: string, [low, high]: Interval): Markish[] {
  // On its way out of the picture a curve is drawn up to the first point outside, at the frame.
  const outside = (i: number) => i < 0 || i >= bins.length || bins[i].mean > high
  const shown = bins.filter((_, i) => !(outside(i - 1) && outside(i) && outside(i + 1)))
  const at = (value: number) => Math.max(low, Math.min(value, high))
  const x = 'step'
  const mean = (bin: LossBin) => at(bin.mean)
  return [
    areaY(shown, {
      x,
      y1: (bin: LossBin) => at(bin.low),
      y2: (bin: LossBin) => at(bin.high),
      fill: colour,
      fillOpacity: 0.25,
    }),
    line(shown, { x, y: mean, stroke: colour, strokeWidth: 1.6, strokeLinejoin: 'round' }),
    // A line needs two points.
    ...(shown.length === 1 ? [dot(shown, { x, y: mean, fill: colour, r: 3 })] : []),
  ]
}

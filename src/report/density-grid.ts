import type { Model } from '../flow/ensemble.js'
import type { Interval } from './interval.js'

/** The mean density in each of size × size equal cells. */
export interface DensityGrid {
  readonly size: number
  readonly x: Interval
  readonly y: Interval
  /** ln of the mean density [size, size], the row of smallest y first; nats, original units. */
  readonly logDensity: Float64Array
  /** Area of a cell. */
  readonly cell: number
  /** Σ p · cell: the probability within the grid. */
  readonly mass: number
}

/** Points in each direction of a cell: a ridge narrower than a cell would show as a row of beads. */
const WITHIN = 2

/** Averages a two-dimensional flow's density over the cells of a grid, in original units. */
export function densityGrid(flow: Pick<Model, 'logProb'>, x: Interval, y: Interval, size = 240): DensityGrid {
  const fine = size * WITHIN
  const centre = ([low, high]: Interval, i: number) => low + ((i + 0.5) / fine) * (high - low)
  const density = new Float64Array(size * size)
  // A row of cells at a time: all points at once would take as many times the memory.
  const points = new Float64Array(2 * WITHIN * fine)
  for (let row = 0; row < size; row++) {
    for (let i = 0; i < WITHIN * fine; i++) {
      points[2 * i] = centre(x, i % fine)
      points[2 * i + 1] = centre(y, row * WITHIN + Math.floor(i / fine))
    }
    flow.logProb(points).forEach((value, i) => {
      density[row * size + Math.floor((i % fine) / WITHIN)] += Math.exp(value) / WITHIN ** 2
    })
  }
  const cell = ((x[1] - x[0]) / size) * ((y[1] - y[0]) / size)
  const mass = density.reduce((sum, value) => sum + value * cell, 0)
  return { size, x, y, logDensity: density.map(Math.log), cell, mass }
}

/**
 * For each share, the ln p above which that share of all probability lies: the border of the smallest region that
 * holds it. Undefined where the grid holds less. Source: R. Hyndman, "Computing and graphing highest density regions",
 * 1996.
 */
export function regionLevels({ logDensity, cell }: DensityGrid, shares: readonly number[]): (number | undefined)[] {
  const ascending = logDensity.toSorted()
  const levels: (number | undefined)[] = shares.map(() => undefined)
  let held = 0
  for (let at = ascending.length - 1; at >= 0; at--) {
    held += Math.exp(ascending[at]) * cell
    for (let s = 0; s < shares.length; s++) if (levels[s] === undefined && held >= shares[s]) levels[s] = ascending[at]
  }
  return levels
}

import type { RenderFunction } from '@observablehq/plot'
import { contours } from 'd3-contour'
import type { DensityGrid } from './density-grid.js'
import type { Interval } from './interval.js'
import { positions, px, SVG } from './position.js'

/** A ridge narrower than a cell breaks into islands of a cell or two; a heat map shows it better. */
const LEAST_VERTICES = 12

/** The border of the region where ln p ≥ level. */
export function outline(
  { size, logDensity, x, y }: Pick<DensityGrid, 'size' | 'logDensity' | 'x' | 'y'>,
  level: number,
  { colour, width }: { colour: string; width: number },
): RenderFunction {
  // It reads any array of numbers, whatever its types say. A cell has its middle at half a unit: corners are integers.
  const { coordinates } = contours()
    .size([size, size])
    .contour(logDensity as unknown as number[], level)
  const rings = coordinates.flat().filter(({ length }) => length > LEAST_VERTICES)
  return (_index, scales, _values, _dimensions, { document }) => {
    const { toX, toY } = positions(scales)
    const at = ([low, high]: Interval, share: number) => low + share * (high - low)
    const point = ([across, up]: readonly number[]) => `${px(toX(at(x, across / size)))},${px(toY(at(y, up / size)))}`
    const path = document.createElementNS(SVG, 'path')
    // A ring ends where it begins.
    path.setAttribute('d', rings.map((ring) => `M${ring.slice(1).map(point).join('L')}Z`).join(''))
    path.setAttribute('fill', 'none')
    path.setAttribute('stroke', colour)
    path.setAttribute('stroke-width', String(width))
    return path
  }
}

/** The smaller the region that holds so much of the probability, the bolder its border. */
export function lineWidth(share: number): number {
  return share <= 0.5 ? 1.6 : share <= 0.9 ? 1.1 : 0.7
}

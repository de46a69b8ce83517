import type { RenderFunction } from '@observablehq/plot'
import type { Interval } from './interval.js'
import { encodePng, pngDataUri } from './png.js'
import { positions, SVG } from './position.js'
import { rampColour } from './theme.js'

/** How many points lie in each of side × side equal cells. */
export interface CellCounts {
  readonly side: number
  readonly x: Interval
  readonly y: Interval
  /** [side, side], the row of smallest y first. */
  readonly counts: Float64Array
}

/** Counts points by cells; those outside the domains are in none. */
export function countCells(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  domains: readonly [Interval, Interval],
  side: number,
): CellCounts {
  const [across, up] = domains.map(([low, high]) => (value: number) => {
    const cell = Math.floor(((value - low) / (high - low)) * side)
    return value === high ? side - 1 : cell
  })
  const counts = new Float64Array(side * side)
  for (let i = 0; i < x.length; i++) {
    const [column, row] = [across(x[i]), up(y[i])]
    if (column >= 0 && column < side && row >= 0 && row < side) counts[row * side + column]++
  }
  return { side, x: domains[0], y: domains[1], counts }
}

const COLOURS = 256
/** Cells fuller than all but this share of those that are not empty have one colour, so that a single one does not pale the rest. */
const FULLEST = 0.01

/** The counts as an image, paper where there are none; the darkness goes by their square root, so that single points are seen. */
export function cellImage({ side, x, y, counts }: CellCounts, ramp: readonly string[]): RenderFunction {
  const filled = counts.filter((count) => count > 0).sort()
  const most = filled.length === 0 ? 1 : filled[Math.floor((1 - FULLEST) * (filled.length - 1))]
  const indices = new Uint8Array(side * side)
  for (let row = 0; row < side; row++) {
    for (let at = 0; at < side; at++) {
      const share = Math.sqrt(Math.min(1, counts[row * side + at] / most))
      indices[(side - 1 - row) * side + at] = Math.round(share * (COLOURS - 1))
    }
  }
  const palette = Array.from({ length: COLOURS }, (_, i) => rampColour(ramp, i, COLOURS))
  return image(pngDataUri(encodePng(indices, side, side, palette)), x, y)
}

/** An image over a part of the plane, its pixels square and sharp or smoothed as the viewer likes. */
export function image(uri: string, x: Interval, y: Interval): RenderFunction {
  return (_index, scales, _values, _dimensions, { document }) => {
    const { toX, toY } = positions(scales)
    const element = document.createElementNS(SVG, 'image')
    const place = { x: toX(x[0]), y: toY(y[1]), width: toX(x[1]) - toX(x[0]), height: toY(y[0]) - toY(y[1]) }
    for (const [name, value] of Object.entries(place)) element.setAttribute(name, String(value))
    element.setAttribute('preserveAspectRatio', 'none')
    element.setAttribute('href', uri)
    return element
  }
}

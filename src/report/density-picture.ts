import type { RenderFunction } from '@observablehq/plot'
import { contours } from 'd3-contour'
import type { Matrix } from '../data/rows.js'
import type { Model } from '../flow/ensemble.js'
import { column, commonDomain, thinRows } from './columns.js'
import { type DensityGrid, densityGrid, regionLevels } from './density-grid.js'
import { dots } from './dots.js'
import { figure, MARGIN } from './figure.js'
import { type HeatScale, heatLegend } from './heat-legend.js'
import type { Interval } from './interval.js'
import { panel } from './panel.js'
import { encodePng, pngDataUri } from './png.js'
import { positions, px, SVG } from './position.js'
import { numberText } from './text.js'
import { COLOUR, heatColour } from './theme.js'

export interface DensityOptions {
  readonly flow: Model
  /** [rows, 2], original units. */
  readonly data: Matrix
  /** Where those are only some of the rows: how many there are. */
  readonly allRows?: number
  /** [rows, 2], original units: the picture holds where they lie too. */
  readonly samples: Matrix
  readonly columns: readonly string[]
}

const SIDE = 480
const SHARES = [0.5, 0.9, 0.99]
/** Colours run between the levels above which these shares of the probability in the picture lie. */
const COLOUR_SHARES = { low: 0.998, high: 0.01 }
/** A flat density gets this many nats all the same, or noise would fill the ramp. */
const LEAST_NATS = 2
const COLOURS = 256
const MOST_POINTS = 1500

/** A two-dimensional flow's density as a heat map of ln p with contours, the data over it. */
export function densityPicture({ flow, data, allRows = data.rows, samples, columns }: DensityOptions): string {
  const [x, y] = [0, 1].map((j) => commonDomain(column(data, j), column(samples, j)))
  const grid = densityGrid(flow, x, y)
  const regions = regionLevels(grid, SHARES)
  const levels = regions.flatMap((value, i) => (value === undefined ? [] : [{ value, share: SHARES[i] }]))
  const scale: HeatScale = { domain: colourDomain(grid), levels }
  const shown = thinRows(data, MOST_POINTS)
  const map = panel({
    width: SIDE,
    height: SIDE,
    x: { domain: x, label: columns[0] },
    y: { domain: y, label: columns[1] },
    marks: [
      heatMap(grid, scale),
      ...levels.map(({ value, share }) => outline(grid, value, share)),
      dots(column(shown, 0), column(shown, 1), { size: 2.2, colours: [COLOUR.data], opacity: 0.75 }),
    ],
  })
  const legend = heatLegend(scale, SIDE)
  const held = Math.min(1, grid.mass)
  return figure({
    title: 'Density of the flow',
    subtitle: `${linesText(levels)}The picture as a whole holds ${numberText(100 * held, 3)} % of the probability. Dots: ${shown.rows === allRows ? '' : `${numberText(shown.rows, 21)} of `}${numberText(allRows, 21)} rows of data.`,
    width: 2 * MARGIN + map.width + 28 + legend.width,
    height: map.height,
    draw: (top) => map.place(MARGIN, top) + legend.place(MARGIN + map.width + 28, top + map.top),
  })
}

function linesText(levels: HeatScale['levels']): string {
  if (levels.length === 0) return ''
  const regions = levels.length === 1 ? 'The line encloses the smallest region' : 'Lines enclose the smallest regions'
  const shares = levels.map(({ share }) => `${100 * share} %`)
  return `${regions} with ${shares.join(', ').replace(/,([^,]*)$/, ' and$1')} of the probability. `
}

function colourDomain(grid: DensityGrid): [number, number] {
  const [high = 0, low = high] = regionLevels(
    grid,
    [COLOUR_SHARES.high, COLOUR_SHARES.low].map((share) => share * grid.mass),
  )
  return [Math.min(low, high - LEAST_NATS), high]
}

function heatMap(grid: DensityGrid, { domain: [low, high] }: HeatScale): RenderFunction {
  const { size, logDensity, x, y } = grid
  const indices = new Uint8Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let at = 0; at < size; at++) {
      const share = (logDensity[(size - 1 - row) * size + at] - low) / (high - low)
      indices[row * size + at] = Math.round(Math.min(1, Math.max(0, share)) * (COLOURS - 1))
    }
  }
  const palette = Array.from({ length: COLOURS }, (_, i) => heatColour(i, COLOURS))
  const uri = pngDataUri(encodePng(indices, size, size, palette))
  return (_index, scales, _values, _dimensions, { document }) => {
    const { toX, toY } = positions(scales)
    const image = document.createElementNS(SVG, 'image')
    const place = { x: toX(x[0]), y: toY(y[1]), width: toX(x[1]) - toX(x[0]), height: toY(y[0]) - toY(y[1]) }
    for (const [name, value] of Object.entries(place)) image.setAttribute(name, String(value))
    image.setAttribute('preserveAspectRatio', 'none')
    image.setAttribute('href', uri)
    return image
  }
}

/** The border of the region where ln p ≥ level. */
function outline({ size, logDensity, x, y }: DensityGrid, level: number, share: number): RenderFunction {
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
    path.setAttribute('stroke', COLOUR.modelDark)
    path.setAttribute('stroke-width', String(share <= 0.5 ? 1.6 : share <= 0.9 ? 1.1 : 0.7))
    return path
  }
}

/** A ridge narrower than a cell breaks into islands of a cell or two; the heat map shows it better. */
const LEAST_VERTICES = 12

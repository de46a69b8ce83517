import type { RenderFunction } from '@observablehq/plot'
import type { Matrix } from '../data/rows.js'
import type { Model } from '../flow/ensemble.js'
import { image } from './cells.js'
import { axisBins, type ColumnAxis } from './column-axis.js'
import { column, outsideText, thinRows } from './columns.js'
import { type DensityGrid, densityGrid, regionLevels } from './density-grid.js'
import { dots } from './dots.js'
import { figure, MARGIN } from './figure.js'
import { type HeatScale, heatLegend } from './heat-legend.js'
import { lineWidth, outline } from './outline.js'
import { panel } from './panel.js'
import { encodePng, pngDataUri } from './png.js'
import { numberText } from './text.js'
import { COLOUR, heatColour } from './theme.js'

/** What a picture of a density shows, and how finely. */
export interface DensityOptions {
  /** Its density at points [n, 2] of the picture. */
  readonly flow: Pick<Model, 'logProb'>
  /** [rows, 2], original units. */
  readonly data: Matrix
  /** Where those are only some of the rows: how many there are. */
  readonly allRows?: number
  /** [rows, 2], original units: the picture holds where they lie too. */
  readonly samples: Matrix
  readonly columns: readonly string[]
  /** How their values stand at axes, where that is not as numbers do. */
  readonly axes?: readonly ColumnAxis[]
}

const SIDE = 480
const SHARES = [0.5, 0.9, 0.99]
/** Colours run between the levels above which these shares of the probability in the picture lie. */
const COLOUR_SHARES = { low: 0.998, high: 0.01 }
/** A flat density gets this many nats all the same, or noise would fill the ramp. */
const LEAST_NATS = 2
const COLOURS = 256
/** Rows that are all drawn; of more, a few show where they lie. */
const MOST_POINTS = 1500
const FEW_POINTS = 500
const ALL = { size: 2.2, opacity: 0.75 }
const FEW = { size: 1.8, opacity: 0.6 }

/** A two-dimensional flow's density as a heat map of ln p with contours, the data over it. */
export function densityPicture({ flow, data, allRows = data.rows, samples, columns, axes }: DensityOptions): string {
  const [x, y] = [0, 1].map((j) => axisBins(column(data, j), column(samples, j), axes?.[j]).domain)
  const grid = densityGrid(flow, x, y)
  const regions = regionLevels(grid, SHARES)
  const levels = regions.flatMap((value, i) => (value === undefined ? [] : [{ value, share: SHARES[i] }]))
  const scale: HeatScale = { domain: colourDomain(grid), levels }
  // The lines and colours beneath are what the picture is of.
  const crowded = allRows > MOST_POINTS
  const shown = thinRows(data, crowded ? FEW_POINTS : MOST_POINTS)
  const map = panel({
    width: SIDE,
    height: SIDE,
    x: { domain: x, label: columns[0], ticks: axes?.[0].ticks },
    y: { domain: y, label: columns[1], ticks: axes?.[1].ticks },
    marks: [
      heatMap(grid, scale),
      ...levels.map(({ value, share }) => outline(grid, value, { colour: COLOUR.modelDark, width: lineWidth(share) })),
      dots(column(shown, 0), column(shown, 1), { ...(crowded ? FEW : ALL), colours: [COLOUR.data] }),
    ],
  })
  const legend = heatLegend(scale, SIDE)
  const held = Math.min(1, grid.mass)
  return figure({
    title: 'Density of the flow',
    subtitle: `${linesText(levels)}The picture as a whole holds ${numberText(100 * held, 3)} % of the probability. Dots: ${shown.rows === allRows ? '' : `${numberText(shown.rows, 21)} of `}${numberText(allRows, 21)} rows of data.${outsideText(data, samples, [x, y])}`,
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
  return image(uri, x, y)
}

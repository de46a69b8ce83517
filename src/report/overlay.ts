import type { Markish } from '@observablehq/plot'
import { cellImage, countCells } from './cells.js'
import { regionLevels } from './density-grid.js'
import { dots } from './dots.js'
import type { Interval } from './interval.js'
import { lineWidth, outline } from './outline.js'
import { BLUES, COLOUR } from './theme.js'

/** Rows that are drawn as dots; of more there are cells for the data, and lines around the samples. */
export const MOST_DOTS = 1500
/** Of those, so many are drawn. */
const DOTS = 500
const CELL_PX = 4
/** Cells that samples are counted in, wide enough to be about smooth. */
const SIDE = 40
const SHARES = [0.5, 0.9]

/** Two columns of some rows. */
export interface Points {
  readonly x: Float64Array
  readonly y: Float64Array
}

/** Data and samples over each other in a square of so many px: dots where they are few. */
export function overlay(data: Points, samples: Points, domains: readonly [Interval, Interval], px: number): Markish[] {
  if (data.x.length > MOST_DOTS) {
    return [
      cellImage(countCells(data.x, data.y, domains, Math.floor(px / CELL_PX)), BLUES),
      ...around(samples, domains),
    ]
  }
  const count = Math.min(DOTS, data.x.length, samples.x.length)
  const cloud = ({ x, y }: Points, size: number, colour: string) =>
    dots(thin(x, count), thin(y, count), { size, colours: [colour], opacity: 0.7 })
  return [cloud(samples, 3, COLOUR.model), cloud(data, 2.4, COLOUR.data)]
}

/** What a picture of such squares says of them. */
export function overlayText(rows: number, samples: number): string {
  if (rows > MOST_DOTS)
    return 'The stronger the colour, the more rows of data; lines enclose half and 90 % of the samples.'
  return `${Math.min(DOTS, rows, samples)} rows of each.`
}

function thin(values: Float64Array, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)])
}

/** Lines around the smallest regions that hold a share of the points. */
function around({ x, y }: Points, domains: readonly [Interval, Interval]): Markish[] {
  const { counts } = countCells(x, y, domains, SIDE)
  const [width, height] = domains.map(([low, high]) => (high - low) / SIDE)
  const cell = width * height
  const logDensity = smoothed(smoothed(counts)).map((count) => Math.log(count / (x.length * cell)))
  const grid = { size: SIDE, x: domains[0], y: domains[1], logDensity, cell, mass: 1 }
  return regionLevels(grid, SHARES).flatMap((level, i) =>
    level === undefined ? [] : [outline(grid, level, { colour: COLOUR.model, width: lineWidth(SHARES[i]) + 0.4 })],
  )
}

/** Each cell with a share of its neighbours, ¼ ½ ¼ in both directions; at an edge what would fall outside stays. */
function smoothed(counts: Float64Array): Float64Array {
  const pass = (from: Float64Array, step: number, place: (at: number) => number) =>
    from.map((own, at) => {
      const before = place(at) > 0 ? from[at - step] : own
      const after = place(at) < SIDE - 1 ? from[at + step] : own
      return (before + 2 * own + after) / 4
    })
  const across = pass(counts, 1, (at) => at % SIDE)
  return pass(across, SIDE, (at) => Math.floor(at / SIDE))
}

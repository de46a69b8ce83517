import type { Matrix } from '../data/rows.js'
import { arrange } from './arrange.js'
import { cellImage, countCells } from './cells.js'
import { axisBins, type ColumnAxis } from './column-axis.js'
import { column, outsideText, thinRows } from './columns.js'
import { dots } from './dots.js'
import { figure, MARGIN } from './figure.js'
import { panel } from './panel.js'
import { numberText } from './text.js'
import { BLUES, COLOUR, HEAT } from './theme.js'

/** What a picture of samples beside rows shows. */
export interface SamplesOptions {
  /** [rows, 2], original units. */
  readonly data: Matrix
  /** Where those are only some of the rows: how many there are. */
  readonly allRows?: number
  /** [rows, 2], original units. */
  readonly samples: Matrix
  readonly columns: readonly string[]
  /** How their values stand at axes, where that is not as numbers do. */
  readonly axes?: readonly ColumnAxis[]
}

const SIDE = 400
/** More points than this fill the panel rather than tell more: then there are cells of a few px, the darker the more rows. */
const MOST_POINTS = 3000
const CELL = 4

/** Data and the model's samples side by side on the same axes, as many of the one as of the other. */
export function samplesPicture({ data, allRows = data.rows, samples, columns, axes }: SamplesOptions): string {
  const crowded = Math.min(data.rows, samples.rows) > MOST_POINTS
  const count = Math.min(data.rows, samples.rows)
  const [x, y] = [0, 1].map((j) => axisBins(column(data, j), column(samples, j), axes?.[j]).domain)
  const cloud = (points: Matrix, { colour, ramp }: { colour: string; ramp: readonly string[] }, title: string) => {
    const [first, second] = [0, 1].map((j) => column(points, j))
    return panel({
      width: SIDE,
      height: SIDE,
      title,
      grid: !crowded,
      x: { domain: x, label: columns[0], ticks: axes?.[0].ticks },
      y: { domain: y, label: columns[1], ticks: axes?.[1].ticks },
      marks: [
        crowded
          ? cellImage(countCells(first, second, [x, y], SIDE / CELL), ramp)
          : dots(first, second, { size: dotSize(count), colours: [colour], opacity: 0.85 }),
      ],
    })
  }
  const of = (whole: number) =>
    count < whole ? `${numberText(count, 21)} of ${numberText(whole, 21)}` : numberText(count, 21)
  const shown = { data: thinRows(data, count), samples: thinRows(samples, count) }
  const panels = [
    cloud(shown.data, { colour: COLOUR.data, ramp: BLUES }, `data: ${of(allRows)} rows`),
    cloud(shown.samples, { colour: COLOUR.model, ramp: HEAT }, `samples from the flow: ${numberText(count, 21)} rows`),
  ]
  const arranged = arrange(panels, { gap: 24 })
  const how = crowded ? ' The stronger the colour of a cell, the more rows are in it.' : ''
  return figure({
    title: 'Data beside samples',
    subtitle: `Both panels have the same axes, in the units of the data.${how}${outsideText(shown.data, shown.samples, [x, y])}`,
    width: 2 * MARGIN + arranged.width,
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

/** Smaller dots for more of them. */
function dotSize(count: number): number {
  if (count <= 300) return 4
  return count <= 1200 ? 3 : 2.2
}

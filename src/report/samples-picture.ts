import type { Matrix } from '../data/rows.js'
import { arrange } from './arrange.js'
import { column, commonDomain, countOutside, thinRows } from './columns.js'
import { dots } from './dots.js'
import { figure, MARGIN } from './figure.js'
import { panel } from './panel.js'
import { numberText } from './text.js'
import { COLOUR } from './theme.js'

export interface SamplesOptions {
  /** [rows, 2], original units. */
  readonly data: Matrix
  /** Where those are only some of the rows: how many there are. */
  readonly allRows?: number
  /** [rows, 2], original units. */
  readonly samples: Matrix
  readonly columns: readonly string[]
}

const SIDE = 400
/** More points than this fill the panel rather than tell more. */
const MOST_POINTS = 3000

/** Data and the model's samples side by side on the same axes, as many of the one as of the other. */
export function samplesPicture({ data, allRows = data.rows, samples, columns }: SamplesOptions): string {
  const count = Math.min(data.rows, samples.rows, MOST_POINTS)
  const domains = [0, 1].map((j) => commonDomain(column(data, j), column(samples, j)))
  const cloud = (points: Matrix, colour: string, title: string) => {
    const shown = thinRows(points, count)
    return panel({
      width: SIDE,
      height: SIDE,
      title,
      grid: true,
      x: { domain: domains[0], label: columns[0] },
      y: { domain: domains[1], label: columns[1] },
      marks: [dots(column(shown, 0), column(shown, 1), { size: dotSize(count), colours: [colour], opacity: 0.85 })],
    })
  }
  const of = (whole: number) =>
    count < whole ? `${numberText(count, 21)} of ${numberText(whole, 21)}` : numberText(count, 21)
  const panels = [
    cloud(data, COLOUR.data, `data: ${of(allRows)} rows`),
    cloud(samples, COLOUR.model, `samples from the flow: ${numberText(count, 21)} rows`),
  ]
  const arranged = arrange(panels, { gap: 24 })
  const outside = countOutside(thinRows(samples, count), domains)
  return figure({
    title: 'Data beside samples',
    subtitle: `Both panels have the same axes, in the units of the data.${outsideText(outside)}`,
    width: 2 * MARGIN + arranged.width,
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

function outsideText(count: number): string {
  if (count === 0) return ''
  return ` ${numberText(count, 21)} ${count === 1 ? 'sample lies' : 'samples lie'} outside them.`
}

/** Smaller dots for more of them. */
function dotSize(count: number): number {
  if (count <= 300) return 4
  return count <= 1200 ? 3 : 2.2
}

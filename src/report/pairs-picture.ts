import { column, commonDomain, countOutside, thinRows } from './columns.js'
import { dots } from './dots.js'
import { figure, type Key, MARGIN } from './figure.js'
import { histograms } from './histogram-marks.js'
import type { Interval } from './interval.js'
import { type ColumnsOptions, shareText } from './marginals-picture.js'
import { type Panel, panel } from './panel.js'
import { COLOUR } from './theme.js'

/** Columns of one picture. */
export const PAIRS_AT_A_TIME = 6

const CELL = { side: 140, gap: 10 }
const MOST_POINTS = 500

const KEYS: readonly Key[] = [
  { text: 'data', colour: COLOUR.data, shape: 'dot' },
  { text: 'samples from the flow', colour: COLOUR.model, shape: 'dot' },
]

/** Every pair of up to six columns from `first` on: the lower triangle, each column's histogram on the diagonal. */
export function pairsPicture({ data, allRows = data.rows, samples, columns }: ColumnsOptions, first = 0): string {
  const chosen = columns.slice(first, first + PAIRS_AT_A_TIME).map((name, i) => ({ name, j: first + i }))
  const count = Math.min(MOST_POINTS, data.rows, samples.rows)
  const parts = { data, samples, shownData: thinRows(data, count), shownSamples: thinRows(samples, count) }
  const shown = columns.map(
    (_, j): Interval =>
      j >= first && j < first + chosen.length
        ? commonDomain(column(data, j), column(samples, j))
        : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  )
  const outside = countOutside(parts.shownSamples, shown)
  const strays = outside > 0 ? ` (${outside} ${outside === 1 ? 'sample lies' : 'samples lie'} outside)` : ''
  const cells = chosen.flatMap((across, at) =>
    chosen.slice(at).map((up, below) => ({
      at,
      row: at + below,
      panel: cell(parts, across, up, at, at + below === chosen.length - 1),
    })),
  )
  const left = Math.max(...cells.filter(({ at }) => at === 0).map(({ panel }) => panel.left))
  const step = CELL.side + CELL.gap
  const range =
    columns.length > chosen.length ? ` Columns ${first + 1} to ${first + chosen.length} of ${columns.length}.` : ''
  return figure({
    title: 'Pairs of columns',
    subtitle: `${count} rows of each${strays}, in the units of the data; bars on the diagonal are the data, outlines the samples.${shareText(data.rows, allRows)}${range}`,
    keys: KEYS,
    width: 2 * MARGIN + left + chosen.length * step + 10,
    height: chosen.length * step + 40,
    draw: (top) =>
      cells
        .map(({ panel, at, row }) =>
          panel.place(MARGIN + left + at * step - panel.left, top + row * step - panel.top + 6),
        )
        .join('\n'),
  })
}

interface Numbered {
  readonly name: string
  readonly j: number
}

interface Parts extends Pick<ColumnsOptions, 'data' | 'samples'> {
  readonly shownData: ColumnsOptions['data']
  readonly shownSamples: ColumnsOptions['data']
}

/** One cell; only the outer ones have numbers and names at their axes. */
function cell(
  { data, samples, shownData, shownSamples }: Parts,
  across: Numbered,
  up: Numbered,
  at: number,
  lowest: boolean,
): Panel {
  const domain = (j: number) => commonDomain(column(data, j), column(samples, j))
  const x = { domain: domain(across.j), ticks: lowest, ...(lowest && { label: across.name }) }
  const size = { width: CELL.side, height: CELL.side }
  if (across.j === up.j) {
    const { marks, highest } = histograms(column(data, up.j), column(samples, up.j), x.domain)
    const y = { domain: [0, highest * 1.08], ticks: false } as const
    return panel({ ...size, x, y, marks })
  }
  const y = { domain: domain(up.j), ticks: at === 0, ...(at === 0 && { label: up.name }) }
  const cloud = (points: ColumnsOptions['data'], size: number, colour: string) =>
    dots(column(points, across.j), column(points, up.j), { size, colours: [colour], opacity: 0.7 })
  return panel({ ...size, x, y, marks: [cloud(shownSamples, 3, COLOUR.model), cloud(shownData, 2.4, COLOUR.data)] })
}

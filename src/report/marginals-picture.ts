import type { Matrix } from '../data/rows.js'
import { arrange } from './arrange.js'
import { column, commonDomain, outsideText } from './columns.js'
import { figure, type Key, MARGIN } from './figure.js'
import { histograms } from './histogram-marks.js'
import type { Interval } from './interval.js'
import { columnMisfits } from './misfit.js'
import { panel } from './panel.js'
import { numberText } from './text.js'
import { COLOUR } from './theme.js'

/** Names of the columns of a picture. */
export interface ColumnsOptions {
  /** [rows, dim], original units. */
  readonly data: Matrix
  /** Where those are only some of the rows: how many there are. */
  readonly allRows?: number
  /** [rows, dim], original units. */
  readonly samples: Matrix
  readonly columns: readonly string[]
}

/** What to say where histograms show only some of the rows. */
export function shareText(rows: number, allRows: number): string {
  return rows === allRows ? '' : ` Bars: ${numberText(rows, 21)} of ${numberText(allRows, 21)} rows of data.`
}

const PANEL = { width: 250, height: 150, across: 3, gap: 20 }

const KEYS: readonly Key[] = [
  { text: 'data', colour: COLOUR.dataFill, shape: 'bar' },
  { text: 'samples from the flow', colour: COLOUR.model, shape: 'line' },
]

/** Panels of one picture, at most. */
const MOST_PANELS = 24

/** A histogram of every column, of the data and of the model's samples; of very many, those where the two differ most. */
export function marginalsPicture({ data, allRows = data.rows, samples, columns }: ColumnsOptions): string {
  const shown = shownColumns(data, samples, columns.length)
  const domains = shown.map((j) => commonDomain(column(data, j), column(samples, j)))
  const panels = shown.map((j, at) => {
    const { marks, highest } = histograms(column(data, j), column(samples, j), domains[at])
    return panel({
      width: PANEL.width,
      height: PANEL.height,
      x: { domain: domains[at], label: columns[j] },
      y: { domain: [0, highest * 1.08], label: 'density' },
      marks,
    })
  })
  const every = columns.map((_, j): Interval => domains[shown.indexOf(j)] ?? EVERYTHING)
  const outside = outsideText(data, samples, every)
  const some = shown.length < columns.length ? ` The ${shown.length} of ${columns.length} that differ most.` : ''
  const arranged = arrange(panels, PANEL)
  return figure({
    title: 'Every column alone',
    subtitle: `Histograms on the same bins; each has area 1${outside === '' ? '' : ' with what lies outside'}.${outside}${some}${shareText(data.rows, allRows)}`,
    keys: KEYS,
    width: Math.max(2 * MARGIN + arranged.width, 340),
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

const EVERYTHING: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

function shownColumns(data: Matrix, samples: Matrix, columns: number): number[] {
  const all = Array.from({ length: columns }, (_, j) => j)
  if (columns <= MOST_PANELS) return all
  const misfits = columnMisfits(data, samples)
  return all.sort((a, b) => misfits[b] - misfits[a]).slice(0, MOST_PANELS)
}

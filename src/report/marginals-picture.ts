import type { Matrix } from '../data/rows.js'
import { arrange } from './arrange.js'
import { axisBins, type ColumnAxis } from './column-axis.js'
import { column, outsideText } from './columns.js'
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
  /** How their values stand at axes, where that is not as numbers do. */
  readonly axes?: readonly ColumnAxis[]
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
export function marginalsPicture({ data, allRows = data.rows, samples, columns, axes }: ColumnsOptions): string {
  const shown = shownColumns(data, samples, columns.length)
  const bins = shown.map((j) => axisBins(column(data, j), column(samples, j), axes?.[j]))
  const panels = shown.map((j, at) => {
    const { marks, highest } = histograms(column(data, j), column(samples, j), bins[at])
    return panel({
      width: PANEL.width,
      height: PANEL.height,
      x: { domain: bins[at].domain, label: columns[j], ticks: axes?.[j].ticks },
      y: { domain: [0, highest * 1.08], label: axes?.[j].names ? 'share' : 'density' },
      marks,
    })
  })
  const every = columns.map((_, j): Interval => bins[shown.indexOf(j)]?.domain ?? EVERYTHING)
  const outside = outsideText(data, samples, every)
  const some = shown.length < columns.length ? ` The ${shown.length} of ${columns.length} that differ most.` : ''
  const arranged = arrange(panels, PANEL)
  return figure({
    title: 'Every column alone',
    subtitle: `Histograms on the same bins; each has area 1${outside === '' ? '' : ' with what lies outside'}.${outside}${some}${missingText({ data, samples, columns })}${shareText(data.rows, allRows)}`,
    keys: KEYS,
    width: Math.max(2 * MARGIN + arranged.width, 340),
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

/** " Missing cells: 2.6 % of sex in the data, 2.4 % in the samples." */
function missingText({ data, samples, columns }: ColumnsOptions): string {
  const share = (matrix: Matrix, j: number) =>
    column(matrix, j).reduce((sum, value) => sum + Number(Number.isNaN(value)), 0) / matrix.rows
  const parts = columns.flatMap((name, j) => {
    const [given, drawn] = [share(data, j), share(samples, j)]
    if (given + drawn === 0) return []
    return [`${numberText(100 * given, 2)} % of ${name} in the data, ${numberText(100 * drawn, 2)} % in the samples`]
  })
  return parts.length === 0 ? '' : ` Missing cells: ${parts.join('; ')}.`
}

const EVERYTHING: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

function shownColumns(data: Matrix, samples: Matrix, columns: number): number[] {
  const all = Array.from({ length: columns }, (_, j) => j)
  if (columns <= MOST_PANELS) return all
  const misfits = columnMisfits(data, samples)
  return all.sort((a, b) => misfits[b] - misfits[a]).slice(0, MOST_PANELS)
}

import type { Matrix } from '../data/rows.js'
import { arrange } from './arrange.js'
import { column, commonDomain, countOutside } from './columns.js'
import { figure, type Key, MARGIN } from './figure.js'
import { histograms } from './histogram-marks.js'
import { panel } from './panel.js'
import { numberText } from './text.js'
import { COLOUR } from './theme.js'

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

/** A histogram of every column, of the data and of the model's samples. */
export function marginalsPicture({ data, allRows = data.rows, samples, columns }: ColumnsOptions): string {
  const domains = columns.map((_, j) => commonDomain(column(data, j), column(samples, j)))
  const outside = countOutside(samples, domains)
  const strays = outside > 0 ? ` with what lies outside, of ${numberText(outside, 21)} samples` : ''
  const panels = columns.map((name, j) => {
    const values = [data, samples].map((matrix) => column(matrix, j))
    const domain = domains[j]
    const { marks, highest } = histograms(values[0], values[1], domain)
    return panel({
      width: PANEL.width,
      height: PANEL.height,
      x: { domain, label: name },
      y: { domain: [0, highest * 1.08], label: 'density' },
      marks,
    })
  })
  const arranged = arrange(panels, PANEL)
  return figure({
    title: 'Every column alone',
    subtitle: `Histograms on the same bins; each has area 1${strays}.${shareText(data.rows, allRows)}`,
    keys: KEYS,
    width: Math.max(2 * MARGIN + arranged.width, 340),
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

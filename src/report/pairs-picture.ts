import { arrange } from './arrange.js'
import { axisBins } from './column-axis.js'
import { column, outsideText } from './columns.js'
import { figure, type Key, MARGIN } from './figure.js'
import { histograms } from './histogram-marks.js'
import { type ColumnsOptions, shareText } from './marginals-picture.js'
import { worstPairs } from './misfit.js'
import { MOST_DOTS, overlay, overlayText } from './overlay.js'
import { type Panel, panel } from './panel.js'
import { shorten } from './text.js'
import { COLOUR, TEXT } from './theme.js'

/** Columns whose pairs are all drawn; of more there are the pairs that fit worst. */
const MOST_COLUMNS = 6
const MOST_PAIRS = 12
/** Room for the name of a column in a sentence. */
const NAME_PX = 120

const CELL = { side: 140, gap: 10 }
const PAIR = { side: 200, across: 4, gap: 18 }

/** Pairs of columns, data and samples over each other: of up to six columns all, of more the worst fitted, the worst first. */
export function pairsPicture(options: ColumnsOptions): string {
  return options.columns.length > MOST_COLUMNS ? worstOnly(options) : triangle(options)
}

/** The lower triangle, each column's histogram on the diagonal. */
function triangle(options: ColumnsOptions): string {
  const { data, allRows = data.rows, samples, columns } = options
  const cells = columns.flatMap((_, at) =>
    columns.slice(at).map((_, below) => ({ at, row: at + below, panel: cell(options, at, at + below) })),
  )
  const left = Math.max(...cells.filter(({ at }) => at === 0).map(({ panel }) => panel.left))
  const step = CELL.side + CELL.gap
  const [worst] = worstPairs(data, samples)
  const named = worst && columns.length > 2 ? ` The worst fitted: ${pairName(columns, worst)}.` : ''
  return figure({
    title: 'Pairs of columns',
    subtitle: `${overlayText(data.rows, samples.rows)} On the diagonal bars are the data, outlines the samples.${outside(options)}${named}${shareText(data.rows, allRows)}`,
    keys: keysOf(options),
    width: 2 * MARGIN + left + columns.length * step + 10,
    height: columns.length * step + 40,
    draw: (top) =>
      cells
        .map(({ panel, at, row }) =>
          panel.place(MARGIN + left + at * step - panel.left, top + row * step - panel.top + 6),
        )
        .join('\n'),
  })
}

function worstOnly(options: ColumnsOptions): string {
  const { data, allRows = data.rows, samples, columns } = options
  const all = worstPairs(data, samples)
  const pairs = all.slice(0, MOST_PAIRS)
  const panels = pairs.map(({ across, up }) => {
    const [x, y] = [across, up].map((j) => ({
      domain: binsOf(options, j).domain,
      label: columns[j],
      ticks: ticks(options, j),
    }))
    const marks = overlay(points(data, across, up), points(samples, across, up), [x.domain, y.domain], PAIR.side)
    return panel({ width: PAIR.side, height: PAIR.side, x, y, marks })
  })
  const arranged = arrange(panels, PAIR)
  return figure({
    title: 'Pairs of columns, the worst fitted first',
    subtitle: `${pairs.length} of ${(columns.length * (columns.length - 1)) / 2} pairs, those in which data and samples differ most. ${overlayText(data.rows, samples.rows)}${outside(options)}${shareText(data.rows, allRows)}`,
    keys: keysOf(options),
    width: 2 * MARGIN + arranged.width,
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

function keysOf({ data }: ColumnsOptions): Key[] {
  const many = data.rows > MOST_DOTS
  return [
    { text: 'data', colour: COLOUR.data, shape: many ? 'bar' : 'dot' },
    { text: 'samples from the flow', colour: COLOUR.model, shape: many ? 'line' : 'dot' },
  ]
}

const points = (matrix: ColumnsOptions['data'], across: number, up: number) => ({
  x: column(matrix, across),
  y: column(matrix, up),
})

const binsOf = ({ data, samples, axes }: ColumnsOptions, j: number) =>
  axisBins(column(data, j), column(samples, j), axes?.[j])

const ticks = ({ axes }: ColumnsOptions, j: number) => axes?.[j].ticks

const outside = (options: ColumnsOptions) =>
  outsideText(
    options.data,
    options.samples,
    options.columns.map((_, j) => binsOf(options, j).domain),
  )

function pairName(columns: readonly string[], { across, up }: { across: number; up: number }): string {
  const [first, second] = [across, up].map((j) => shorten(columns[j], NAME_PX, TEXT.subtitle))
  return `${first} and ${second}`
}

const BARE = { ticks: false } as const

/** One cell of the triangle; only the outer ones have numbers and names at their axes. */
function cell(options: ColumnsOptions, at: number, row: number): Panel {
  const { data, samples, columns } = options
  const lowest = row === columns.length - 1
  const bins = binsOf(options, at)
  const x = { domain: bins.domain, ...(lowest ? { label: columns[at], ticks: ticks(options, at) } : BARE) }
  const size = { width: CELL.side, height: CELL.side }
  if (at === row) {
    const { marks, highest } = histograms(column(data, at), column(samples, at), bins)
    return panel({ ...size, x, y: { domain: [0, highest * 1.08], ticks: false }, marks })
  }
  const y = {
    domain: binsOf(options, row).domain,
    ...(at === 0 ? { label: columns[row], ticks: ticks(options, row) } : BARE),
  }
  const marks = overlay(points(data, at, row), points(samples, at, row), [x.domain, y.domain], CELL.side)
  return panel({ ...size, x, y, marks })
}

import { areaY, line, rectY, ruleY } from '@observablehq/plot'
import type { Model } from '../flow/ensemble.js'
import { Flow } from '../flow/flow.js'
import { arrange } from './arrange.js'
import { commonDomain } from './columns.js'
import { dots } from './dots.js'
import { figure, type Key, MARGIN } from './figure.js'
import { type Compared, farthest, type HeldOut, levels } from './held-out.js'
import { histogram } from './histogram.js'
import { quantile } from './interval.js'
import { type Panel, panel } from './panel.js'
import { numberText } from './text.js'
import { COLOUR } from './theme.js'

const PANEL = { width: 170, across: 4, gap: 16, qqHeight: 170, pitHeight: 110 }
/** Of more coordinates, those that are farthest from what they should be. */
const MOST_PANELS = 12
/** Order statistics that are drawn; the outermost ones all. */
const DOTS = { most: 200, ends: 12 }
/** Standard errors that 95 of 100 values lie within. */
const BAND = 1.96
/** Rows for a bar of a histogram, about, and bars at the most. */
const BIN = { rows: 20, least: 4, most: 20 }

export interface CalibrationOptions {
  readonly model: Model
  readonly compared: readonly Compared[]
  readonly part: HeldOut['part']
}

/** Quantiles of rows against those of samples, a panel for each coordinate of the noise: a straight line where the model is true. */
export function qqPicture(options: CalibrationOptions): string {
  return calibrationFigure(options, {
    title: options.model instanceof Flow ? 'Rows as noise, beside noise' : 'Rows beside samples',
    text: 'Each quantile of the rows (up) against the same of samples (across): on the line where the model is true, and within the band for 95 of 100 points.',
    keys: [
      { text: 'rows', colour: COLOUR.data, shape: 'dot' },
      { text: 'as it should be', colour: COLOUR.model, shape: 'line' },
    ],
    draw: qqPanel,
  })
}

/** Histograms of where rows stand among samples, F(zⱼ): flat where the model is true. Source: Dawid 1984, the probability integral transform. */
export function pitPicture(options: CalibrationOptions): string {
  return calibrationFigure(options, {
    title: 'Where rows stand among samples',
    text: 'The share of samples below each row: flat where the model is true, a hump where it is too wide, a bowl where it is too narrow, a slope where it is shifted. The band holds 95 of 100 bars.',
    keys: [
      { text: 'rows', colour: COLOUR.dataFill, shape: 'bar' },
      { text: 'as it should be', colour: COLOUR.model, shape: 'line' },
    ],
    draw: pitPanel,
  })
}

interface Kind {
  readonly title: string
  readonly text: string
  readonly keys: readonly Key[]
  readonly draw: (compared: Compared) => Panel
}

const PART = { test: 'test rows', validation: 'validation rows', training: 'rows trained on, which flatter the model' }

function calibrationFigure({ model, compared, part }: CalibrationOptions, { title, text, keys, draw }: Kind): string {
  const all = compared.filter(({ rows, samples }) => rows.length > 0 && samples.length > 0)
  const shown = all.length > MOST_PANELS ? all.toSorted((a, b) => farthest(b) - farthest(a)).slice(0, MOST_PANELS) : all
  const some = shown.length < all.length ? ` The ${shown.length} of ${all.length} that are farthest from it.` : ''
  const what =
    model instanceof Flow
      ? 'z₁, z₂, … are the coordinates of the noise that the flow maps rows onto'
      : 'Columns as they are'
  const rows = numberText(Math.max(0, ...shown.map(({ rows }) => rows.length)), 21)
  const arranged = arrange(shown.map(draw), PANEL)
  return figure({
    title,
    subtitle: `${text} ${what}; ${rows} ${PART[part]}.${some}`,
    keys,
    width: Math.max(2 * MARGIN + arranged.width, 560),
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

function qqPanel({ name, rows, samples, ticks }: Compared): Panel {
  const domain = commonDomain(rows, samples)
  const at = shownRanks(rows.length)
  const share = at.map((rank) => (rank + 0.5) / rows.length)
  const own = share.map((p) => quantile(samples, p))
  const bound = (side: number) =>
    share.map((p) =>
      quantile(samples, Math.min(1, Math.max(0, p + side * BAND * Math.sqrt((p * (1 - p)) / rows.length)))),
    )
  const within = (values: readonly number[]) => values.map((value) => Math.min(domain[1], Math.max(domain[0], value)))
  return panel({
    width: PANEL.width,
    height: PANEL.qqHeight,
    title: name,
    x: { domain, ticks },
    y: { domain, ticks },
    marks: [
      areaY(own, {
        x: within(own),
        y1: within(bound(-1)),
        y2: within(bound(1)),
        fill: COLOUR.model,
        fillOpacity: 0.22,
      }),
      line([...domain], { x: domain, y: domain, stroke: COLOUR.model, strokeWidth: 1.5 }),
      dots(
        own,
        at.map((rank) => rows[rank]),
        { size: 3, colours: [COLOUR.data] },
      ),
    ],
  })
}

/** Ranks evenly spaced, and those at the ends, where a model fails first. */
function shownRanks(count: number): number[] {
  const ranks = new Set<number>()
  for (let i = 0; i < Math.min(count, DOTS.most); i++) ranks.add(Math.floor((i * count) / Math.min(count, DOTS.most)))
  for (let i = 0; i < Math.min(count, DOTS.ends); i++) ranks.add(i).add(count - 1 - i)
  return [...ranks].sort((a, b) => a - b)
}

function pitPanel(compared: Compared): Panel {
  const places = levels(compared)
  const bins = Math.max(BIN.least, Math.min(BIN.most, Math.floor(places.length / BIN.rows)))
  const { edges, heights } = histogram(places, [0, 1], bins)
  // A bar's height is its share of the rows times the number of bars.
  const band = BAND * Math.sqrt((bins - 1) / places.length)
  const highest = 1.08 * Math.max(1 + band, ...heights)
  return panel({
    width: PANEL.width,
    height: PANEL.pitHeight,
    title: compared.name,
    x: { domain: [0, 1] },
    y: { domain: [0, highest] },
    marks: [
      rectY(heights, { x1: edges.slice(0, -1), x2: edges.slice(1), y: heights, fill: COLOUR.dataFill }),
      areaY([0, 1], {
        x: [0, 1],
        y1: [Math.max(0, 1 - band), Math.max(0, 1 - band)],
        y2: [1 + band, 1 + band],
        fill: COLOUR.model,
        fillOpacity: 0.22,
      }),
      ruleY([1], { stroke: COLOUR.model, strokeWidth: 1.5 }),
    ],
  })
}

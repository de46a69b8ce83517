import * as Plot from '@observablehq/plot'
import { DOMImplementation, type Node, XMLSerializer } from '@xmldom/xmldom'
import { numberTicks, type TickMaker, widest } from './axis-ticks.js'
import type { Interval } from './interval.js'
import { SVG } from './position.js'
import { escapeXml, shorten, textWidth } from './text.js'
import { COLOUR, TEXT } from './theme.js'
import type { Ticks } from './ticks.js'

export interface Axis {
  readonly domain: Interval
  readonly label?: string
  /** What is written at the axis; default round numbers. False leaves that away. */
  readonly ticks?: TickMaker | boolean
}

export interface PanelOptions {
  /** Of the plotting area alone, in px. */
  readonly width: number
  readonly height: number
  readonly x: Axis
  readonly y: Axis
  /** Above the plotting area. */
  readonly title?: string
  /** Room above the plotting area; default what the title needs. */
  readonly headroom?: number
  /** Lines across at every tick; default false. */
  readonly grid?: boolean
  readonly marks: readonly Plot.Markish[]
}

/** A chart that can be placed in a figure. */
export interface Panel {
  /** With axes and title, in px. */
  readonly width: number
  readonly height: number
  /** Where the plotting area begins. */
  readonly left: number
  readonly top: number
  /** SVG with its upper left corner at (x, y). */
  place(x: number, y: number): string
}

const TICK_LENGTH = 4
const GAP = 4
const LINE = TEXT.label * 1.5

/** Draws marks over numeric axes with Observable Plot. */
export function panel(options: PanelOptions): Panel {
  const { width, height, x, y, title } = options
  const across = makerOf(x)(x.domain, width, 'across')
  const up = makerOf(y)(y.domain, height, 'up')
  const { left, top, right, bottom } = marginsOf(options, across, up)
  const whole = { width: left + width + right, height: top + height + bottom }
  const svg = Plot.plot({
    document: emptyDocument(),
    ...whole,
    marginLeft: left,
    marginTop: top,
    marginRight: right,
    marginBottom: bottom,
    x: { type: 'linear', domain: [...x.domain], axis: null },
    y: { type: 'linear', domain: [...y.domain], axis: null },
    // The frame comes last: marks may fill the area to its edge.
    marks: [...axes(options, across, up, { left, bottom }), ...options.marks, Plot.frame({ stroke: COLOUR.muted })],
  })
  const [style] = svg.getElementsByTagName('style')
  svg.removeChild(style)
  for (const name of ['class', 'font-family', 'fill']) svg.removeAttribute(name)
  svg.setAttribute('font-size', String(TEXT.label))
  // Labels may reach beyond the estimate of their width; better seen than cut.
  svg.setAttribute('overflow', 'visible')
  const heading = title === undefined ? '' : titleText(title, { left, width, whole: whole.width })
  return {
    ...whole,
    left,
    top,
    place(atX, atY) {
      svg.setAttribute('x', atX.toFixed(1))
      svg.setAttribute('y', atY.toFixed(1))
      const drawn = new XMLSerializer().serializeToString(svg as unknown as Node)
      return `${drawn.replace(/<\/svg>$/, '')}${heading}</svg>`
    },
  }
}

const makerOf = ({ ticks }: Axis): TickMaker => (typeof ticks === 'function' ? ticks : numberTicks)

/** Plot builds its elements in a document, such as browsers have. */
function emptyDocument(): Document {
  return new DOMImplementation().createDocument(SVG, 'svg') as unknown as Document
}

/** The room that axes, numbers, names and the title take around the plotting area. */
function marginsOf({ x, y, width, title, headroom }: PanelOptions, across: Ticks, up: Ticks) {
  const numbers = y.ticks === false ? 0 : widest(up) + TICK_LENGTH + GAP
  return {
    left: numbers + (y.label === undefined ? 0 : LINE) + GAP,
    top: headroom ?? (title === undefined ? GAP + 2 : TEXT.panel * 1.6),
    right: x.ticks === false ? 1 : overhang(across, x.domain, width),
    bottom: (x.ticks === false ? 0 : LINE + TICK_LENGTH) + (x.label === undefined ? 0 : LINE) + 2,
  }
}

function axes(
  { x, y, width, height, grid = false }: PanelOptions,
  across: Ticks,
  up: Ticks,
  margin: { left: number; bottom: number },
): Plot.Markish[] {
  const line = { stroke: COLOUR.faint, strokeOpacity: 1 }
  const common = { tickSize: TICK_LENGTH, color: COLOUR.muted, labelAnchor: 'center', labelArrow: 'none' } as const
  const axis = (label: string | undefined, length: number, { values, format }: Ticks) => ({
    ...common,
    ticks: [...values],
    tickFormat: format,
    label: label === undefined ? null : shorten(label, length, TEXT.label),
  })
  return [
    grid ? Plot.gridX([...across.values], line) : null,
    grid ? Plot.gridY([...up.values], line) : null,
    x.ticks === false ? null : Plot.axisX({ ...axis(x.label, width, across), labelOffset: margin.bottom - 3 }),
    y.ticks === false ? null : Plot.axisY({ ...axis(y.label, height, up), labelOffset: margin.left - 2 }),
  ]
}

function titleText(title: string, { left, width, whole }: { left: number; width: number; whole: number }): string {
  // A title may use the room above the y axis too: it begins left enough to fit.
  const text = shorten(title, whole - 4, TEXT.panel)
  const start = Math.max(2, Math.min(left, left + width - textWidth(text, TEXT.panel)))
  return `<text x="${start.toFixed(1)}" y="${TEXT.panel}" font-size="${TEXT.panel}" font-weight="600" text-anchor="start" fill="${COLOUR.ink}">${escapeXml(text)}</text>`
}

/** How far the number at the last tick reaches beyond the plotting area. */
function overhang({ values, format }: Ticks, [low, high]: Interval, width: number): number {
  const last = values.at(-1)
  if (last === undefined) return GAP
  return Math.max(GAP, textWidth(format(last), TEXT.label) / 2 - ((high - last) / (high - low)) * width)
}

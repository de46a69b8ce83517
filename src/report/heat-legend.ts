import { type Interval, linear } from './interval.js'
import { separate } from './separate.js'
import { escapeXml, textWidth } from './text.js'
import { COLOUR, heatColour, TEXT } from './theme.js'
import { ticks } from './ticks.js'

/** What the colours of a heat map mean. */
export interface HeatScale {
  /** ln p at the palest and at the fullest colour, nats. */
  readonly domain: Interval
  /** ln p along the borders of regions that hold a share of the probability. */
  readonly levels: readonly { readonly value: number; readonly share: number }[]
}

const BAR = { width: 16, top: 20 }

/** A column of the heat map's colours, `height` px with its heading: ln p on one side, the regions on the other. */
export function heatLegend(
  { domain, levels }: HeatScale,
  height: number,
): { width: number; place(x: number, y: number): string } {
  const foot = height - 1
  const { values, format } = ticks(domain, 6)
  const toY = linear(domain, foot, BAR.top)
  const room = Math.max(...values.map((value) => textWidth(format(value), TEXT.label)), 24) + 8
  const bar = { left: room, right: room + BAR.width }
  const inside = (value: number) => Math.min(domain[1], Math.max(domain[0], value))
  const places = separate(
    levels.map(({ value }) => toY(inside(value))),
    TEXT.label * 1.25,
    BAR.top,
    foot,
  )
  const width = bar.right + 12 + textWidth('99 % inside', TEXT.label)
  const label = (x: number, y: number, anchor: string, text: string) =>
    `<text x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}" text-anchor="${anchor}">${escapeXml(text)}</text>`
  return {
    width,
    place: (x, y) =>
      [
        `<g transform="translate(${x.toFixed(1)},${y.toFixed(1)})">`,
        ramp(),
        label(0, 10, 'start', 'ln p, nats'),
        `<rect x="${bar.left}" y="${BAR.top}" width="${BAR.width}" height="${foot - BAR.top}" fill="url(#heat)" stroke="${COLOUR.muted}" stroke-width="0.5"/>`,
        ...values.map((value) => label(bar.left - 5, toY(value), 'end', format(value))),
        ...levels.map(
          ({ value, share }, i) =>
            `<path d="M${bar.left},${toY(inside(value)).toFixed(1)}H${bar.right}L${bar.right + 8},${places[i].toFixed(1)}" fill="none" stroke="${COLOUR.modelDark}"/>${label(bar.right + 11, places[i], 'start', `${share * 100} % inside`)}`,
        ),
        '</g>',
      ].join(''),
  }
}

/** The fullest colour above, the palest below. */
function ramp(): string {
  const stops = Array.from(
    { length: 11 },
    (_, i) => `<stop offset="${i * 10}%" stop-color="rgb(${heatColour(10 - i, 11).join()})"/>`,
  )
  return `<linearGradient id="heat" x1="0" x2="0" y1="0" y2="1">${stops.join('')}</linearGradient>`
}

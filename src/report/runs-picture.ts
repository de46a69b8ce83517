import { dot, ruleX, ruleY } from '@observablehq/plot'
import { figure, MARGIN } from './figure.js'
import { padded } from './interval.js'
import { panel } from './panel.js'
import { escapeXml, natsText, shorten, textWidth } from './text.js'
import { COLOUR, TEXT } from './theme.js'

/** A run and how unlikely it finds rows: mean −ln p with its standard error, nats a row. */
export interface ComparedRun {
  readonly name: string
  readonly mean: number
  readonly standardError: number | null
}

const PANEL = { width: 460, line: 34 }
const NAME_PX = 240
/** Standard errors that 95 of 100 means lie within. */
const BAND = 1.96

/** Runs beside each other: the mean −ln p of each with its 95 % interval, on one scale; `rows` says of which rows. */
export function runsPicture(runs: readonly ComparedRun[], rows: string): string {
  const ends = runs.flatMap(({ mean, standardError }) =>
    [-1, 1].map((side) => mean + side * BAND * (standardError ?? 0)),
  )
  const places = runs.map((_, i) => runs.length - i)
  const chart = panel({
    width: PANEL.width,
    height: PANEL.line * runs.length,
    x: {
      domain: padded(Math.min(...ends), Math.max(...ends), 0.08),
      label: '−ln p, nats a row: the lower, the better',
    },
    y: { domain: [0.5, runs.length + 0.5], ticks: false },
    grid: false,
    marks: [
      ruleX([Math.min(...runs.map(({ mean }) => mean))], { stroke: COLOUR.muted, strokeDasharray: '2 3' }),
      ruleY(places, {
        x1: ends.filter((_, i) => i % 2 === 0),
        x2: ends.filter((_, i) => i % 2 === 1),
        stroke: COLOUR.model,
        strokeWidth: 3,
      }),
      dot(places, { x: runs.map(({ mean }) => mean), y: places, r: 4, fill: COLOUR.data }),
    ],
  })
  const texts = runs.map(({ name, mean }) => `${shorten(name, NAME_PX, TEXT.subtitle)}  ${natsText(mean)}`)
  const side = Math.max(...texts.map((text) => textWidth(text, TEXT.subtitle))) + 12
  return figure({
    title: 'Runs beside each other',
    subtitle: `Mean −ln p of ${rows}, nats a row, with its 95 % interval.`,
    width: 2 * MARGIN + chart.width + side,
    height: chart.height,
    draw: (top) =>
      [
        chart.place(MARGIN, top),
        ...texts.map((text, i) => {
          const y = top + chart.top + (i + 0.5) * PANEL.line + 4
          return `<text x="${(MARGIN + chart.width + 6).toFixed(1)}" y="${y.toFixed(1)}" font-size="${TEXT.subtitle}">${escapeXml(text)}</text>`
        }),
      ].join('\n'),
  })
}

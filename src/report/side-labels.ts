import { type Interval, linear } from './interval.js'
import { separate } from './separate.js'
import { escapeXml } from './text.js'
import { TEXT } from './theme.js'

/** The name of a line or a curve, and the height at which it ends. */
export interface SideLabel {
  readonly text: string
  readonly value: number
  readonly colour: string
}

/** Names beside the right end of what they name, none over another; an arrow where that lies outside the plot. */
export function sideLabels(
  labels: readonly SideLabel[],
  domain: Interval,
  { x, top, height }: { x: number; top: number; height: number },
): string {
  const [low, high] = domain
  const toY = linear(domain, top + height, top)
  const wishes = labels.map(({ value }) => toY(Math.min(high, Math.max(low, value))))
  const places = separate(wishes, TEXT.subtitle * 1.3, top, top + height)
  return labels
    .map(({ text, value, colour }, i) => {
      const arrow = value > high ? ' ↑' : value < low ? ' ↓' : ''
      return `<text x="${x.toFixed(1)}" y="${(places[i] + 4).toFixed(1)}" font-size="${TEXT.subtitle}" font-weight="600" fill="${colour}">${escapeXml(text + arrow)}</text>`
    })
    .join('')
}

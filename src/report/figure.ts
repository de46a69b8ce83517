import { escapeXml, textWidth, wrap } from './text.js'
import { COLOUR, FONT, TEXT } from './theme.js'

/** A mark as it is drawn and what it stands for. */
export interface Key {
  readonly text: string
  readonly colour: string
  readonly shape: 'dot' | 'bar' | 'line'
}

export interface FigureOptions {
  readonly title: string
  readonly subtitle: string
  /** Named beneath the subtitle, in one line. */
  readonly keys?: readonly Key[]
  readonly width: number
  /** CSS of this picture alone. */
  readonly style?: string
  /** Height of what `draw` draws. */
  readonly height: number
  /** SVG of the content, given where it begins. */
  draw(top: number): string
}

/** Room around a figure, in px. */
export const MARGIN = 16

const HEADER = { title: TEXT.title * 1.5, line: TEXT.subtitle * 1.45, keys: TEXT.subtitle * 1.8 }

/** A self-contained SVG document: white paper, title, subtitle, keys, content. */
export function figure({ title, subtitle, keys = [], width, style = '', height, draw }: FigureOptions): string {
  const lines = wrap(subtitle, width - 2 * MARGIN, TEXT.subtitle)
  const underTitle = MARGIN + HEADER.title
  const underLines = underTitle + lines.length * HEADER.line
  const top = underLines + (keys.length > 0 ? HEADER.keys : 0) + 6
  const size = { width: Math.ceil(width), height: Math.ceil(top + height + MARGIN) }
  const text = (y: number, content: string, attributes: string) =>
    `<text x="${MARGIN}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(content)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" font-family="${FONT}" font-size="${TEXT.label}" fill="${COLOUR.ink}">`,
    `<title>${escapeXml(title)}</title><desc>${escapeXml(subtitle)}</desc>`,
    style === '' ? '' : `<style>${style}</style>`,
    `<rect width="${size.width}" height="${size.height}" fill="${COLOUR.paper}"/>`,
    text(MARGIN + TEXT.title * 0.85, title, `font-size="${TEXT.title}" font-weight="600"`),
    ...lines.map((line, i) =>
      text(underTitle + (i + 0.75) * HEADER.line, line, `font-size="${TEXT.subtitle}" fill="${COLOUR.muted}"`),
    ),
    drawKeys(keys, underLines + HEADER.keys * 0.6),
    draw(top),
    '</svg>',
    '',
  ]
    .filter((part, i, parts) => part !== '' || i === parts.length - 1)
    .join('\n')
}

function drawKeys(keys: readonly Key[], y: number): string {
  let x = MARGIN
  return keys
    .map(({ text, colour, shape }) => {
      const mark = {
        dot: `<circle cx="${x + 5}" cy="${y}" r="4" fill="${colour}"/>`,
        bar: `<rect x="${x}" y="${y - 5}" width="14" height="10" fill="${colour}"/>`,
        line: `<path d="M${x},${y}h16" stroke="${colour}" stroke-width="2.5"/>`,
      }[shape]
      const start = x + 22
      x = start + textWidth(text, TEXT.subtitle) + 20
      return `${mark}<text x="${start}" y="${y + 4}" font-size="${TEXT.subtitle}">${escapeXml(text)}</text>`
    })
    .join('')
}

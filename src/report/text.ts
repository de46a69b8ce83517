/** What XML has no way to write: control characters, half a surrogate pair, two non-characters. */
const UNWRITABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as XML character data or attribute value. */
export function escapeXml(text: string): string {
  return writable(text).replace(/[&<>"']/g, (character) => ENTITIES[character])
}

/** A text with a space for every character that XML cannot hold. */
export function writable(text: string): string {
  return text.replace(UNWRITABLE, ' ')
}

/**
 * Width in px of a text set in `size` px, as an upper estimate: fonts differ and nothing here can measure them. The
 * shares of an em are those of DejaVu Sans, the widest of the fonts asked for.
 */
export function textWidth(text: string, size: number): number {
  let ems = 0
  for (const character of text) {
    if (character >= '\u2e80') ems += 1.05
    else if (/[mwMW@%]/.test(character)) ems += 0.97
    else if (/[A-Z]/.test(character)) ems += 0.7
    else if (/[ijltfI.,:;'|!() ·-]/.test(character)) ems += 0.38
    else ems += 0.63
  }
  return ems * size
}

/** The text itself where it fits into `width` px, else its beginning and an ellipsis. */
export function shorten(text: string, width: number, size: number): string {
  const clean = writable(text)
  if (textWidth(clean, size) <= width) return clean
  const characters = [...clean]
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, size) > width) characters.pop()
  return `${characters.join('').trimEnd()}…`
}

/** The text in lines that fit into `width` px, broken at spaces; a longer word is shortened. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = []
  for (const word of writable(text).split(' ')) {
    const line = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word
    if (lines.length > 0 && textWidth(line, size) <= width) lines[lines.length - 1] = line
    else lines.push(shorten(word, width, size))
  }
  return lines
}

/** A density's logarithm, a loss or an entropy in nats, to three decimals. */
export function natsText(value: number): string {
  return value.toFixed(3).replace('-', '−')
}

/** A number for a sentence: up to `digits` significant digits, a true minus sign. */
export function numberText(value: number, digits = 4): string {
  // −0 is 0 to a reader.
  return (value === 0 ? 0 : value).toLocaleString('en-US', { maximumSignificantDigits: digits }).replace('-', '−')
}

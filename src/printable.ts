/**
 * What a terminal takes for its own, or shows as nothing or in another order than it stands: controls, halves of surrogate
 * pairs, line and paragraph separators, marks of direction and other formats. The joiners of emoji and of scripts are text.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu

/** Characters of a message, at most, and those of its beginning and of its end that are kept of a longer one. */
const MESSAGE = { most: 1000, first: 640, last: 320 }

/** Text from outside on one line that is safe to show: what is no letter, sign or blank is escaped as in JSON. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** The same of text that has lines. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : escaped(character)))
}

/** A message on one line; of a long one the middle is left out, as the place stands before it and the way out behind. */
export function messageLine(text: string): string {
  const { most, first, last } = MESSAGE
  const middleOut = (line: string) => `${line.slice(0, first)} … ${line.slice(-last)}`
  // Cut before as well as after, so that a megabyte takes no longer than a line.
  const line = printable(text.length > most ? middleOut(text) : text)
  return line.length > most ? middleOut(line) : line
}

/** \u001b, say; a character beyond U+FFFF as its two halves. */
function escaped(character: string): string {
  return character
    .split('')
    .map((half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

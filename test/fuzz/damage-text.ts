import type { Damage } from './damage-bytes.js'
import { type Draw, oneOf } from './draws.js'
import { hostileJson, hostileNumber, hostileText } from './hostile.js'

/** Applies a change of text to a file of UTF-8, byte for byte where it is none. */
export const ofText =
  (change: (text: string, draw: Draw) => string, encoding: 'utf8' | 'utf16le' = 'utf8'): Damage =>
  (bytes, draw) =>
    Buffer.from(change(bytes.toString(encoding), draw), encoding)

/** Texts, numbers, words and signs of JSON. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:]/g

/** One token of JSON replaced by another value, left out, or put twice. */
export function jsonChanged(text: string, draw: Draw): string {
  const tokens = Array.from(text.matchAll(TOKENS), ({ 0: token, index }) => ({ token, index }))
  if (tokens.length === 0) return hostileJson(draw)
  const { token, index } = oneOf(draw, tokens)
  const other = [
    () => hostileJson(draw),
    () => JSON.stringify(hostileText(draw)),
    () => hostileNumber(draw),
    () => '',
    () => `${token}${token}`,
    () => oneOf(draw, tokens).token,
  ][draw(6)]()
  return text.slice(0, index) + other + text.slice(index + token.length)
}

/** Values of another type under a name that is there, and names that are not: the text stays JSON. */
export function jsonRetyped(text: string, draw: Draw): string {
  const names = Array.from(text.matchAll(/"(?:[^"\\]|\\.)*"\s*:\s*/g))
  const found = names.length === 0 ? undefined : oneOf(draw, names)
  if (found === undefined) return hostileJson(draw)
  const end = found.index + found[0].length
  const value = valueAt(text, end)
  if (draw(6) === 0) return `${text.slice(0, found.index)}${JSON.stringify(hostileText(draw))}:${text.slice(end)}`
  return text.slice(0, end) + hostileJson(draw) + text.slice(end + value)
}

/** Characters of the value that begins there. */
function valueAt(text: string, from: number): number {
  let depth = 0
  TOKENS.lastIndex = 0
  for (const { 0: token, index } of text.slice(from).matchAll(TOKENS)) {
    if (token === ',' && depth === 0) return index
    if ('[{'.includes(token)) depth++
    if (']}'.includes(token) && --depth <= 0) return index + (depth < 0 ? 0 : 1)
    if (depth === 0 && !':,'.includes(token)) return index + token.length
  }
  return 0
}

/** One cell of delimited text replaced, a line put twice or anywhere, a delimiter or quote more or less. */
export function cellsChanged(text: string, draw: Draw): string {
  const lines = text.split('\n')
  const at = draw(4) === 0 ? 0 : draw(lines.length)
  const between = /[,;\t| ]/.exec(lines[0])?.[0] ?? ','
  const cells = lines[at].split(between)
  const cell = draw(cells.length)
  switch (draw(9)) {
    case 0:
      cells[cell] = hostileText(draw)
      break
    case 1:
    case 2:
      cells[cell] = hostileNumber(draw)
      break
    case 3:
      cells[cell] = `"${cells[cell]}${oneOf(draw, ['"', '', '""', '\n"'])}`
      break
    case 4:
      cells.splice(cell, draw(2), ...Array.from({ length: draw(4) }, () => oneOf(draw, cells)))
      break
    case 5:
      cells[cell] = oneOf(draw, ['NA', 'nan', 'inf', '-', '?', '1,5', '1 000', '−5', '$1', '5%', '1.2.3', '+', 'e5'])
      break
    case 6:
      lines.splice(at, 0, ...Array.from({ length: 1 + draw(3) }, () => oneOf(draw, lines)))
      break
    case 7:
      lines.splice(at, 1, oneOf(draw, ['', '#', '# a b c', ',,,', between.repeat(draw(5000)), '\r', '\u0000', '"']))
      return lines.join('\n')
    default:
      return lines.join(oneOf(draw, ['\r\n', '\r', '', '\n\n', '\u2028']))
  }
  lines[at] = cells.join(between)
  return lines.join('\n')
}

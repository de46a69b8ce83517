import { type Draw, oneOf } from './draws.js'

/** Names and texts that reach messages, terminals, pages and objects. */
const TEXTS = [
  '',
  ' ',
  'x',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u009b31m',
  'a\r\nb',
  'a\u2028b\u202ec',
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  '1e400',
  '=1+1',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '"',
  '\\',
  'ａ\u0301é😀',
]

/** Numbers as JSON or CSV has them, out of any range that a field has. */
const NUMBERS = [
  ...['0', '-0', '1', '-1', '2', '3', '0.5', '1e400', '-1e400', '1e308', '5e-324', '4294967296', '9007199254740993'],
  ...['2147483648', '1e9', '1e17', '1e-400', '0x10', '1_000', '٣', '1e999999999', `1${'0'.repeat(400)}`],
]

/** A hostile text, one of a megabyte now and then. */
export function hostileText(draw: Draw): string {
  const text = oneOf(draw, TEXTS)
  const times = draw(400)
  if (times === 0) return (text === '' ? 'n' : text).repeat(Math.ceil(2 ** 20 / Math.max(1, text.length)))
  return times < 40 ? (text === '' ? 'n' : text).repeat(200 + draw(4000)) : text
}

export const hostileNumber = (draw: Draw): string => oneOf(draw, NUMBERS)

/** JSON text of a value that nothing expects. */
export function hostileJson(draw: Draw): string {
  const depth = draw(50) === 0 ? 200_000 : 1 + draw(60)
  switch (draw(9)) {
    case 0:
      return JSON.stringify(hostileText(draw))
    case 1:
      return oneOf(draw, ['null', 'true', 'false', '[]', '{}', '[[]]', '[{}]', '{"":{}}', '[null]', '""'])
    case 2:
      return `${'['.repeat(depth)}${']'.repeat(depth)}`
    case 3:
      return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    case 4:
      return `[${Array.from({ length: 1 + draw(300) }, () => hostileNumber(draw)).join(',')}]`
    case 5:
      return `{"__proto__":{"polluted":true},"constructor":1,"type":"__proto__"}`
    case 6:
      return '[1,2'
    default:
      return hostileNumber(draw)
  }
}

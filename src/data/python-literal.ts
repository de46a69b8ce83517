/** A value of Python's notation: strings, integers, booleans, None, tuples, lists, dicts. */
export type Literal = string | number | boolean | null | Literal[] | Map<string, Literal>

/** Brackets within brackets, at most. */
const DEEPEST = 16
const TOKEN = /\s*(?:([[\](){},:])|[bu]?'((?:[^'\\]|\\.)*)'|[bu]?"((?:[^"\\]|\\.)*)"|(-?\d+)L?|(True|False|None))/y
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Reads a literal, as the header of a .npy file is one. Throws SyntaxError for anything else. */
export function parseLiteral(text: string): Literal {
  let at = 0
  function next(): RegExpExecArray {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (found === null) throw new SyntaxError(`${JSON.stringify(text.slice(at, at + 20))} where a value should be`)
    at = TOKEN.lastIndex
    return found
  }
  /** Whether this sign is next; it is taken then. */
  function takes(sign: string): boolean {
    const before = at
    if (/\S/.test(text.slice(at)) && next()[1] === sign) return true
    at = before
    return false
  }
  function value(depth: number): Literal {
    const [, sign, single, double, digits, word] = next()
    const string = single ?? double
    if (string !== undefined) return string.replace(/\\(.)/g, '$1')
    if (digits !== undefined) return Number(digits)
    if (word !== undefined) return word === 'None' ? null : word === 'True'
    const close = CLOSING[sign]
    if (close === undefined || depth > DEEPEST) throw new SyntaxError(`${JSON.stringify(sign)} where a value should be`)
    return sign === '{' ? dict(depth) : list(close, depth)
  }
  function list(close: string, depth: number): Literal {
    const items: Literal[] = []
    let comma = false
    while (!takes(close)) {
      if (items.length > 0 && !comma) throw new SyntaxError('a comma is missing')
      items.push(value(depth + 1))
      comma = takes(',')
    }
    // (1) is the number.
    return close === ')' && items.length === 1 && !comma ? items[0] : items
  }
  function dict(depth: number): Literal {
    const entries = new Map<string, Literal>()
    let comma = true
    while (!takes('}')) {
      const key = comma ? value(depth + 1) : null
      if (typeof key !== 'string' || !takes(':')) throw new SyntaxError('no dict of names')
      entries.set(key, value(depth + 1))
      comma = takes(',')
    }
    return entries
  }
  const whole = value(0)
  if (text.slice(at).trim() !== '') throw new SyntaxError('more than one value')
  return whole
}

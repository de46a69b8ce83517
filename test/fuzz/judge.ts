/** Characters of a message, at most. */
const MOST_CHARACTERS = 1000
const TOLD = ['DataError', 'UsageError', 'FormatError']
const FORBIDDEN: readonly [what: string, found: RegExp][] = [
  ['a control character', /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u],
  ['undefined', /\bundefined\b/],
  ['an object without a text', /\[object /],
  ['a stack', /\bat \S+ \(|node:internal|\.js:\d+/],
  ['NaN', /\bNaN\b/],
]

/** What is wrong with what a reader threw, in a few words; undefined for one clear line that begins as it should. */
export function faultOf(error: unknown, begins: RegExp): string | undefined {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const { name, message } = error
  if (!TOLD.includes(name)) return `crash: ${error.stack ?? message}`
  if (message.length > MOST_CHARACTERS + 1) return `a message of ${message.length} characters`
  if (!begins.test(message)) return `a message that names no place: ${message}`
  // What stands in quotes is of the file.
  const own = message.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '""')
  const [what] = FORBIDDEN.find(([, found]) => found.test(own)) ?? []
  return what === undefined ? undefined : `a message with ${what}: ${message}`
}

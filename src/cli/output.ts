import { once } from 'node:events'
import { styleText } from 'node:util'
import { printable, printableLines } from '../printable.js'
import { isOfTable, lineWidth, wrapped } from './wrap.js'

let outlives = false
let readerGone = false

/** For a command whose output is not what it is run for: it goes on in silence when the reader has gone. */
export function outliveReader(): void {
  outlives = true
}

/** Lets the process end quietly when the reader of its output has gone (`| head`). */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    readerGone = true
    if (error.code === 'EPIPE' && outlives) return
    if (error.code === 'EPIPE') process.exit(0)
    console.error(`pushforward: the output cannot be written: ${error.message}`)
    process.exit(1)
  })
  // Node pipes every thread's output here: more listeners than it takes for a leak where there are many threads.
  process.stdout.setMaxListeners(0)
  // Nobody is left to be told.
  process.stderr.on('error', () => {})
}

/**
 * Writes data to stdout, and waits where the reader is slower, so that memory holds one piece at a time. A terminal gets
 * names and levels with their control characters escaped, a file or another program as they are.
 */
export async function writeData(text: string): Promise<void> {
  const shown = process.stdout.isTTY ? printableLines(text) : text
  if (!readerGone && !process.stdout.write(shown)) await once(process.stdout, 'drain')
}

/** Takes away what a terminal shows in its last line; undefined where it shows nothing. */
let takeAway: (() => void) | undefined

/** Has `end` called before anything else is said, as of a line that is rewritten in place; undefined: there is none any more. */
export function standing(end: (() => void) | undefined): void {
  takeAway = end
}

/** Writes lines for a person to stdout; on a terminal those of a table are cut where they would wrap. */
export async function writeText(text: string): Promise<void> {
  const { isTTY, columns } = process.stdout
  const fits = fitted(printableLines(text), process.stdout)
  await writeData(isTTY ? tablesCut(fits, columns) : fits)
}

/** Writes a line, or lines, for a person to stderr. */
export function say(text: string): void {
  tell('', text)
}

/** The same behind what a terminal is told, which is not from outside. */
function tell(before: string, text: string): void {
  takeAway?.()
  process.stderr.write(`${before}${fitted(printableLines(text), process.stderr)}\n`)
}

/** On a terminal sentences are broken between words, where it would tear them within. */
function fitted(text: string, stream: NodeJS.WriteStream): string {
  if (!stream.isTTY) return text
  const width = lineWidth([stream])
  return text
    .split('\n')
    .map((line) => (isOfTable(line) ? line : wrapped(line, width)))
    .join('\n')
}

/** Writes a line over the ^C that a terminal shows in its last one. */
export function sayOver(line: string): void {
  tell(process.stderr.isTTY && process.env.TERM !== 'dumb' ? '\r\x1b[2K' : '', line)
}

function tablesCut(text: string, columns: number | undefined): string {
  const width = columns || Number.POSITIVE_INFINITY
  return text
    .split('\n')
    .map((line) => (isOfTable(line) ? cutTo(line, width) : line))
    .join('\n')
}

/** Writes lines to stderr; on a terminal those of a table are cut where they would wrap. */
export function sayLines(lines: readonly string[]): void {
  const { isTTY, columns } = process.stderr
  for (const line of lines) say(isTTY ? tablesCut(line, columns) : line)
}

/** A line of at most so many characters; … stands for what is left out. */
export function cutTo(line: string, width: number): string {
  const characters = [...line]
  return characters.length <= width
    ? line
    : `${characters
        .slice(0, Math.max(0, width - 1))
        .join('')
        .trimEnd()}…`
}

/** Writes one JSON object on a line of its own to stdout. */
export async function writeObject(object: unknown): Promise<void> {
  await writeData(`${JSON.stringify(object)}\n`)
}

const WARNING = 'Warning:'

/** Writes a line that a person had better read to stderr, its first word in yellow where the terminal has colours. */
export function warn(line: string): void {
  takeAway?.()
  const text = fitted(`${WARNING} ${printable(line)}`, process.stderr)
  const coloured = process.stderr.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  process.stderr.write(`${coloured ? text.replace(WARNING, (word) => styleText('yellow', word)) : text}\n`)
}

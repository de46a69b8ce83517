import { once } from 'node:events'
import { styleText } from 'node:util'

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

/** Writes data to stdout, and waits where the reader is slower, so that memory holds one piece at a time. */
export async function writeData(text: string): Promise<void> {
  if (!readerGone && !process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** Writes a line for a person to stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Writes one JSON object on a line of its own to stdout. */
export async function writeObject(object: unknown): Promise<void> {
  await writeData(`${JSON.stringify(object)}\n`)
}

/** Writes a line that a person had better read to stderr, in yellow where the terminal has colours. */
export function warn(line: string): void {
  const coloured = process.stderr.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  say(coloured ? `${styleText('yellow', 'Warning:')} ${line}` : `Warning: ${line}`)
}

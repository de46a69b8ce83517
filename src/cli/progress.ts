const PLAIN_MILLISECONDS = 10_000
/** For a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80
const CLEAR_TO_END = '\x1b[K'

/** Shows how far a command is: one line rewritten in place on a terminal, elsewhere a plain line every ten seconds. */
export interface ProgressLine {
  update(text: string): void
  /** Leaves the terminal on a fresh line. */
  end(): void
}

/** Progress on `stream`; `now` in milliseconds. */
export function progressLine(stream: NodeJS.WriteStream, now: () => number = () => performance.now()): ProgressLine {
  return stream.isTTY ? rewrittenLine(stream) : plainLines(stream, now)
}

function rewrittenLine(stream: NodeJS.WriteStream): ProgressLine {
  let shown = false
  return {
    update(text) {
      shown = true
      stream.write(`\r${text.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1)}${CLEAR_TO_END}`)
    },
    end() {
      if (shown) stream.write('\n')
      shown = false
    },
  }
}

function plainLines(stream: NodeJS.WriteStream, now: () => number): ProgressLine {
  let last = now()
  return {
    update(text) {
      if (now() - last < PLAIN_MILLISECONDS) return
      last = now()
      stream.write(`${text}\n`)
    },
    end() {},
  }
}

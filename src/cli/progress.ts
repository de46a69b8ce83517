import type { Progress } from '../train/options.js'
import { standing } from './output.js'
import { choiceText, progressText, type Reading } from './progress-text.js'

const PLAIN_MILLISECONDS = 10_000
/** For a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80
/** Columns left free on the right: a line as wide as the terminal would wrap, and a terminal writes ^C behind it. */
const FREE_COLUMNS = 3
/** Losses kept for the sparkline; when there are twice as many, every other one goes. */
const KEPT_LOSSES = 256

/** Shows how far training is: a bar rewritten in place on a terminal, elsewhere a plain line every ten seconds. */
export interface ProgressView {
  update(progress: Progress): void
  /** Takes the bar away. */
  end(): void
}

export interface ProgressOptions {
  /** When a budget ends, in milliseconds of `now`. */
  readonly deadline?: number
  /** Milliseconds. */
  readonly now?: () => number
}

/** Progress on `stream`. The bar's library is loaded where there is a terminal. */
export async function progressView(
  stream: NodeJS.WriteStream,
  { deadline, now = () => performance.now() }: ProgressOptions = {},
): Promise<ProgressView> {
  const started = now()
  const readingOf = (progress: Progress): Reading => ({
    ...progress,
    seconds: (now() - started) / 1000,
    ...(deadline !== undefined && { budgetLeft: Math.max(0, deadline - now()) / 1000 }),
  })
  return isTerminal(stream) ? barView(stream, readingOf) : plainView(stream, readingOf, now)
}

/** What is tried before training: a line rewritten in place on a terminal, elsewhere a plain one every ten seconds. */
export interface ChoiceView {
  tell(what: string): void
  /** Takes the line away. */
  end(): void
}

export interface ChoiceOptions {
  /** What is done to what is told. */
  readonly verb?: string
  /** Milliseconds. */
  readonly now?: () => number
}

export async function choiceView(
  stream: NodeJS.WriteStream,
  budget: number | undefined,
  { verb = 'trying', now = () => performance.now() }: ChoiceOptions = {},
): Promise<ChoiceView> {
  const started = now()
  let trying = ''
  const text = () => choiceText(trying, (now() - started) / 1000, budget, verb)
  if (isTerminal(stream)) {
    const line = await rewrittenLine(stream, (width) => text().slice(0, width))
    return {
      tell(what) {
        trying = what
        line.start()
      },
      end: line.end,
    }
  }
  const timer = setInterval(() => stream.write(`${text()}\n`), PLAIN_MILLISECONDS)
  return {
    tell(what) {
      trying = what
    },
    end: () => clearInterval(timer),
  }
}

const isTerminal = (stream: NodeJS.WriteStream) => stream.isTTY && process.env.TERM !== 'dumb'

/** A line of a terminal that is written anew whenever it reads otherwise, and is taken away at the end. */
async function rewrittenLine(
  stream: NodeJS.WriteStream,
  text: (width: number) => string,
): Promise<{ start(): void; end(): void }> {
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar({
    stream,
    // Ctrl-C is the command's own affair.
    gracefulExit: false,
    linewrap: true,
    clearOnComplete: true,
    format: () => text((stream.columns || DEFAULT_COLUMNS) - FREE_COLUMNS),
  })
  let there = false
  function end(): void {
    if (!there) return
    there = false
    standing(undefined)
    bar.stop()
  }
  function start(): void {
    if (there) return
    there = true
    // The bar goes back to where it began when it ends, so that nothing may be written below it.
    standing(end)
    bar.start(1, 0)
  }
  return { start, end }
}

async function barView(stream: NodeJS.WriteStream, readingOf: (progress: Progress) => Reading): Promise<ProgressView> {
  const losses = recentLosses()
  let latest: Progress | undefined
  const line = await rewrittenLine(stream, (width) =>
    latest ? progressText(readingOf(latest), width, losses.all()) : '',
  )
  return {
    update(progress) {
      latest = progress
      losses.add(progress.loss)
      line.start()
    },
    end() {
      line.end()
      latest = undefined
    },
  }
}

/** Readings spread evenly over the whole run, in bounded memory. */
function recentLosses(): { add(loss: number): void; all(): readonly number[] } {
  let losses: number[] = []
  let stride = 1
  let seen = 0
  function add(loss: number): void {
    if (Number.isFinite(loss) && seen++ % stride === 0) losses.push(loss)
    if (losses.length < 2 * KEPT_LOSSES) return
    losses = losses.filter((_, i) => i % 2 === 0)
    stride *= 2
  }
  return { add, all: () => losses }
}

function plainView(
  stream: NodeJS.WriteStream,
  readingOf: (progress: Progress) => Reading,
  now: () => number,
): ProgressView {
  let last = now()
  return {
    update(progress) {
      if (now() - last < PLAIN_MILLISECONDS) return
      last = now()
      stream.write(`${progressText(readingOf(progress))}\n`)
    },
    end() {},
  }
}

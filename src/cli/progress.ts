import type { Progress } from '../train/options.js'
import { progressText } from './progress-text.js'

const PLAIN_MILLISECONDS = 10_000
/** For a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80
/** Losses kept for the sparkline; when there are twice as many, every other one goes. */
const KEPT_LOSSES = 256

/** Shows how far training is: a bar rewritten in place on a terminal, elsewhere a plain line every ten seconds. */
export interface ProgressView {
  update(progress: Progress): void
  /** Leaves the terminal on a fresh line. */
  end(): void
}

/** Progress on `stream`; `now` in milliseconds. The bar's library is loaded where there is a terminal. */
export async function progressView(
  stream: NodeJS.WriteStream,
  now: () => number = () => performance.now(),
): Promise<ProgressView> {
  return stream.isTTY && process.env.TERM !== 'dumb' ? barView(stream, now) : plainView(stream, now)
}

async function barView(stream: NodeJS.WriteStream, now: () => number): Promise<ProgressView> {
  const { default: cliProgress } = await import('cli-progress')
  const started = now()
  const losses = recentLosses()
  let latest: Progress | undefined
  const bar = new cliProgress.SingleBar({
    stream,
    // Ctrl-C is the command's own affair.
    gracefulExit: false,
    linewrap: true,
    format() {
      // A line as wide as the terminal would wrap.
      const width = (stream.columns || DEFAULT_COLUMNS) - 1
      return latest ? progressText({ ...latest, seconds: (now() - started) / 1000 }, width, losses.all()) : ''
    },
  })
  return {
    update(progress) {
      if (!latest) bar.start(progress.steps, 0)
      latest = progress
      losses.add(progress.loss)
      bar.update(progress.step)
    },
    end() {
      if (latest) bar.stop()
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

function plainView(stream: NodeJS.WriteStream, now: () => number): ProgressView {
  const started = now()
  let last = started
  return {
    update(progress) {
      if (now() - last < PLAIN_MILLISECONDS) return
      last = now()
      stream.write(`${progressText({ ...progress, seconds: (last - started) / 1000 })}\n`)
    },
    end() {},
  }
}

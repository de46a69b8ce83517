import { sayOver } from './output.js'

/** The exit code of a command that was interrupted and has saved what it had. */
export const INTERRUPTED = 130

/** npm passes Ctrl-C on to a process that has had it from the terminal already: signals this close together are one. */
const SAME_MILLISECONDS = 300

/** The last is that of a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const WHILE_TRAINING = 'Stopping after this step and saving the best; once more ends at once.'

let farewell: (() => void) | undefined

function leave(): void {
  farewell?.()
  process.exit(INTERRUPTED)
}

/** Lets `last` run before a signal ends the process, until what is returned is called. */
export function leaveWith(last: () => void): () => void {
  farewell = last
  return () => {
    farewell = undefined
  }
}

/** Ends the process at a SIGINT, SIGTERM or SIGHUP, as long as no command has something to save and catches them itself. */
export function leaveWhenInterrupted(): void {
  for (const name of SIGNALS) process.on(name, leave)
}

/** Aborts `signal` at the first SIGINT, SIGTERM or SIGHUP, saying `what` that does, and ends the process at the second. */
export function catchInterrupts(what: () => string = () => WHILE_TRAINING): {
  signal: AbortSignal
  release: () => void
} {
  const controller = new AbortController()
  let first = 0
  function interrupt(): void {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_MILLISECONDS) process.exit(INTERRUPTED)
      return
    }
    first = performance.now()
    sayOver(what())
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, interrupt).off(name, leave)
  function release(): void {
    for (const name of SIGNALS) process.on(name, leave).off(name, interrupt)
  }
  return { signal: controller.signal, release }
}

import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AT, type Failure, type Tally, type Task } from './tally.js'

/** A case that takes longer hangs; ordinary ones take milliseconds, and a hundred times that where the machine has much else to do. */
const HANG_MILLISECONDS = 30_000
/** Of a process's objects; what needs more fails. */
const HEAP_MEGABYTES = 512
/** Cases of a process: then it is ended, with whatever has gathered in it. */
const BATCH = 20_000
const MOST_FAILURES = 20

/** What reads cases: a process of its own, so that neither a crash nor a case without end is one of the run. */
export interface Reader {
  /** Runs `count` cases of a format, with a watch on each, and says what came of them. */
  run(format: string, count: number, seed: number): Promise<Tally>
  end(): void
}

/** A reader whose processes write into a folder, which is theirs. */
export function startReader(folder: string): Reader {
  let child: ChildProcess | undefined
  let cases = 0
  async function run(format: string, count: number, seed: number): Promise<Tally> {
    const all: Tally = { cases: 0, read: 0, refused: 0, failures: [], memory: 0, slowest: 0 }
    for (let first = 0; first < count && all.failures.length < MOST_FAILURES; ) {
      if (cases >= BATCH) end()
      child ??= started(folder)
      const { tally, next, failure } = await watched(child, folder, {
        format,
        first,
        end: Math.min(count, first + BATCH),
        count,
        seed,
      })
      if (failure) end()
      cases += next - first
      all.cases += tally?.cases ?? next - first
      all.read += tally?.read ?? 0
      all.refused += tally?.refused ?? 0
      all.failures.push(...(tally?.failures ?? []), ...(failure ? [failure] : []))
      all.memory = Math.max(all.memory, tally?.memory ?? 0)
      all.slowest = Math.max(all.slowest, tally?.slowest ?? HANG_MILLISECONDS)
      first = next
    }
    return all
  }
  function end(): void {
    child?.kill('SIGKILL')
    child = undefined
    cases = 0
    rmSync(folder, { recursive: true, force: true })
  }
  return { run, end }
}

function started(folder: string): ChildProcess {
  return fork(fileURLToPath(new URL('./reader.js', import.meta.url)), [folder], {
    execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

/** A task until it is done, or its process crashes or is at one case for too long; that case is not tried again. */
async function watched(
  child: ChildProcess,
  folder: string,
  task: Task,
): Promise<{ tally?: Tally; next: number; failure?: Failure }> {
  return new Promise((resolve) => {
    let last = -1
    let since = performance.now()
    const watch = setInterval(() => {
      const now = caseAt(folder)
      if (now !== last) [last, since] = [now, performance.now()]
      // To load the library is no case.
      else if (now >= 0 && performance.now() - since > HANG_MILLISECONDS)
        failed('hang', `no end after ${HANG_MILLISECONDS} ms`)
    }, 250)
    const crashed = (code: number | null, signal: string | null) =>
      failed('crash', `the process ended: ${code ?? signal}`)
    function stop(): void {
      clearInterval(watch)
      child.off('message', done)
      child.off('exit', crashed)
    }
    function failed(kind: Failure['kind'], text: string): void {
      stop()
      const index = Math.max(task.first, caseAt(folder))
      resolve({ next: index + 1, failure: { index, kind, text } })
    }
    function done(tally: unknown): void {
      stop()
      resolve({ tally: tally as Tally, next: task.end })
    }
    child.once('message', done)
    child.once('exit', crashed)
    child.send(task)
  })
}

/** The case that is at work, −1 where none is yet. */
function caseAt(folder: string): number {
  try {
    return Number(readFileSync(join(folder, AT), 'latin1') || -1)
  } catch {
    return -1
  }
}

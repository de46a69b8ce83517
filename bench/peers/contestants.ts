import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SplineFlow, Structure } from './splines.js'
import type { ExportedPair } from './workloads.js'

/** A program in one of its modes. */
export interface Entry {
  /** What `--only` calls it. */
  readonly id: string
  /** The column's title. */
  readonly title: string
  readonly script: string
  readonly mode: string
  readonly language: 'python' | 'javascript'
  /** Whether it scores and samples, too. */
  readonly evaluates: boolean
}

/** A peer that has the tutorial's flow. */
export interface Contestant extends Entry {
  /** How far its loss after 100 steps may lie from ours, relative. */
  readonly tolerance: number
}

/** Float32 sums in another order, over 100 steps, differ by some 1e-6; a wrong term shows in the first digits. */
const TOLERANCE = 2e-5

const python = { language: 'python', tolerance: TOLERANCE } as const
const javascript = { language: 'javascript', tolerance: TOLERANCE, evaluates: false } as const

export const contestants: readonly Contestant[] = [
  { id: 'jit', title: 'JAX jit', script: 'jax_peer.py', mode: 'jit', evaluates: true, ...python },
  { id: 'scan', title: 'JAX lax.scan', script: 'jax_peer.py', mode: 'scan', evaluates: false, ...python },
  { id: 'torch', title: 'torch eager', script: 'torch_peer.py', mode: 'eager', evaluates: true, ...python },
  { id: 'tfjs-wasm', title: 'tfjs wasm', script: 'tfjs_peer.mjs', mode: 'wasm', ...javascript },
  { id: 'tfjs-cpu', title: 'tfjs cpu', script: 'tfjs_peer.mjs', mode: 'cpu', ...javascript },
  { id: 'jax-js', title: 'jax-js wasm', script: 'jaxjs_peer.mjs', mode: 'wasm', ...javascript },
]

/** A library of flows, with its own parameters of spline flows. */
export interface Library extends Entry {
  readonly structures: readonly Structure[]
}

const flows = { language: 'python', evaluates: true, structures: ['coupling', 'autoregressive'] } as const

export const libraries: readonly Library[] = [
  { id: 'flowjax', title: 'flowjax jit', script: 'flowjax_peer.py', mode: 'jit', ...flows },
  {
    id: 'flowjax-scan',
    title: 'flowjax lax.scan',
    script: 'flowjax_peer.py',
    mode: 'scan',
    ...flows,
    evaluates: false,
  },
  { id: 'zuko', title: 'zuko', script: 'zuko_peer.py', mode: 'eager', ...flows, structures: ['autoregressive'] },
  { id: 'nflows', title: 'nflows', script: 'nflows_peer.py', mode: 'eager', ...flows },
  {
    id: 'normflows',
    title: 'normflows',
    script: 'normflows_peer.py',
    mode: 'eager',
    ...flows,
    structures: ['coupling'],
  },
]

/** The column that the others are compared with. */
export const OURS = 'pushforward'

export const INSTALL =
  'To install the peers: `npm ci --prefix bench/peers` (tfjs, jax-js) and `pip install -r bench/peers/requirements.txt` ' +
  '(JAX, torch and flows on them, scikit-learn; PYTHON=/path/to/python names an interpreter other than python3).'

/** A contestant's program and arguments; this module lies in dist/bench/peers. */
function command({ script, language }: Entry): [string, string[]] {
  const path = fileURLToPath(new URL(`../../../bench/peers/${script}`, import.meta.url))
  return [language === 'python' ? (process.env.PYTHON ?? 'python3') : process.execPath, [path]]
}

/** Name and version of a contestant's library, or why it cannot take part: the last line of what it said. */
export function probe(contestant: Entry): { versions: Record<string, string> } | { reason: string } {
  const [program, args] = command(contestant)
  const { status, stdout, stderr, error } = spawnSync(program, [...args, '--version'], { encoding: 'utf8' })
  if (status === 0) return { versions: JSON.parse(stdout) }
  return { reason: error?.message ?? errorLine(stderr) }
}

function errorLine(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return lines.find((line) => /^\w*(Error|Exception)\b.*:/.test(line)) ?? lines.at(-1) ?? 'no message'
}

/** What a contestant is told first. */
export interface Setup {
  /** A file of float32, row-major. */
  readonly rows: string
  readonly columns: number
  readonly lr: number
  readonly threads: number
}

export interface TutorialSetup extends Setup {
  readonly layers: readonly ExportedPair[]
  readonly wd: number
}

export interface SplineSetup extends Setup, Omit<SplineFlow, 'dim'> {
  readonly batch: number
}

/** What those of bench:fit are told first. */
export interface FitSetup {
  /** Files of float32, row-major. */
  readonly training: string
  readonly validation: string
  readonly columns: number
  /** Rows of a step. */
  readonly batch: number
  readonly seed: number
  readonly threads: number
}

/** What a contestant's turn lasts: long beside handing out a job, short beside the machine's moods. */
export const TURN_SECONDS = 0.6

export type Question =
  | { readonly do: 'warm' | 'train'; readonly steps: number }
  | { readonly do: 'score'; readonly rows: string; readonly turn: number }
  | { readonly do: 'sample'; readonly count: number; readonly seed: number; readonly turn: number }

export interface Answer {
  readonly seconds: number
  readonly loss: number
  readonly mean: number
  readonly means: readonly number[]
}

/** A running contestant, idle between its answers. */
export interface Peer<Asked = Question, Told = Answer> {
  ask(question: Asked): Promise<Told>
  /** Resolves when it has gone. */
  end(): Promise<unknown>
}

export function start<Asked extends object = Question, Told = Answer>(
  contestant: Entry,
  setup: TutorialSetup | SplineSetup | FitSetup,
): Peer<Asked, Told> {
  const [program, args] = command(contestant)
  const { threads } = setup
  // XLA sizes its thread pools by NPROC, OpenMP by its own variable.
  const env = { ...process.env, NPROC: `${threads}`, PJRT_NPROC: `${threads}`, OMP_NUM_THREADS: `${threads}` }
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-20_000)
  })
  // A program that ends early breaks the pipe and leaves its lines without a last one.
  const ended = once(child, 'close').then(() => ({ value: '', done: true }))
  child.stdin.on('error', () => {})
  const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
  send({ ...setup, mode: contestant.mode })
  return {
    async ask(question) {
      send(question)
      const { value, done } = await Promise.race([lines.next(), ended])
      if (done) throw new Error(`${contestant.title} ended before it answered:\n${stderr}`)
      return JSON.parse(value)
    },
    end() {
      child.stdin.end()
      return ended
    },
  }
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { auto, fit, flow, logProb } from 'pushforward'
import { type Entry, OURS, start } from '../peers/contestants.js'
import type { Cut } from './cut.js'

/** One fit and what it makes of the test rows. */
export interface Fitted {
  /** What the fit took: choosing, training and validation. */
  readonly seconds: number
  /** What came of it, in words. */
  readonly note: string
  /** ln p of the test rows, standardised units. */
  readonly logProb: Float64Array
}

/** What a fit is given. */
export interface Job {
  readonly cut: Cut
  readonly columns: number
  readonly seed: number
  readonly seconds: number
  readonly threads: number
  /** For files. */
  readonly folder: string
}

/** Who takes part. */
export interface FitContestant {
  /** What `--only` calls it. */
  readonly id: string
  /** The column's title. */
  readonly title: string
  /** The program, where it is another one. */
  readonly entry: Entry | undefined
  run(job: Job): Promise<Fitted>
}

/** Training rows from which on peers take larger batches. */
const MANY_ROWS = 20_000
const BATCH = { few: 256, many: 512 }
/** Share of the seconds that ours trains for at least, where choosing has taken longer than it should. */
const LEAST_TRAINING = 0.1

const ours: FitContestant = { id: 'ours', title: OURS, entry: undefined, run: fitOurs }

export const fitContestants: readonly FitContestant[] = [
  ours,
  peer('zuko', 'zuko', 'zuko_fit.py'),
  peer('flowjax', 'flowjax', 'flowjax_fit.py'),
  peer('nflows', 'nflows', 'nflows_fit.py'),
  peer('normflows', 'normflows', 'normflows_fit.py'),
  peer('gmm', 'GaussianMixture', 'sklearn_fit.py'),
  peer('kde', 'KernelDensity', 'sklearn_fit.py'),
]

/** `auto` and `fit`, as anyone would call them; training ends with the seconds. */
async function fitOurs({ cut, columns, seed, seconds, threads }: Job): Promise<Fitted> {
  const started = performance.now()
  const spent = () => (performance.now() - started) / 1000
  const { together, test } = cut
  const choice = await auto(together, {
    ...{ dim: columns, budget: seconds, seed, threads },
    fillValues: 'keep',
  })
  const model = flow(columns, choice.layers, { base: choice.base, seed })
  const left = Math.max(LEAST_TRAINING * seconds, seconds - spent())
  const signal = AbortSignal.timeout(Math.ceil(1000 * left))
  const { steps, bestStep } = await fit(model, together, { ...choice.fit, threads, signal })
  const taken = spent()
  const densities = Float64Array.from(await logProb(model, test, { threads }))
  const note = [`${steps} steps, best after ${bestStep}`, ...choice.reasons].join('; ')
  return { seconds: taken, note, logProb: densities }
}

function peer(id: string, title: string, script: string): FitContestant {
  const entry: Entry = { id, title, script, mode: id, language: 'python', evaluates: true }
  return { id, title, entry, run: (job) => fitPeer(entry, job) }
}

type Question =
  | { readonly do: 'warm' }
  | { readonly do: 'fit'; readonly seconds: number }
  | { readonly do: 'score'; readonly rows: string; readonly out: string }

/** In a process of its own, so that nothing else is running or waiting while someone is being timed. */
async function fitPeer(entry: Entry, { cut, columns, seed, seconds, threads, folder }: Job): Promise<Fitted> {
  const file = (name: string) => join(folder, name)
  for (const name of ['training', 'validation', 'test'] as const) writeFileSync(file(name), cut[name])
  const rows = cut.training.length / columns
  const batch = Math.min(rows, rows < MANY_ROWS ? BATCH.few : BATCH.many)
  const setup = { training: file('training'), validation: file('validation'), columns, batch, seed, threads }
  const peer = start<Question, { readonly seconds: number; readonly note: string }>(entry, setup)
  try {
    await peer.ask({ do: 'warm' })
    const told = await peer.ask({ do: 'fit', seconds })
    await peer.ask({ do: 'score', rows: file('test'), out: file('densities') })
    const bytes = readFileSync(file('densities'))
    const densities = new Float64Array(Uint8Array.from(bytes).buffer)
    return { ...told, logProb: densities }
  } finally {
    await peer.end()
  }
}

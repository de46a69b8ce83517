// Training, scoring and sampling beside other libraries on the CPU: same flow, rows, weights, optimiser, precision and
// thread count, in alternating rounds, once the results agree. Runs with the peers that are installed.
// Shorter: --only jit,scan,torch,tfjs-wasm,tfjs-cpu,jax-js and --workloads train-1024-4,evaluate-4,…
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machine, table } from './machine.js'
import { type Contestant, INSTALL, OURS, probe } from './peers/contestants.js'
import { raceEvaluation } from './peers/evaluation.js'
import { type Options, readOptions } from './peers/options.js'
import { raceTraining } from './peers/training.js'
import { label } from './peers/workloads.js'

type Figures = ReadonlyMap<string, number>

/** A table's row: our figure, and the others' with how many times ours is better. */
function cells(figures: Figures, titles: readonly string[], smaller: 'is better' | 'is worse'): string[] {
  const ours = figures.get(OURS) as number
  return titles.map((title) => {
    const figure = figures.get(title)
    if (figure === undefined) return '–'
    if (title === OURS) return significant(figure)
    return `${significant(figure)} (${significant(smaller === 'is better' ? figure / ours : ours / figure, 2)}×)`
  })
}

/** Digits without an exponent. */
function significant(value: number, digits = 3): string {
  return value >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits)
}

async function training({ training, threads }: Options, contestants: readonly Contestant[], folder: string) {
  const titles = [OURS, ...contestants.map(({ title }) => title)]
  const body: string[][] = []
  for (const workload of training) {
    const entrants = contestants.filter(({ language }) => language === 'python' || workload.javascript)
    const figures = await raceTraining(workload, entrants, threads, folder)
    body.push([label(workload), ...cells(figures, titles, 'is better')])
  }
  console.log('\nms a training step; losses after 100 steps agree:\n')
  console.log(table([['rows × columns, hidden', ...titles], ...body]))
}

async function evaluation({ evaluation, threads }: Options, contestants: readonly Contestant[], folder: string) {
  const entrants = contestants.filter(({ evaluates }) => evaluates)
  if (entrants.length === 0) return
  const titles = [OURS, ...entrants.map(({ title }) => title)]
  const body: string[][] = []
  for (const workload of evaluation) {
    const { scoring, sampling } = await raceEvaluation(workload, entrants, threads, folder)
    body.push([`score ${label(workload)}`, ...cells(scoring, titles, 'is worse')])
    body.push([`sample ${label(workload)}`, ...cells(sampling, titles, 'is worse')])
  }
  console.log('\nmillion rows/s; mean log-densities and means of samples agree:\n')
  console.log(table([['', ...titles], ...body]))
}

async function main(): Promise<void> {
  const options = readOptions()
  const probed = options.contestants.map((contestant) => ({ contestant, found: probe(contestant) }))
  const present = probed.flatMap(({ contestant, found }) => ('versions' in found ? [contestant] : []))
  const missing = probed.flatMap(({ contestant, found }) =>
    'reason' in found ? [`${contestant.title} (${found.reason})`] : [],
  )
  if (missing.length > 0) console.error(`Left out: ${missing.join('; ')}. ${INSTALL}`)
  if (present.length === 0) throw new Error('There is no peer to compare with.')
  const versions = Object.assign({}, ...probed.map(({ found }) => ('versions' in found ? found.versions : {})))
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const date = new Date().toISOString().slice(0, 10)
  console.log(
    `${machine()}, ${date}; ${peers.join(', ')}; ${options.threads} threads (tfjs, jax-js: 1 under Node); ` +
      'float32; medians of alternating rounds, in brackets how many times the figure of pushforward is better',
  )
  const folder = mkdtempSync(join(tmpdir(), 'pushforward-peers-'))
  try {
    if (options.training.length > 0) await training(options, present, folder)
    if (options.evaluation.length > 0) await evaluation(options, present, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

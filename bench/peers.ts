// Training, scoring and sampling beside other libraries on the CPU: same flow, rows, weights, optimiser, precision and
// thread count, in alternating rounds, once the results agree; spline flows, beside libraries of flows, with each one's
// own initial weights. Runs with the peers that are installed.
// Shorter: --only jit,scan,torch,tfjs-wasm,tfjs-cpu,jax-js,flowjax,flowjax-scan,zuko,nflows,normflows
// and --workloads train-1024-4,evaluate-4,spline-2,evaluate-spline-2,…
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machine, table } from './machine.js'
import { type Entry, INSTALL, OURS, probe } from './peers/contestants.js'
import { raceEvaluation } from './peers/evaluation.js'
import { type Options, readOptions } from './peers/options.js'
import { raceSplineEvaluation, raceSplineTraining } from './peers/spline-race.js'
import { splineLabel } from './peers/splines.js'
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

async function training({ training, contestants, threads }: Options, folder: string) {
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

async function evaluation({ evaluation, contestants, threads }: Options, folder: string) {
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

async function splineTraining({ splineTraining, libraries, threads }: Options, folder: string) {
  const titles = [OURS, ...libraries.map(({ title }) => title)]
  const body: string[][] = []
  for (const workload of splineTraining) {
    const entrants = libraries.filter(({ structures }) => structures.includes(workload.structure))
    const figures = await raceSplineTraining(workload, entrants, threads, folder)
    body.push([`${splineLabel(workload)}, ${workload.batch} rows`, ...cells(figures, titles, 'is better')])
  }
  console.log('\nms a training step of splines:\n')
  console.log(table([['', ...titles], ...body]))
}

async function splineEvaluation({ splineEvaluation, libraries, threads }: Options, folder: string) {
  // Whether steps are dispatched one by one or not, flowjax scores and samples the same.
  const all = libraries.filter(({ evaluates }) => evaluates)
  const titles = [OURS, ...all.map(({ title }) => title)]
  const body: string[][] = []
  for (const workload of splineEvaluation) {
    const entrants = all.filter(({ structures }) => structures.includes(workload.structure))
    const { scoring, sampling } = await raceSplineEvaluation(workload, entrants, threads, folder)
    body.push([`score ${workload.evaluated} × ${splineLabel(workload)}`, ...cells(scoring, titles, 'is worse')])
    body.push([`sample ${workload.evaluated} × ${splineLabel(workload)}`, ...cells(sampling, titles, 'is worse')])
  }
  console.log('\nmillion rows/s, splines:\n')
  console.log(table([['', ...titles], ...body]))
}

/** Which of them are installed. */
function presentOf<Kind extends Entry>(entries: readonly Kind[], versions: Record<string, string>, missing: string[]) {
  return entries.filter((entry) => {
    const found = probe(entry)
    if ('versions' in found) Object.assign(versions, found.versions)
    else missing.push(`${entry.title} (${found.reason})`)
    return 'versions' in found
  })
}

async function main(): Promise<void> {
  const chosen = readOptions()
  const versions: Record<string, string> = {}
  const missing: string[] = []
  const contestants = presentOf(chosen.contestants, versions, missing)
  const libraries = presentOf(chosen.libraries, versions, missing)
  const options = { ...chosen, contestants, libraries }
  if (missing.length > 0) console.error(`Left out: ${missing.join('; ')}. ${INSTALL}`)
  if (contestants.length + libraries.length === 0) throw new Error('There is no peer to compare with.')
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const date = new Date().toISOString().slice(0, 10)
  console.log(
    `${machine()}, ${date}; ${peers.join(', ')}; ${options.threads} threads (tfjs, jax-js: 1 under Node); ` +
      'float32; medians of alternating rounds, in brackets how many times the figure of pushforward is better',
  )
  const folder = mkdtempSync(join(tmpdir(), 'pushforward-peers-'))
  try {
    if (contestants.length > 0 && options.training.length > 0) await training(options, folder)
    if (contestants.length > 0 && options.evaluation.length > 0) await evaluation(options, folder)
    if (libraries.length > 0 && options.splineTraining.length > 0) await splineTraining(options, folder)
    if (libraries.length > 0 && options.splineEvaluation.length > 0) await splineEvaluation(options, folder)
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

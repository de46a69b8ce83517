// What held-out likelihood a fit reaches within some seconds, beside other libraries: `auto` and `fit`, spline flows by
// their documented recipes, mixtures of normals and kernel densities. Same rows to train on, to hold out and to judge by,
// same seconds and threads, one after the other. Runs with the peers that are installed.
// Shorter: --budget 10 --seeds 1 --sets jang,rings --only ours,zuko,flowjax,nflows,normflows,gmm,kde
// Tables of one's own: --data FILE[,FILE] [--shuffle]
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FitContestant } from './fit/contestants.js'
import { type FitOptions, readFitOptions } from './fit/options.js'
import { raceFits } from './fit/race.js'
import { fitTable, type SetOutcomes } from './fit/report.js'
import { machine } from './machine.js'
import { INSTALL, probe } from './peers/contestants.js'

/** Of the last minute. */
const load = () => loadavg()[0].toFixed(1)

/** Which of them are installed, and in which versions; who is not is said to be left out. */
function present(contestants: readonly FitContestant[]): { present: FitContestant[]; versions: string } {
  const versions: Record<string, string> = {}
  const missing: string[] = []
  const present = contestants.filter(({ entry, title }) => {
    if (!entry) return true
    const found = probe(entry)
    if ('versions' in found) Object.assign(versions, found.versions)
    else missing.push(`${title} (${found.reason})`)
    return 'versions' in found
  })
  if (missing.length > 0) console.error(`Left out: ${missing.join('; ')}. ${INSTALL}`)
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return { present, versions: named.join(', ') }
}

/** A table a budget; returns whether every fit gave finite log-densities. */
async function race(options: FitOptions, folder: string): Promise<boolean> {
  let finite = true
  for (const seconds of options.budgets) {
    const results: SetOutcomes[] = []
    for (const set of options.sets) {
      const outcomes = await raceFits(set, seconds, options, folder)
      finite &&= [...outcomes.values()].flat().every(({ finite }) => finite)
      results.push({ set, outcomes })
    }
    console.log(`\n${seconds} s a fit, load at its end ${load()}:\n`)
    console.log(fitTable(options.contestants, results, seconds))
  }
  return finite
}

async function main(): Promise<boolean> {
  const chosen = await readFitOptions()
  const { present: contestants, versions } = present(chosen.contestants)
  if (contestants.length === 0) throw new Error('There is nothing to run.')
  const options = { ...chosen, contestants }
  const date = new Date().toISOString().slice(0, 10)
  const { threads, seeds } = options
  console.log(
    `${machine()}, load ${load()}, ${date}; ${[versions, `${threads} threads`].filter(Boolean).join('; ')}; ` +
      `mean −ln p of test rows, nats, less that of the truth where it is known, of tables in standardised units (in ` +
      `brackets the paired difference from pushforward ± its standard error); medians of seeds 0 to ${seeds - 1}`,
  )
  const folder = mkdtempSync(join(tmpdir(), 'pushforward-fit-'))
  try {
    return await race(options, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

try {
  if (!(await main())) {
    console.error('Not every fit has finite log-densities.')
    process.exitCode = 1
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

// One process that trains, scores, samples, saves and chooses for a long time: its memory must not grow, and when all is done
// nothing may be left at work. `npm run test:soak -- --minutes 120` tells a reading a minute, one JSON object a line.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { activities } from './rounds.mjs'

/** What the last quarter may need more than the second one; the first one fills caches. */
const MOST_GROWTH = 1.05
const READING_SECONDS = 60
/** So many readings at least, however short the run. */
const LEAST_READINGS = 16
/** Threads end when they have had nothing to do for 10 s. */
const IDLE_SECONDS = 15

const { minutes } = parseArgs({ options: { minutes: { type: 'string', default: '120' } } }).values
const seconds = 60 * Number(minutes)
if (!(seconds > 0)) throw new Error(`--minutes is ${minutes}; expected a number > 0.`)
const every = Math.min(READING_SECONDS, seconds / LEAST_READINGS)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const atFirst = resources()
const started = performance.now()
const elapsed = () => (performance.now() - started) / 1000

const readings = []
const folder = await mkdtemp(join(tmpdir(), 'pushforward-soak-'))
let iterations = 0
for (let round = 0; elapsed() < seconds; round++) {
  for (const activity of Object.values(activities)) {
    await activity(round, folder)
    iterations++
  }
  if (elapsed() >= every * (readings.length + 1)) readings.push(tell(await reading()))
}
await rm(folder, { recursive: true })
await sleep(1000 * IDLE_SECONDS)
const last = tell(await reading())

const faults = [...growths(), ...leftOver(last)]
for (const fault of faults) console.error(fault)
console.error(faults.length === 0 ? `Nothing grew in ${iterations} iterations.` : `${faults.length} faults.`)
process.exitCode = faults.length === 0 ? 0 : 1

/** What is alive, between two rounds, with garbage collected. */
async function reading() {
  collect()
  // Finalisers of shared memory and of WebAssembly run in turns of their own.
  await sleep(50)
  collect()
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  return { seconds: Math.round(elapsed()), iterations, rss, heapUsed, external, arrayBuffers, resources: resources() }
}

function tell(read) {
  console.log(JSON.stringify(read))
  return read
}

/** How many handles of each kind keep the process, or could. */
function resources() {
  const counts = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** A sentence for each kind of memory whose median of the last quarter exceeds that of the second one. */
function growths() {
  const quarter = (q, name) =>
    median(readings.slice(Math.ceil((q * readings.length) / 4), Math.ceil(((q + 1) * readings.length) / 4)), name)
  return ['rss', 'heapUsed', 'external', 'arrayBuffers'].flatMap((name) => {
    const [before, after] = [quarter(1, name), quarter(3, name)]
    const told = `${name} is ${after} in the last quarter, ${before} in the second: ${(after / before).toFixed(4)} times`
    console.error(told)
    return after <= MOST_GROWTH * before ? [] : [`It grew: ${told}, ${MOST_GROWTH} at most.`]
  })
}

/** A sentence for each kind of handle of which there are more than when the process began. */
function leftOver({ resources: now }) {
  return Object.entries(now)
    .filter(([name, count]) => count > (atFirst[name] ?? 0))
    .map(([name, count]) => `${count} ${name} are left when all is done, ${atFirst[name] ?? 0} at first.`)
}

function median(read, name) {
  const sorted = read.map((one) => one[name]).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

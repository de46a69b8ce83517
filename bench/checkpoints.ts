// What of the time of training anchors and checkpoints take: the same steps of a flow of 10⁶ parameters without either, with
// anchors alone, to which a run that diverges goes back, and with checkpoints in a folder as `train` writes them, in rounds that
// take turns; by the clock, and by the time of all cores, which neighbours disturb less. Checkpoints come oftener here than by default, so that they can be measured; what they cost is told for that.
// Shorter: --rounds 3 --steps 60
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FitOptions, fit, flow, realNVP } from 'pushforward'
import { CheckpointFiles } from '#cli/checkpoint-files.js'
import { MetricsFile } from '#cli/metrics-file.js'
import { randomStream } from '#random/stream.js'
import { machine, median, table } from './machine.js'

const COLUMNS = 6
const ROWS = 4096
const THREADS = 2
/** Seconds between two checkpoints where nothing is said. */
const DEFAULT_SECONDS = 30
/** What checkpoints by default may take of the time of training. */
const MOST_SHARE = 0.02

const KINDS = ['neither', 'anchors', 'checkpoints'] as const
type Kind = (typeof KINDS)[number]

interface Round {
  readonly seconds: number
  /** Of all threads. */
  readonly coreSeconds: number
  readonly losses: Float64Array
  readonly checkpoints: number
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, steps: { type: 'string', default: '300' } },
})
const [rounds, steps] = [Number(values.rounds), Number(values.steps)]

const random = randomStream(0, 0, 0)
const rows = Float64Array.from({ length: ROWS * COLUMNS }, () => random.normal())
const make = () => flow(COLUMNS, realNVP(COLUMNS, { layers: 14, hidden: [256, 256] }), { seed: 1 })

async function round(kind: Kind, folder: string): Promise<Round> {
  const files = new CheckpointFiles(folder)
  const metrics = new MetricsFile(join(folder, 'metrics.jsonl'))
  let written = 0
  async function write(bytes: Uint8Array): Promise<void> {
    await files.write(bytes)
    await metrics.follow(bytes)
    written++
  }
  const options: FitOptions = {
    ...{ steps, batch: 128, threads: THREADS },
    onDivergence: kind === 'neither' ? 'stop' : 'halve',
    ...(kind === 'checkpoints' && { checkpoint: { every: 0, write } }),
  }
  const model = make()
  const before = process.cpuUsage()
  const { seconds, losses } = await fit(model, rows, options)
  const { user, system } = process.cpuUsage(before)
  // The last one is of the end, however often they come.
  return { seconds, coreSeconds: (user + system) / 1e6, losses, checkpoints: written }
}

async function main(folder: string): Promise<boolean> {
  console.log(
    `${machine()}, load ${loadavg()[0].toFixed(1)}, ${new Date().toISOString().slice(0, 10)}; ${make().parameterCount} parameters, ${steps} steps of 128 rows on ${THREADS} threads, ${rounds} rounds that take turns`,
  )
  const measured: Record<Kind, Round[]> = { neither: [], anchors: [], checkpoints: [] }
  await round('neither', folder)
  for (let r = 0; r < rounds; r++) for (const kind of KINDS) measured[kind].push(await round(kind, folder))
  const [{ losses }] = measured.neither
  const all = Object.values(measured).flat()
  if (!all.every((other) => other.losses.every((loss, i) => loss === losses[i]))) {
    throw new Error('Losses differ between kinds.')
  }
  const each = median(measured.checkpoints.map(({ seconds, checkpoints }) => seconds / checkpoints))
  /** What a kind takes more than another one. */
  const more = (kind: Kind, than: Kind, time: 'seconds' | 'coreSeconds') =>
    median(measured[kind].map((round, r) => round[time] / measured[than][r][time])) - 1
  const times = ['seconds', 'coreSeconds'] as const
  const stepText = (kind: Kind) =>
    times.map((time) => median(measured[kind].map((round) => (1000 * round[time]) / steps)).toFixed(2))
  const shares = (share: (time: (typeof times)[number]) => number) =>
    times.map((time) => `${(100 * share(time)).toFixed(2)} %`)
  /** Of a checkpoint's own time in the time that there is between two: that of every thread, where it is of all cores. */
  const byDefault = (time: (typeof times)[number]) => {
    const between = median(measured.checkpoints.map((round) => round[time] / round.checkpoints))
    const there = DEFAULT_SECONDS * (time === 'seconds' ? 1 : THREADS)
    return (more('checkpoints', 'anchors', time) * between) / there
  }
  console.log(
    table([
      ['', 'ms a step', 'ms of all cores', 'share', 'share of all cores'],
      ['neither', ...stepText('neither'), '', ''],
      ['anchors', ...stepText('anchors'), ...shares((time) => more('anchors', 'neither', time))],
      [
        `checkpoints, one each ${each.toFixed(2)} s`,
        ...stepText('checkpoints'),
        ...shares((time) => more('checkpoints', 'anchors', time)),
      ],
      [`checkpoints, one each ${DEFAULT_SECONDS} s`, '', '', ...shares(byDefault)],
    ]),
  )
  return byDefault('seconds') <= MOST_SHARE
}

const folder = mkdtempSync(join(tmpdir(), 'pushforward-checkpoints-'))
try {
  if (!(await main(folder))) {
    console.error(`Checkpoints take more than ${100 * MOST_SHARE} % of the time.`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}

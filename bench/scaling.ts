// How training scales with threads, rows and width; peak memory by rows; what starting costs. Two columns throughout.
// --only threads,rows,hidden,memory,start shortens a run.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine, median, table } from './machine.js'
import { peakMemory } from './scaling/memory.js'
import { stepSeconds } from './scaling/speed.js'

const cores = availableParallelism()

async function threads(): Promise<string> {
  const counts = Array.from({ length: cores + 1 }, (_, count) => count)
  const body: string[][] = []
  for (const rows of [1024, 65_536]) {
    for (const hidden of [4, 64]) {
      const seconds = await stepSeconds(counts.map((count) => ({ rows, hidden: [hidden], threads: count })))
      for (const count of counts) {
        const speedUp = seconds[1] / seconds[count]
        body.push([
          `${rows}, [${hidden}]`,
          String(count),
          (1000 * seconds[count]).toFixed(3),
          `${speedUp.toFixed(2)}×`,
          `${((100 * speedUp) / Math.max(1, count)).toFixed(0)} %`,
        ])
      }
    }
  }
  return table([['rows, hidden', 'threads', 'ms a step', 'against 1 thread', 'efficiency'], ...body])
}

async function rows(): Promise<string> {
  const counts = Array.from({ length: 6 }, (_, i) => 2 ** (10 + 2 * i))
  const hidden = [4, 64]
  const columns: string[][] = []
  for (const width of hidden) {
    const seconds = await stepSeconds(counts.map((count) => ({ rows: count, hidden: [width], threads: cores })))
    columns.push(seconds.map((value, i) => ((1e9 * value) / counts[i]).toFixed(1)))
  }
  const body = counts.map((count, i) => [String(count), ...columns.map((column) => column[i])])
  return table([['rows', ...hidden.map((width) => `[${width}], ns a row and step`)], ...body])
}

async function hidden(): Promise<string> {
  const widths = [4, 8, 16, 32, 64, 128, 256]
  const ROWS = 16_384
  const seconds = await stepSeconds(widths.map((width) => ({ rows: ROWS, hidden: [width], threads: cores })))
  const body = seconds.map((value, i) => [`[${widths[i]}]`, ((1e9 * value) / ROWS).toFixed(1)])
  return table([['hidden', `ns a row and step, ${ROWS} rows`], ...body])
}

function memory(): string {
  const body = peakMemory([1000, 100_000, 1_000_000, 4_000_000]).map(({ rows, megabytes }) => [
    String(rows),
    ((8 * rows) / 2 ** 20).toFixed(1),
    ...megabytes.map((value) => value.toFixed(0)),
  ])
  return table([['rows of a file', 'as float32', 'train, MiB', 'with pictures', 'score, MiB', 'sample, MiB'], ...body])
}

const STARTS = 7

function start(): string {
  const script = fileURLToPath(new URL('./scaling/start.js', import.meta.url))
  const body = [0, 1, 2].map((count) => {
    const runs = Array.from({ length: STARTS }, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, String(count)], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`The measurement of the start failed:\n${stderr}`)
      return JSON.parse(stdout) as Record<'compile' | 'first' | 'again', number>
    })
    const of = (name: 'compile' | 'first' | 'again') => median(runs.map((run) => run[name])).toFixed(2)
    return [String(count), of('compile'), of('first'), of('again')]
  })
  return table([['threads', 'wasm compiled, ms', 'fit of 1 step, new process, ms', 'once more, ms'], ...body])
}

const parts: Record<string, () => string | Promise<string>> = { threads, rows, hidden, memory, start }
const { values } = parseArgs({ options: { only: { type: 'string' } } })
console.log(`${machine()}, ${new Date().toISOString().slice(0, 10)}; medians; ${cores} threads where none are named`)
for (const [name, part] of Object.entries(parts)) {
  if (values.only?.split(',').includes(name) ?? true) console.log(`\n${await part()}`)
}

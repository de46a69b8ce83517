import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { standardised } from '../peers/workloads.js'

const COMMAND = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
const PEAK = new URL('./peak.js', import.meta.url).href
const WRITE_ROWS = 10_000

/**
 * Peak resident megabytes of the command line's train, without pictures and with them, score and sample, by number of
 * rows; two columns from a file.
 */
export function peakMemory(counts: readonly number[]): { rows: number; megabytes: number[] }[] {
  const folder = mkdtempSync(join(tmpdir(), 'pushforward-memory-'))
  try {
    return counts.map((rows) => {
      const file = join(folder, `${rows}.csv`)
      const model = join(folder, `${rows}`)
      writeRows(file, rows)
      const train = (plots: string, out: string) => ['train', file, '--steps', '5', '--plots', plots, '--out', out]
      const commands = [
        train('off', model),
        train('on', `${model}-plots`),
        ['score', model, file],
        ['sample', model, '--rows', `${rows}`],
      ]
      return { rows, megabytes: commands.map((command) => peak(command, folder)) }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function writeRows(path: string, rows: number): void {
  const data = standardised({ rows, dim: 2 })
  const file = openSync(path, 'w')
  writeSync(file, 'x,y\n')
  for (let first = 0; first < rows; first += WRITE_ROWS) {
    let text = ''
    for (let i = first; i < Math.min(rows, first + WRITE_ROWS); i++) text += `${data[2 * i]},${data[2 * i + 1]}\n`
    writeSync(file, text)
  }
  closeSync(file)
}

function peak(command: readonly string[], folder: string): number {
  const file = join(folder, 'peak')
  const { status, stderr } = spawnSync(process.execPath, ['--import', PEAK, COMMAND, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, PEAK_FILE: file },
  })
  if (status !== 0) throw new Error(`pushforward ${command[0]} failed:\n${stderr}`)
  return Number(readFileSync(file, 'utf8')) / 1024
}

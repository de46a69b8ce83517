import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MAIN, pushforward } from './run.js'

const FILES = ['model.safetensors', 'metrics.jsonl', 'samples.csv']

/** What a run has come to: the same bytes as another one has. */
export async function outcome(run: string): Promise<string[]> {
  return Promise.all(FILES.map((name) => readFile(join(run, name), 'base64')))
}

export interface Killed {
  /** Of processes that were killed before they had ended by themselves. */
  readonly kills: number
  /** Steps that processes said they went on from. */
  readonly from: readonly number[]
}

/** When a process is killed: milliseconds after it was started, or after it has said that it begins to train. */
export interface Kill {
  readonly after: 'start' | 'training'
  readonly milliseconds: number
}

/**
 * Trains into a folder by processes that are killed at some moment each, every one going on with what the one before has
 * left, and by a last one that is not.
 */
export async function trainWithKills(
  args: readonly string[],
  run: string,
  moments: readonly Kill[],
  threads: (process: number) => number,
): Promise<Killed> {
  let kills = 0
  const from: number[] = []
  for (const [i, kill] of [...moments, undefined].entries()) {
    const begun = await access(join(run, 'run.json')).then(
      () => true,
      () => false,
    )
    if (begun && JSON.parse(await readFile(join(run, 'run.json'), 'utf8')).status === 'finished') break
    // Killed before its first files were there.
    if (!begun) await rm(run, { recursive: true, force: true })
    const how = begun ? ['--resume', run] : [...args, '--out', run]
    const command = ['train', ...how, '--threads', String(threads(i))]
    if (kill === undefined) {
      const { code, stderr } = await pushforward(command)
      if (code !== 0) throw new Error(stderr)
      from.push(...steps(stderr))
      break
    }
    const child = spawn(process.execPath, [MAIN, ...command])
    let stderr = ''
    let timer: ReturnType<typeof setTimeout> | undefined
    const killLater = () => {
      timer ??= setTimeout(() => child.kill('SIGKILL'), kill.milliseconds)
    }
    if (kill.after === 'start') killLater()
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
      if (stderr.includes('Training on')) killLater()
    })
    const [code, signal] = await once(child, 'close')
    clearTimeout(timer)
    if (signal === 'SIGKILL') kills++
    else if (code !== 0) throw new Error(stderr)
    from.push(...steps(stderr))
  }
  return { kills, from }
}

const steps = (stderr: string) => [...stderr.matchAll(/Going on from step (\d+)/g)].map(([, step]) => Number(step))

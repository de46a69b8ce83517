import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Standard input; empty where absent. */
  input?: string
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Sees the process as soon as it runs. */
  onStart?: (child: ChildProcess) => void
}

/** Runs the command line as a child process to its end. */
export async function pushforward(
  args: readonly string[],
  { input = '', cwd, env, onStart }: RunOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  // A command that refuses its arguments has gone before it reads anything.
  child.stdin.on('error', () => {}).end(input)
  onStart?.(child)
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

/** A CSV text as numbers under column names. */
export function parseCsv(text: string): { columns: string[]; rows: number[][] } {
  const [header, ...lines] = text.trimEnd().split('\n')
  return { columns: header.split(','), rows: lines.map((line) => line.split(',').map(Number)) }
}

import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const windows = process.platform === 'win32'

/** Runs a program to its end and gives what it printed. */
export async function run(
  cwd: string,
  program: string,
  ...args: string[]
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(program, args, { cwd, shell: windows })
}

export interface Packed {
  /** A new folder that holds the tarball and nothing else; the caller removes it. */
  readonly folder: string
  /** The tarball's name there. */
  readonly file: string
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number
  readonly unpackedSize: number
  readonly paths: readonly string[]
}

/** Packs this repository as it is built now. */
export async function packInto(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'pushforward-pack-'))
  const { stdout } = await run(ROOT, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)
  const [{ filename, size, unpackedSize, files }] = JSON.parse(stdout)
  return { folder, file: filename, size, unpackedSize, paths: files.map(({ path }: { path: string }) => path) }
}

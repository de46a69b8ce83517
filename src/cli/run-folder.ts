import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../errors.js'

/** The folder a training run writes into. */
export interface RunFolder {
  readonly path: string
  /** Takes an empty folder away again where this run made it. */
  discard(): Promise<void>
}

const DEFAULT_PARENT = 'runs'

/**
 * Refuses a folder that holds something already.
 * @throws UsageError where it is not empty, or no folder at all.
 */
export async function checkUnused(path: string): Promise<void> {
  let entries: string[]
  try {
    entries = await readdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return
    throw cannotUse(path, code === 'ENOTDIR' ? 'it is a file' : (error as Error).message, error)
  }
  if (entries.length > 0) throw cannotUse(path, 'it is not empty')
}

/**
 * Makes the folder and proves that it can be written.
 * @throws UsageError where it cannot.
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  try {
    const made = await mkdir(path, { recursive: true })
    const probe = join(path, '.writable')
    await (await open(probe, 'w')).close()
    await rm(probe)
    return { path, discard: async () => (made === undefined ? undefined : rmdir(path).catch(() => {})) }
  } catch (error) {
    throw cannotUse(path, (error as Error).message, error)
  }
}

/** runs/<date>-<time>-<name>, local time; a number is added where two runs start in one second. */
export async function defaultRunPath(name: string, now = new Date()): Promise<string> {
  const two = (n: number) => String(n).padStart(2, '0')
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
  const taken = new Set(await readdir(DEFAULT_PARENT).catch(() => []))
  const base = `${date}-${time}-${name}`
  let unused = base
  for (let i = 2; taken.has(unused); i++) unused = `${base}-${i}`
  return join(DEFAULT_PARENT, unused)
}

function cannotUse(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`--out ${path} cannot be used: ${why}. Give a new folder, or one that is empty.`, { cause })
}

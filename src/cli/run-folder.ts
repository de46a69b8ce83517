import { constants } from 'node:fs'
import { access, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { asError, UsageError } from '../errors.js'
import { writeFileWhole } from '../io/write-file.js'
import { CheckpointFiles } from './checkpoint-files.js'
import { makeFolder } from './make-folder.js'
import { isLocked, lockFolder } from './run-lock.js'

/** The folder a training run writes into. */
export interface RunFolder {
  readonly path: string
  /** Writes a file as a whole; an error names the file and the folder. */
  write(name: string, content: Uint8Array | string): Promise<void>
  writeJson(name: string, value: unknown): Promise<void>
  readonly checkpoints: CheckpointFiles
  /** Makes this run the one that `latest` means, where the folder lies in ./runs. */
  point(): Promise<void>
  /** Takes what was written away again, and the folder where this run made it; of a run that goes on, leaves what it found. */
  discard(): Promise<void>
}

export const RUNS = 'runs'
const POINTER = 'latest'
const AT_WORK = 'another process is training in it'

/**
 * Refuses a folder that holds something already.
 * @throws UsageError where it is not empty, no folder at all, or another process has just begun with it.
 */
export async function checkUnused(path: string): Promise<void> {
  let entries: string[]
  try {
    entries = await readdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return
    throw cannotUse(path, code === 'ENOTDIR' ? 'it is a file' : asError(error).message, error)
  }
  if (entries.length > 0) throw cannotUse(path, 'it is not empty')
  if (await isLocked(path)) throw cannotUse(path, AT_WORK)
}

/**
 * Looks whether a folder can be made, before anything that takes long. It does not see all: making it proves it.
 * @throws UsageError where the folder that it would lie in may not be written.
 */
export async function checkWritable(path: string): Promise<void> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const code = await access(at, constants.W_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (code === 'EACCES' || code === 'EROFS') {
      throw new UsageError(
        `No results can be written in ${path}: ${at} is read-only for you. Give a folder, --out FOLDER.`,
      )
    }
    if (code !== 'ENOENT' || dirname(at) === at) return
  }
}

/**
 * Makes the folder and writes the first files of a run, which proves that it can be written.
 * @throws UsageError where it cannot.
 */
export async function openRunFolder(path: string, first: Readonly<Record<string, unknown>>): Promise<RunFolder> {
  let made: string | undefined
  const folder = runFolder(path, () => made)
  try {
    made = await makeFolder(path)
  } catch (error) {
    throw cannotUse(path, asError(error).message, error)
  }
  if (!(await lockFolder(path))) throw cannotUse(path, AT_WORK)
  try {
    for (const [name, value] of Object.entries(first)) await writeFileWhole(join(path, name), jsonText(value))
  } catch (error) {
    // Where that fails as well, the first reason is the one to tell.
    await folder.discard().catch(() => {})
    throw cannotUse(path, asError(error).message, error)
  }
  return folder
}

/** A folder that is there; `made` is the first of those above it that this run has made. */
export function runFolder(path: string, made: () => string | undefined): RunFolder {
  async function write(name: string, content: Uint8Array | string): Promise<void> {
    try {
      await writeFileWhole(join(path, name), content)
    } catch (cause) {
      throw new Error(`${name} cannot be written in ${path}: ${asError(cause).message}${wayOut(cause)}`, { cause })
    }
  }
  async function point(): Promise<void> {
    if (resolve(dirname(path)) !== resolve(RUNS)) return
    await writeFileWhole(join(RUNS, POINTER), `${relative(RUNS, path)}\n`)
  }
  async function discard(): Promise<void> {
    // The folder was unused, so whatever lies in it is of this run.
    for (const name of await readdir(path).catch(() => [])) await rm(join(path, name), { force: true, recursive: true })
    for (let at = path; made() !== undefined; at = dirname(at)) {
      if (!(await removed(at)) || resolve(at) === resolve(made() ?? '')) break
    }
  }
  const checkpoints = new CheckpointFiles(path)
  return { path, checkpoints, write, writeJson: (name, value) => write(name, jsonText(value)), point, discard }
}

/** What to do about a write that failed, as the end of a sentence. */
export function wayOut(cause: unknown): string {
  const { code } = { ...(cause as Partial<NodeJS.ErrnoException>) }
  if (code === 'ENOSPC' || code === 'EDQUOT') return '; free some space there, or give an --out elsewhere'
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return '; give an --out that can be written'
  return ''
}

async function removed(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  )
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** runs/<date>-<time>-<name>, local time; a number is added where two runs start in one second. */
export async function defaultRunPath(name: string, now = new Date()): Promise<string> {
  const two = (n: number) => String(n).padStart(2, '0')
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
  const taken = new Set(await readdir(RUNS).catch(() => []))
  const base = `${date}-${time}-${name}`
  let unused = base
  for (let i = 2; taken.has(unused); i++) unused = `${base}-${i}`
  return join(RUNS, unused)
}

/**
 * The path of a model as a command names it: `latest` is the run that finished last in ./runs.
 * @throws UsageError where there is none.
 */
export async function modelPath(argument: string): Promise<string> {
  if (argument !== POINTER) return argument
  try {
    return join(RUNS, (await readFile(join(RUNS, POINTER), 'utf8')).trim())
  } catch (cause) {
    throw new UsageError(
      'There is no latest run: runs/latest is not here. Train one first, or name a run folder or model file.',
      { cause },
    )
  }
}

function cannotUse(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`--out ${path} cannot be used: ${why}. Give a new folder, or one that is empty.`, { cause })
}

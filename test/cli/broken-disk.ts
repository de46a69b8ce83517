import fs, { type PathLike } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

export interface DiskFault {
  /** Which of the operations on files of the folder fails, counted from 0. */
  readonly operation: number
  /** Whether it fails before it is done, or when all of it is done. */
  readonly moment: 'before' | 'after'
  readonly code: 'ENOSPC' | 'EROFS' | 'EACCES' | 'EIO'
  /** Whether all behind it fail as well. */
  readonly forever: boolean
}

const WHOLE = ['rename', 'mkdir', 'rm', 'truncate'] as const
const OF_FILES = ['writeFile', 'appendFile', 'sync', 'datasync'] as const
type Work = (...args: unknown[]) => Promise<unknown>

/** The disk of this process, with a fault in what is asked of a folder. To be made before modules that use the disk are loaded. */
export class BrokenDisk {
  #folder = '\0'
  #fault: DiskFault | undefined
  #asked: string[] = []

  constructor() {
    const real = { ...fs.promises }
    const broken = fs.promises as unknown as Record<string, Work>
    for (const name of WHOLE) {
      const own = real[name] as unknown as Work
      broken[name] = (path, ...rest) => this.#through(name, path as PathLike, () => own(path, ...rest))
    }
    fs.promises.open = async (path, ...rest) => {
      const file = await this.#through('open', path, () => real.open(path, ...rest))
      for (const name of OF_FILES) {
        const own = (file[name] as Work).bind(file)
        Object.assign(file, { [name]: (...args: unknown[]) => this.#through(name, path, () => own(...args)) })
      }
      return file
    }
    syncBuiltinESMExports()
  }

  /** Does some work with a fault; returns what was asked of the folder. */
  async during(folder: string, fault: DiskFault | undefined, work: () => Promise<void>): Promise<string[]> {
    this.#folder = folder
    this.#fault = fault
    this.#asked = []
    try {
      await work()
      return this.#asked
    } finally {
      this.#folder = '\0'
    }
  }

  async #through<Result>(name: string, path: PathLike, work: () => Promise<Result>): Promise<Result> {
    if (!String(path).startsWith(this.#folder)) return work()
    const n = this.#asked.push(`${name} ${String(path).slice(this.#folder.length)}`) - 1
    const fault = this.#fault
    if (!fault || n < fault.operation || (n > fault.operation && !fault.forever)) return work()
    if (fault.moment === 'after' && n === fault.operation) await work()
    throw Object.assign(new Error(`${fault.code}: made up, ${name} '${path}'`), { code: fault.code })
  }
}

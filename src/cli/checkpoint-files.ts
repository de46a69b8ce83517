import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '../errors.js'
import { checkpointSteps } from '../io/checkpoint-file.js'
import { removeParts, writeFileWhole } from '../io/write-file.js'
import { warn } from './output.js'

const FOLDER = 'checkpoints'
const NAME = /^(\d+)\.safetensors$/
/** The last one, and the one before for where a disk has not kept its word. */
const KEPT = 2

/** The checkpoint that a run goes on from. */
export interface LastCheckpoint {
  readonly bytes: Uint8Array
  readonly steps: number
}

/** The checkpoints in a run's folder. */
export class CheckpointFiles {
  readonly #folder: string
  #next: Promise<number> | undefined

  constructor(run: string) {
    this.#folder = join(run, FOLDER)
  }

  /** Writes one more, and removes those before the last two. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#next ??= this.#numbers().then((numbers) => 1 + Math.max(0, ...numbers))
    const number = await this.#next
    // Of a run folder that somebody has removed, none is made.
    await mkdir(this.#folder).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
    await writeFileWhole(this.#path(number), bytes)
    this.#next = Promise.resolve(number + 1)
    for (const old of await this.#numbers()) if (old <= number - KEPT) await rm(this.#path(old), { force: true })
  }

  /**
   * The last one that can be read, undefined where there are none; a warning tells of others.
   * @throws FormatError where none of them can.
   */
  async last(): Promise<LastCheckpoint | undefined> {
    await removeParts(this.#folder)
    const numbers = await this.#numbers()
    for (const number of numbers.sort((a, b) => b - a)) {
      const path = this.#path(number)
      try {
        const bytes = await readFile(path)
        return { bytes, steps: checkpointSteps(bytes) }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        warn(`${path}: ${error.message}`)
      }
    }
    if (numbers.length === 0) return undefined
    throw new FormatError(
      `No checkpoint in ${this.#folder} can be read; remove the folder to train from the beginning.`,
    )
  }

  /** Removes all of them. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.safetensors`)
  }

  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
  }
}

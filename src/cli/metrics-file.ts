import { constants } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import { decodeEach } from '../io/checkpoint-file.js'
import { writeFileWhole } from '../io/write-file.js'
import { stretchText } from './metrics.js'

/** What of a fit has its lines already. */
interface Written {
  readonly steps: number
  readonly recoveries: number
}

/**
 * metrics.jsonl of a run on its way: it has the losses up to the last checkpoint. What is new is appended; where a run goes on, or
 * has gone back to an earlier step, all of it is written anew. When training ends, `metricsText` takes its place.
 */
export class MetricsFile {
  readonly #path: string
  #written: ReadonlyMap<number | undefined, Written> | undefined
  #bytes = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Brings the file to where a checkpoint is. */
  async follow(checkpoint: Uint8Array): Promise<void> {
    const each = decodeEach(checkpoint)
    const before = this.#written
    const onward = each.every(({ member, record: { steps, recoveries } }) => {
      const own = before?.get(member) ?? { steps: 0, recoveries: 0 }
      return own.steps <= steps && own.recoveries === recoveries.length
    })
    const text = each
      .map(({ member, record: { losses, validation, validationEvery, options } }) => {
        const from = before && onward ? (before.get(member)?.steps ?? 0) : 0
        const planned = Number(options.steps)
        return stretchText({ losses, validationLosses: validation, validationEvery, from, planned }, member)
      })
      .join('')
    // Where this fails the next one writes all of it.
    this.#written = undefined
    if (before && onward) await this.#append(text)
    else {
      await writeFileWhole(this.#path, text)
      this.#bytes = Buffer.byteLength(text)
    }
    this.#written = new Map(
      each.map(({ member, record: { steps, recoveries } }) => [member, { steps, recoveries: recoveries.length }]),
    )
  }

  /** All of the text, or nothing of it. */
  async #append(text: string): Promise<void> {
    // One that somebody has removed is not begun in the middle.
    const file = await open(this.#path, constants.O_WRONLY | constants.O_APPEND)
    try {
      await file.appendFile(text)
      await file.datasync()
      this.#bytes += Buffer.byteLength(text)
    } catch (error) {
      await truncate(this.#path, this.#bytes).catch(() => {})
      throw error
    } finally {
      await file.close()
    }
  }
}

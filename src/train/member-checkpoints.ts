import { UsageError } from '../errors.js'
import { decodeCheckpoints, encodeCheckpoints } from '../io/checkpoint-file.js'
import { type CheckpointOptions, checkCheckpoint } from './checkpoint-writer.js'
import type { FitOptions } from './options.js'

/** Makes one checkpoint of those of several fits. */
export class MemberCheckpoints {
  readonly #checkpoint: CheckpointOptions | undefined
  readonly #latest: (Uint8Array | undefined)[]
  #writing: Promise<void> = Promise.resolve()

  /** @throws FormatError, UsageError where what is resumed is not of so many members. */
  constructor(members: number, { checkpoint, resume }: Pick<FitOptions, 'checkpoint' | 'resume'>) {
    this.#checkpoint = checkpoint && checkCheckpoint(checkpoint)
    this.#latest = resume === undefined ? Array.from({ length: members }) : decodeCheckpoints(resume)
    if (this.#latest.length === members) return
    throw new UsageError(
      `The checkpoint to resume from is of an ensemble of ${this.#latest.length}, but it has ${members} members now.`,
    )
  }

  /** The options of a member. */
  of(member: number): Pick<FitOptions, 'checkpoint' | 'resume'> {
    const checkpoint = this.#checkpoint && {
      ...this.#checkpoint,
      write: (bytes: Uint8Array) => {
        this.#latest[member] = bytes
        return this.#write()
      },
    }
    return { checkpoint, resume: this.#latest[member] }
  }

  /** One write after another. */
  #write(): Promise<void> {
    const next = this.#writing.then(() => this.#checkpoint?.write(encodeCheckpoints(this.#latest)))
    this.#writing = next.catch(() => {})
    return next
  }
}

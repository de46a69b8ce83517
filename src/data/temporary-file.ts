import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bytes, checkStretch } from './bytes.js'

/** A file without a name: its place is free again when the process ends, however it ends. */
export function openTemporary(folder: string): number {
  const path = join(folder, `pushforward-${randomUUID()}`)
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return file
}

/** Bytes of an open file, as far as `size`. */
export function fileBytes(file: number, size: number): Bytes {
  return {
    size,
    read(at, length) {
      checkStretch(size, at, length)
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const read = readSync(file, bytes, done, length - done, at + done)
        if (read === 0) throw new RangeError('it has become shorter while it was read')
        done += read
      }
      return bytes
    },
  }
}

/** Bytes that are kept in a temporary file, which nobody else can open and that ends with the process. */
export class KeptBytes {
  readonly #file = openTemporary(tmpdir())
  #size = 0

  push(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done, bytes.length - done)
    this.#size += bytes.length
  }

  get bytes(): Bytes {
    return fileBytes(this.#file, this.#size)
  }

  close(): void {
    closeSync(this.#file)
  }
}

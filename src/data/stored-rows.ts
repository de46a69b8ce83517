import { closeSync, readSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { NumberSink } from './number-rows.js'
import type { RowSource } from './row-source.js'
import { openTemporary } from './temporary-file.js'

/** Numbers of a part, 1 MiB of them. */
const PART = 2 ** 17
/** Parts kept in memory, at most, where there is a temporary file for the others. */
const HELD_PARTS = 2

/** Numbers held, or how many bytes into the file they are. */
type Part = Float64Array | number

/**
 * Takes the numbers of a table and gives back its rows as often as wanted: the first 2 MiB from memory, all others from
 * a temporary file that nobody else can open and that ends with the process. Where there is no room for one, they stay
 * in memory.
 */
export class StoredRows implements RowSource, NumberSink {
  readonly #folder: string
  readonly #parts: Part[] = []
  #columns = 0
  #block = new Float64Array(PART)
  #used = 0
  #file: number | undefined
  #written = 0
  #fileFailed = false

  constructor(folder: string = tmpdir()) {
    this.#folder = folder
  }

  /** Numbers of a row, which come before any of them. */
  begin(columns: number): void {
    this.#columns = columns
  }

  /** The next number, row after row. */
  push(value: number): void {
    this.#block[this.#used++] = value
    if (this.#used === PART) this.#keep()
  }

  /** Numbers of a row. */
  get columns(): number {
    return this.#columns
  }

  /** Whole rows so far. */
  get rows(): number {
    return (this.#parts.length * PART + this.#used) / this.#columns
  }

  *blocks(blockRows: number): Iterable<Float64Array> {
    const total = this.#parts.length * PART + this.#used
    const block = new Float64Array(Math.min(total, blockRows * this.#columns))
    for (let first = 0; first < total; first += block.length) {
      const end = Math.min(total, first + block.length)
      for (let at = first; at < end; ) at += this.#read(at, block.subarray(at - first, end - first))
      yield block.subarray(0, end - first)
    }
  }

  /** Gives back memory and file. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
    this.#parts.length = 0
    this.#used = 0
  }

  /** Numbers from `at` on into the beginning of the target, to the end of their part at most; how many. */
  #read(at: number, target: Float64Array): number {
    const index = Math.floor(at / PART)
    const within = at - index * PART
    const count = Math.min(target.length, PART - within)
    const part = index < this.#parts.length ? this.#parts[index] : this.#block
    if (typeof part !== 'number') {
      target.set(part.subarray(within, within + count))
      return count
    }
    const bytes = bytesOf(target.subarray(0, count))
    const position = part + within * Float64Array.BYTES_PER_ELEMENT
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file as number, bytes, done, bytes.length - done, position + done)
      if (read === 0) throw new Error('A temporary file has become shorter.')
      done += read
    }
    return count
  }

  /** Puts the full block away. */
  #keep(): void {
    const stored = this.#parts.length >= HELD_PARTS && this.#write(bytesOf(this.#block))
    this.#used = 0
    if (stored) return
    this.#parts.push(this.#block)
    this.#block = new Float64Array(PART)
  }

  /** Takes back what is in the file, for whoever else needs the room. */
  #giveUpFile(): void {
    this.#fileFailed = true
    for (const [i, part] of this.#parts.entries()) {
      if (typeof part !== 'number') continue
      const numbers = new Float64Array(PART)
      this.#read(i * PART, numbers)
      this.#parts[i] = numbers
    }
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  /** Whether the bytes are in the file now. */
  #write(bytes: Uint8Array): boolean {
    if (this.#fileFailed) return false
    try {
      this.#file ??= openTemporary(this.#folder)
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#written + done)
      }
    } catch {
      this.#giveUpFile()
      return false
    }
    this.#parts.push(this.#written)
    this.#written += bytes.length
    return true
  }
}

function bytesOf(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

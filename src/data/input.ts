import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { asError, DataError } from '../errors.js'
import { type Bytes, PIECE, piecesOf } from './bytes.js'
import { LOOKED_AT } from './file-format.js'
import { fileBytes, KeptBytes } from './temporary-file.js'
import { loadUnzstd } from './unzstd.js'

/** Bytes to read, from a file or from elsewhere. */
export interface Input {
  /** The first of them, as many as a format is told by. */
  readonly start: Uint8Array
  /** All of them, once. */
  pieces(): AsyncIterable<Uint8Array>
  /** All of them, anywhere: what does not come from a file is kept in one. */
  bytes(): Promise<Bytes>
  close(): Promise<void>
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a directory, not a table',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
}

/**
 * Opens a file, or standard input as `-`.
 * @throws DataError where it cannot be opened or read.
 */
export async function openInput(path: string): Promise<Input> {
  if (path === '-') return streamInput(process.stdin, async () => {})
  try {
    const file = await open(path)
    const stats = await file.stat()
    // A file of the system's may have bytes and no size.
    if (stats.isFile() && stats.size > 0) return fileInput(file, stats.size)
    const stream = createReadStream(path, { fd: file, highWaterMark: PIECE })
    return await streamInput(stream, async () => void stream.destroy())
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): unknown {
  const { code, syscall } = { ...(error as Partial<NodeJS.ErrnoException>) }
  if (code === undefined || syscall === undefined) return error
  return new DataError(`${path}: ${REASONS[code] ?? `cannot be read (${code})`}.`, { cause: error })
}

function fileInput(file: FileHandle, size: number): Input {
  const bytes = fileBytes(file.fd, size)
  return {
    start: bytes.read(0, Math.min(size, LOOKED_AT)),
    async *pieces() {
      yield* piecesOf(bytes)
    },
    bytes: async () => bytes,
    close: () => file.close(),
  }
}

/** What comes from a stream; its first pieces are read at once. */
async function streamInput(stream: AsyncIterable<Uint8Array>, close: () => Promise<void>): Promise<Input> {
  const iterator = stream[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  for (let size = 0; size < LOOKED_AT; ) {
    const { done, value } = await iterator.next()
    if (done) break
    held.push(value)
    size += value.length
  }
  let kept: KeptBytes | undefined
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let piece = held.shift(); piece !== undefined; piece = held.shift()) yield piece
    for (let { done, value } = await iterator.next(); !done; { done, value } = await iterator.next()) yield value
  }
  return {
    start: Buffer.concat(held).subarray(0, LOOKED_AT),
    pieces,
    async bytes() {
      kept = new KeptBytes()
      for await (const piece of pieces()) kept.push(piece)
      return kept.bytes
    },
    async close() {
      kept?.close()
      await iterator.return?.()
      await close()
    },
  }
}

/** What is packed within. Throws DataError, on the way, where that is damaged. */
export function unpacked(input: Input, format: 'gzip' | 'zstd', source: string): Promise<Input> {
  return streamInput(format === 'gzip' ? gunzipped(input, source) : unzstd(input, source), () => input.close())
}

async function* gunzipped(input: Input, source: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip()
  // An error of reading ends the stream that is read from.
  const feeding = (async () => {
    try {
      for await (const piece of input.pieces()) {
        if (gunzip.destroyed) return
        if (!gunzip.write(piece)) await new Promise((resolve) => gunzip.once('drain', resolve).once('close', resolve))
      }
      gunzip.end()
    } catch (error) {
      // One that is none would end the stream as if all had been read.
      gunzip.destroy(asError(error))
    }
  })()
  try {
    yield* gunzip
  } catch (error) {
    throw error instanceof DataError ? error : damaged(source, 'gzip', error)
  } finally {
    gunzip.destroy()
    await feeding
  }
}

async function* unzstd(input: Input, source: string): AsyncGenerator<Uint8Array> {
  const take = (await loadUnzstd()).stream()
  const checked = (piece: Uint8Array, last: boolean) => {
    try {
      return take(piece, last)
    } catch (error) {
      throw damaged(source, 'zstd', error)
    }
  }
  let last: Uint8Array | undefined
  for await (const piece of input.pieces()) {
    if (last) yield* checked(last, false)
    last = piece
  }
  yield* checked(last ?? new Uint8Array(), true)
}

function damaged(source: string, format: string, error: unknown): DataError {
  return new DataError(`${source}: damaged ${format} data (${asError(error).message}).`, { cause: error })
}

import { Inflate } from 'fflate'
import { asError, DataError } from '../errors.js'
import { type Bytes, piecesOf } from './bytes.js'

/** A file within a zip archive. */
export interface ZipEntry {
  readonly name: string
  /** 0 stored, 8 deflated. */
  readonly method: number
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  /** Where its own header is. */
  readonly at: number
}

const SIGNATURES = { entry: 0x04034b50, directory: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 }
const SIZES = { entry: 30, directory: 46, end: 22, end64: 56, locator: 20 }
/** A comment behind the end of the directory has as many bytes at most. */
const MOST_COMMENT = 65_535
/** What stands for a number that lies in the zip64 field. */
const IN_64 = 0xffffffff
/** Bytes that deflate makes of one, at most. */
const MOST_RATIO = 1032
const [STORED, DEFLATED] = [0, 8]

/**
 * The files of a zip archive, by its directory.
 * Source: PKWARE, APPNOTE 6.3.10, 4.3 and 4.5.3. Throws DataError where the directory is not there or not whole.
 */
export function zipEntries(bytes: Bytes, source: string): ZipEntry[] {
  const { at, size, count } = directoryOf(bytes, source)
  if (at + size > bytes.size || count * SIZES.directory > size) throw damaged(source, 'its directory is cut off')
  const view = new DataView(bytes.read(at, size).buffer)
  const entries: ZipEntry[] = []
  for (let from = 0; entries.length < count; ) {
    if (from + SIZES.directory > size || view.getUint32(from, true) !== SIGNATURES.directory) {
      throw damaged(source, `its directory ends at entry ${entries.length + 1} of ${count}`)
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((at) => view.getUint16(from + at, true))
    const end = from + SIZES.directory + nameBytes + extraBytes
    if (end > size) throw damaged(source, 'its directory is cut off')
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, from + SIZES.directory, nameBytes))
    const [sizeAt, packedSize, ownSize] = wideSizes(view, from, end - extraBytes, end, source)
    entries.push({
      name,
      method: view.getUint16(from + 10, true),
      crc: view.getUint32(from + 16, true),
      packedSize,
      size: ownSize,
      at: sizeAt,
    })
    from = end + commentBytes
  }
  return entries
}

/** Where the bytes of an entry begin. */
export function packedAt(bytes: Bytes, { name, method, at, packedSize, size }: ZipEntry, source: string): number {
  if (at + SIZES.entry > bytes.size) throw damaged(source, `${name} is not in it`)
  const view = new DataView(bytes.read(at, SIZES.entry).buffer)
  const start = at + SIZES.entry + view.getUint16(26, true) + view.getUint16(28, true)
  if (view.getUint32(0, true) !== SIGNATURES.entry || start + packedSize > bytes.size)
    throw damaged(source, `${name} is cut off`)
  if (method !== STORED && method !== DEFLATED) {
    throw new DataError(`${source}: ${name} is packed by method ${method}; expected numpy.savez or savez_compressed.`)
  }
  if (method === STORED ? size !== packedSize : size > MOST_RATIO * packedSize)
    throw damaged(source, `${name} has no such size`)
  return start
}

/** The bytes of an entry, unpacked and checked by their CRC-32, some at a time. */
export function* entryPieces(bytes: Bytes, entry: ZipEntry, source: string): Generator<Uint8Array> {
  const start = packedAt(bytes, entry, source)
  let made: Uint8Array[] = []
  const inflate = new Inflate((piece) => made.push(piece))
  let crc = 0
  let size = 0
  let left = entry.packedSize
  for (const piece of piecesOf(bytes, start, start + entry.packedSize)) {
    left -= piece.length
    if (entry.method === STORED) made.push(piece)
    else unpack(inflate, piece, left === 0, entry, source)
    for (const part of made) {
      size += part.length
      if (size > entry.size) throw damaged(source, `${entry.name} is longer than it says`)
      crc = crc32(part, crc)
      yield part
    }
    made = []
  }
  if (size !== entry.size || crc !== entry.crc) throw damaged(source, `${entry.name} is not what was packed`)
}

function unpack(inflate: Inflate, piece: Uint8Array, last: boolean, { name }: ZipEntry, source: string): void {
  try {
    inflate.push(piece, last)
  } catch (error) {
    throw damaged(source, `${name} cannot be unpacked (${asError(error).message})`)
  }
}

/** The directory's place, by the end of the archive. */
function directoryOf(bytes: Bytes, source: string): { at: number; size: number; count: number } {
  const from = Math.max(0, bytes.size - SIZES.end - MOST_COMMENT)
  const view = new DataView(bytes.read(from, bytes.size - from).buffer)
  let end = view.byteLength - SIZES.end
  while (end >= 0 && view.getUint32(end, true) !== SIGNATURES.end) end--
  if (end < 0) throw damaged(source, 'it has no directory. Is the file whole?')
  const [count, size, at] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ]
  const locator = end - SIZES.locator
  if (locator < 0 || view.getUint32(locator, true) !== SIGNATURES.locator) return { at, size, count }
  const end64 = Number(view.getBigUint64(locator + 8, true))
  if (end64 + SIZES.end64 > bytes.size) throw damaged(source, 'its directory is cut off')
  const wide = new DataView(bytes.read(end64, SIZES.end64).buffer)
  if (wide.getUint32(0, true) !== SIGNATURES.end64) throw damaged(source, 'its directory is cut off')
  const [wideCount, wideSize, wideAt] = [32, 40, 48].map((at) => Number(wide.getBigUint64(at, true)))
  return { at: wideAt, size: wideSize, count: wideCount }
}

/** Place, packed and own size of the entry at `from` of the directory, from its zip64 field where they are too large. */
function wideSizes(view: DataView, from: number, extra: number, end: number, source: string): [number, number, number] {
  // In the order in which the field has those that it has.
  const sizes = [24, 20, 42].map((at) => view.getUint32(from + at, true))
  if (sizes.some((size) => size === IN_64)) {
    let at = extra
    while (at + 4 <= end && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true)
    at += 4
    for (const [i, size] of sizes.entries()) {
      if (size !== IN_64) continue
      if (at + 8 > end) throw damaged(source, 'its directory lacks a size')
      sizes[i] = Number(view.getBigUint64(at, true))
      at += 8
    }
  }
  return [sizes[2], sizes[1], sizes[0]]
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  return crc
})

function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}

function damaged(source: string, what: string): DataError {
  return new DataError(`${source}: a damaged zip archive: ${what}.`)
}

/** Windows beyond are refused, as by the zstd command. */
const MOST_WINDOW = 2 ** 27
/** What a block becomes, at most. */
const MOST_BLOCK = 2 ** 17
const MAGIC = 0xfd2fb528
/** Frames to be skipped have one of sixteen magic numbers. */
const SKIPPED = 0x184d2a5
const BLOCK_HEADER = 3

/** A frame that is being gone through. */
interface Frame {
  /** Bytes of its contents, where the header says how many. */
  readonly contents: number | undefined
  /** How far back it may refer, which decoders keep in memory. */
  readonly window: number
  readonly checksum: boolean
  /** Where its window is written in the bytes at hand; −1 where it is not, or not in these. */
  windowAt: number
  /** Bytes that its blocks so far become at most. */
  held: number
}

/**
 * Goes through frames of zstd piece by piece, ahead of a decoder that makes room for whatever they claim: a window larger than
 * all that a frame holds is written smaller, where the frame ends in one piece. Source: RFC 8878, 3.1.1.
 */
export class ZstdFrames {
  #kept = new Uint8Array(0)
  #skip = 0
  #frame: Frame | undefined

  /**
   * The pieces so far but for a header that is not whole yet, as the decoder may have them.
   * @throws RangeError where a frame claims more than its blocks can hold, or a window of over 128 MiB; where there is no frame; and
   *   where the `last` piece ends within one.
   */
  push(piece: Uint8Array, last: boolean): Uint8Array {
    const bytes = new Uint8Array(this.#kept.length + piece.length)
    bytes.set(this.#kept)
    bytes.set(piece, this.#kept.length)
    let at = 0
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length - at)
      at += skipped
      this.#skip -= skipped
      if (at === bytes.length) break
      const length = this.#frame ? this.#block(this.#frame, bytes, at) : this.#header(bytes, at)
      if (length === undefined) break
      at += length
    }
    if (this.#frame) this.#frame.windowAt = -1
    this.#kept = bytes.slice(at)
    if (last && (this.#frame || this.#skip > 0 || this.#kept.length > 0)) throw new RangeError('unexpected EOF')
    return bytes.subarray(0, at)
  }

  /** Length of a frame's header; undefined where it is not all there. */
  #header(bytes: Uint8Array, at: number): number | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at)
    if (view.byteLength < 8) return undefined
    const magic = view.getUint32(0, true)
    if (magic >>> 4 === SKIPPED) {
      this.#skip = view.getUint32(4, true)
      return 8
    }
    if (magic !== MAGIC) throw new RangeError('invalid zstd data')
    const descriptor = view.getUint8(4)
    const single = (descriptor & 32) !== 0
    const dictionary = [0, 1, 2, 4][descriptor & 3]
    const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]
    const sizeAt = 5 + (single ? 0 : 1) + dictionary
    if (view.byteLength < sizeAt + size) return undefined
    const contents = [
      () => (single ? view.getUint8(sizeAt) : undefined),
      () => 256 + view.getUint16(sizeAt, true),
      () => view.getUint32(sizeAt, true),
      () => Number(view.getBigUint64(sizeAt, true)),
    ][descriptor >> 6]()
    const exponent = view.getUint8(5)
    const window = single ? (contents ?? 0) : 2 ** (10 + (exponent >> 3)) * (1 + (exponent & 7) / 8)
    if (window > MOST_WINDOW) throw claims()
    const windowAt = single ? -1 : at + 5
    this.#frame = { contents, window, checksum: (descriptor & 4) !== 0, windowAt, held: 0 }
    return sizeAt + size
  }

  /** Length of a block's header; undefined where it is not all there. What is behind is skipped. */
  #block(frame: Frame, bytes: Uint8Array, at: number): number | undefined {
    if (bytes.length - at < BLOCK_HEADER) return undefined
    const header = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)
    const [isLast, kind, size] = [header & 1, (header >> 1) & 3, header >> 3]
    if (kind === 3) throw new RangeError('invalid block type')
    if (size > MOST_BLOCK) throw claims()
    frame.held += kind === 2 ? MOST_BLOCK : size
    this.#skip = kind === 1 ? 1 : size
    if (isLast) {
      if (frame.contents !== undefined && frame.contents > frame.held) throw claims()
      if (frame.windowAt >= 0 && frame.window > frame.held) bytes[frame.windowAt] = windowOf(frame.held)
      if (frame.checksum) this.#skip += 4
      this.#frame = undefined
    }
    return BLOCK_HEADER
  }
}

const claims = () => new RangeError('a frame that claims more bytes than it can hold')

/** A window of so many bytes or up to twice as many, as a header has it. */
const windowOf = (bytes: number): number => Math.max(0, Math.ceil(Math.log2(Math.max(1, bytes))) - 10) << 3

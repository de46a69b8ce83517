const FRAME = 0x184d2204
/** Bit of a block's size that says it is not compressed. */
const RAW = 0x80000000
/** A match is four bytes long at least. */
const LEAST_MATCH = 4
/** A length that goes on in the next byte. */
const MORE = { half: 15, byte: 255 }

/** Bytes that grow at their end, to a most. */
class Output {
  bytes: Uint8Array
  length = 0
  readonly #most: number

  constructor(most: number) {
    this.#most = most
    this.bytes = new Uint8Array(Math.min(most, 2 ** 16))
  }

  /** Makes room for `count` more. */
  grow(count: number): void {
    const needed = this.length + count
    if (needed > this.#most) throw new RangeError('lz4: more bytes than can be in it')
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.min(this.#most, Math.max(needed, 2 * this.bytes.length)))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

/**
 * Unpacks LZ4 frames, blocks that refer to earlier ones included.
 * Source: lz4, doc/lz4_Frame_format.md and lz4_Block_format.md; checksums are not looked at. Throws RangeError where the
 * bytes are none.
 */
export function decodeLz4Frame(input: Uint8Array): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  // A byte of a length stands for 255 bytes at most.
  const output = new Output(255 * input.length)
  if (view.getUint32(0, true) !== FRAME) throw new RangeError('lz4: no frame')
  const flags = view.getUint8(4)
  const [blockChecksum, hasSize, hasDictionary] = [flags & 16, flags & 8, flags & 1]
  let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  for (;;) {
    const size = view.getUint32(at, true)
    at += 4
    if (size === 0) return output.bytes.subarray(0, output.length)
    const end = at + (size & ~RAW)
    if (end > input.length) throw new RangeError('lz4: a block is cut off')
    if (size & RAW) append(output, input.subarray(at, end))
    else decodeBlock(input, at, end, output)
    at = end + (blockChecksum ? 4 : 0)
  }
}

function append(output: Output, bytes: Uint8Array): void {
  output.grow(bytes.length)
  output.bytes.set(bytes, output.length)
  output.length += bytes.length
}

function decodeBlock(input: Uint8Array, from: number, end: number, output: Output): void {
  let at = from
  function lengthOf(start: number): number {
    let length = start
    for (let byte = MORE.byte; start === MORE.half && byte === MORE.byte; length += byte) {
      if (at >= end) throw new RangeError('lz4: a block is cut off')
      byte = input[at++]
    }
    return length
  }
  while (at < end) {
    const token = input[at++]
    const literals = lengthOf(token >> 4)
    if (at + literals > end) throw new RangeError('lz4: a block is cut off')
    append(output, input.subarray(at, at + literals))
    at += literals
    if (at === end) return
    if (at + 2 > end) throw new RangeError('lz4: a block is cut off')
    const distance = input[at] | (input[at + 1] << 8)
    at += 2
    const length = LEAST_MATCH + lengthOf(token & MORE.half)
    if (distance === 0 || distance > output.length) throw new RangeError('lz4: a match before the beginning')
    output.grow(length)
    const { bytes } = output
    for (let i = 0; i < length; i++) bytes[output.length + i] = bytes[output.length - distance + i]
    output.length += length
  }
}

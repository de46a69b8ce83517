/** Bytes of a block, the most that a repeated byte (4 bytes with its header) stands for. */
const MOST_RATIO = 2 ** 15
/** Windows beyond are refused, as by the zstd command. */
const MOST_WINDOW = 2 ** 27

/**
 * Throws RangeError where a zstd frame says that it holds more than its bytes can, or asks for a window of over 128 MiB.
 * Source: RFC 8878, 3.1.1.1. `bytes` may be the beginning of `size` bytes.
 */
export function checkZstdFrame(bytes: Uint8Array, size = Number.POSITIVE_INFINITY): void {
  if (bytes.length < 18) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const descriptor = view.getUint8(4)
  const single = (descriptor & 32) !== 0
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]
  const contents = [
    () => (single ? view.getUint8(at) : 0),
    () => 256 + view.getUint16(at, true),
    () => view.getUint32(at, true),
    () => Number(view.getBigUint64(at, true)),
  ][descriptor >> 6]()
  const exponent = view.getUint8(5)
  const window = single ? contents : 2 ** (10 + (exponent >> 3)) * (1 + (exponent & 7) / 8)
  if (contents > MOST_RATIO * size || (!single && window > MOST_WINDOW)) {
    throw new RangeError('zstd: a frame that claims more bytes than it can hold')
  }
}

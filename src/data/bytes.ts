/** Bytes of a file that can be read anywhere. */
export interface Bytes {
  readonly size: number
  /** A copy of `length` bytes from `at` on; throws RangeError where that is not all within. */
  read(at: number, length: number): Uint8Array<ArrayBuffer>
}

/** Bytes read at a time: what is cut from them is garbage soon, so that the heap does not grow for it. */
export const PIECE = 16_384

/** All bytes of a stretch, some at a time. */
export function* piecesOf(bytes: Bytes, from = 0, end = bytes.size): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = from; at < end; at += PIECE) yield bytes.read(at, Math.min(PIECE, end - at))
}

/** Throws RangeError unless the stretch lies within. */
export function checkStretch(size: number, at: number, length: number): void {
  if (at >= 0 && length >= 0 && Number.isSafeInteger(at) && Number.isSafeInteger(length) && at + length <= size) return
  throw new RangeError(`it has ${size} bytes, and not ${length} from ${at} on`)
}

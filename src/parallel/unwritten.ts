import { constants } from 'node:buffer'

/**
 * Arrays that hold anything at all until they are written, as every number of them must be before anyone sees it. Zeros
 * come in new pages, each of which costs a fault when it is first written; memory that was in use before costs nothing.
 */
export function unwrittenFloat32(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(unwritten(4 * length))
}

export function unwrittenFloat64(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(unwritten(8 * length))
}

/** Unlike `allocUnsafe`, its Slow sister gives a buffer of its own, of exactly this length; some engines' up to 4 GiB. */
function unwritten(bytes: number): ArrayBuffer {
  return bytes > constants.MAX_LENGTH ? new ArrayBuffer(bytes) : Buffer.allocUnsafeSlow(bytes).buffer
}

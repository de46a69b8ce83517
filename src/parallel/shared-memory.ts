import type { Reals } from '../flow/evaluator.js'

export function isShared({ buffer }: Reals): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer
}

/** An array of the same type in shared memory: sending it to a thread costs nothing. */
export function sharedLike<Array extends Reals>(array: Array, length: number): Array {
  return over(array, new SharedArrayBuffer(length * array.BYTES_PER_ELEMENT))
}

function over<Array extends Reals>(array: Array, buffer: SharedArrayBuffer): Array {
  return (array instanceof Float64Array ? new Float64Array(buffer) : new Float32Array(buffer)) as Array
}

/**
 * Shared arrays that nobody uses now. A thread that has seen shared memory holds on to it until it next collects
 * garbage, which one that only runs kernels hardly does: memory made anew for every job would pile up.
 */
const idle: SharedArrayBuffer[] = []
/** What is kept at most; beyond it, memory goes to the collector after all. */
const MOST_IDLE = 32

/** Lends shared arrays while `work` runs; all threads must be done with them when it settles. */
export async function withSharedArrays<Result>(
  work: (lend: <Array extends Reals>(like: Array, length: number) => Array) => Promise<Result>,
): Promise<Result> {
  const lent: SharedArrayBuffer[] = []
  function lend<Array extends Reals>(like: Array, length: number): Array {
    const bytes = length * like.BYTES_PER_ELEMENT
    const at = idle.findIndex(({ byteLength }) => byteLength === bytes)
    const array = at < 0 ? sharedLike(like, length) : over(like, idle.splice(at, 1)[0])
    lent.push(array.buffer as SharedArrayBuffer)
    return array
  }
  try {
    return await work(lend)
  } finally {
    idle.unshift(...lent)
    idle.splice(MOST_IDLE)
  }
}

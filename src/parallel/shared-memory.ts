import type { Reals } from '../flow/evaluator.js'

/** An array of the same type in shared memory: sending it to a thread costs nothing. */
export function sharedLike<Array extends Reals>(array: Array, length: number): Array {
  return over(array, new SharedArrayBuffer(length * array.BYTES_PER_ELEMENT), length)
}

function over<Array extends Reals>(array: Array, buffer: SharedArrayBuffer, length: number): Array {
  const view = array instanceof Float64Array ? new Float64Array(buffer, 0, length) : new Float32Array(buffer, 0, length)
  return view as Array
}

/**
 * Shared arrays that nobody uses now. A thread that has seen shared memory holds on to it until it next collects
 * garbage, which one that only runs kernels hardly does: memory made anew for every job would pile up.
 */
const idle: SharedArrayBuffer[] = []
/** What is kept at most; beyond it, memory goes to the collector after all. */
const MOST_IDLE_BYTES = 64 * 1024 * 1024

/** Lends shared arrays while `work` runs; all threads must be done with them when it settles. */
export async function withSharedArrays<Result>(
  work: (lend: <Array extends Reals>(like: Array, length: number) => Array) => Promise<Result>,
): Promise<Result> {
  const lent: SharedArrayBuffer[] = []
  function lend<Array extends Reals>(like: Array, length: number): Array {
    const bytes = length * like.BYTES_PER_ELEMENT
    const fitting = idle.filter(({ byteLength }) => byteLength >= bytes)
    const smallest = Math.min(...fitting.map(({ byteLength }) => byteLength))
    const buffer = fitting.find(({ byteLength }) => byteLength === smallest) ?? new SharedArrayBuffer(bytes)
    if (fitting.length > 0) idle.splice(idle.indexOf(buffer), 1)
    lent.push(buffer)
    return over(like, buffer, length)
  }
  try {
    return await work(lend)
  } finally {
    idle.unshift(...lent)
    let bytes = idle.reduce((sum, { byteLength }) => sum + byteLength, 0)
    while (bytes > MOST_IDLE_BYTES) bytes -= (idle.pop() as SharedArrayBuffer).byteLength
  }
}

/** Leaves the arrays that wait for a next job to the collector. */
export function freeIdleArrays(): void {
  idle.length = 0
}

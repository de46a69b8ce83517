/** Offsets count elements of their view: `real` for reals, `f64` for doubles, `i32` for integers. */
export type Offset = number

/** What stands for "no array" where a kernel takes an optional one. */
export const NONE: Offset = -1

/** `float32` is what training runs in; `float64` is the reference precision of the portable kernels. */
export type Precision = 'float32' | 'float64'

/** A WebAssembly.Memory, named here so that the public types need no DOM library. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike
}

/** A flat memory under typed views: `real` holds activations, parameters, gradients; `f64` scalar sums; `i32` indices. */
export interface Heap {
  readonly precision: Precision
  readonly buffer: ArrayBufferLike
  readonly real: Float32Array | Float64Array
  readonly f64: Float64Array
  readonly i32: Int32Array
  /** The WebAssembly memory behind the buffer, where there is one. */
  readonly memory?: WasmMemory
}

/** Every array starts on a cache line, so that two ranks never write to one line and vectors are aligned. */
const ALIGNMENT = 64

/** The first line stays unused: offset 0 is never a valid array, which makes a forgotten offset visible. */
const RESERVED = 64

/**
 * Lays out arrays in a heap that does not exist yet: ask for every array, then create the heap with `bytes`.
 * Every process that makes the same requests in the same order gets the same offsets.
 */
export class Arena {
  readonly precision: Precision
  #bytes = RESERVED

  constructor(precision: Precision) {
    this.precision = precision
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Reserves `length` reals (4 or 8 bytes each) and returns their offset in `heap.real`. */
  real(length: number): Offset {
    return this.#take(length, this.precision === 'float64' ? 8 : 4)
  }

  /** Reserves `length` float64 numbers and returns their offset in `heap.f64`. */
  double(length: number): Offset {
    return this.#take(length, 8)
  }

  /** Reserves `length` 32-bit integers and returns their offset in `heap.i32`. */
  int(length: number): Offset {
    return this.#take(length, 4)
  }

  #take(length: number, size: number): Offset {
    const at = this.#bytes
    this.#bytes = at + Math.ceil((length * size) / ALIGNMENT) * ALIGNMENT
    return at / size
  }
}

/** Views over a buffer that already holds a heap (another thread's, say). */
export function heapOver(buffer: ArrayBufferLike, precision: Precision, memory?: WasmMemory): Heap {
  const real = precision === 'float64' ? new Float64Array(buffer) : new Float32Array(buffer)
  return { precision, buffer, real, f64: new Float64Array(buffer), i32: new Int32Array(buffer), memory }
}

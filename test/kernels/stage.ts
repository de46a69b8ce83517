import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, type Heap, type Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import type { OperationName } from '#kernels/program.js'
import { type Arrays, type Case, isDirect, type Offsets, type Values } from './case.js'
import { argumentsOf } from './declared.js'

/** Reals of each heap. */
const LENGTH = 1 << 16
/** Where reals begin; below them lie integers and doubles. */
const REALS = 1 << 12
const INTS = 65
const DOUBLES = 1 << 10
/** Words left free between two arrays. */
const GAP = 8
/** A float32 NaN where no array lies: what is read there by mistake shows in the result, as an index it traps. */
const GUARD = 0x7fc0beef

/** Cache lines, or offsets that are no multiple of 4; or one array up against the end of memory, where more traps. */
export type Layout = 'aligned' | 'unaligned' | { readonly atEnd: string }

/** A heap whose every word is known before a kernel runs, and compared after it. */
export class Stage {
  readonly kernels: Kernels

  constructor(kind: 'simd' | 'portable', shared = false) {
    const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
    const used = arena.real(0)
    arena.real(LENGTH - used)
    this.kernels = createKernels(createHeap(arena, kind, shared))
  }

  /** The outputs after the case has run on its arrays; throws where another word of memory has changed. */
  run(given: Case, size: readonly number[], arrays: Arrays, layout: Layout): Record<string, Float64Array> {
    const { heap } = this.kernels
    const at = place(arrays, layout)
    const words = new Int32Array(heap.buffer)
    words.fill(GUARD)
    for (const [name, values] of Object.entries(arrays)) viewOf(heap, values).set(values, at[name])
    const before = Buffer.from(new Uint8Array(heap.buffer))
    this.#call(given, at, size)
    const results: Record<string, Float64Array> = {}
    for (const name of Object.keys(given.outputs(...size))) {
      const view = viewOf(heap, arrays[name])
      results[name] = Float64Array.from(view.subarray(at[name], at[name] + arrays[name].length))
      view.set(arrays[name], at[name])
    }
    if (!before.equals(new Uint8Array(heap.buffer))) {
      const changed = words.findIndex((word, i) => word !== before.readInt32LE(4 * i))
      throw new Error(`${given.kernel} wrote to word ${changed}; its arrays: ${JSON.stringify(at)}`)
    }
    return results
  }

  #call(given: Case, at: Offsets, size: readonly number[]): void {
    if (isDirect(given)) given.run(this.kernels, at, ...size)
    else callByName(this.kernels, given.kernel, argumentsOf(given, at, size))
  }
}

/** `Kernels.call` of whatever operation. */
export function callByName(kernels: Kernels, name: OperationName, args: Readonly<Record<string, number>>): void {
  const call: (name: OperationName, args: never) => void = kernels.call
  call(name, args as never)
}

function viewOf(heap: Heap, values: Values): Heap['real'] | Int32Array {
  if (values instanceof Int32Array) return heap.i32
  return values instanceof Float64Array ? heap.f64 : heap.real
}

function place(arrays: Arrays, layout: Layout): Record<string, Offset> {
  const at: Record<string, Offset> = {}
  let [real, int, double, count] = [REALS, INTS, DOUBLES, 0]
  for (const [name, values] of Object.entries(arrays)) {
    if (values instanceof Int32Array) {
      at[name] = int
      int += values.length + GAP
    } else if (values instanceof Float64Array) {
      at[name] = double
      double += values.length + GAP
    } else if (typeof layout === 'object' && layout.atEnd === name) {
      at[name] = LENGTH - values.length
    } else {
      real = Math.ceil((real + GAP) / 16) * 16 + (layout === 'unaligned' ? 1 + (count++ % 3) : 0)
      at[name] = real
      real += values.length
    }
  }
  return at
}

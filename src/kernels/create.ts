import { UsageError } from '../errors.js'
import { type Arena, type Heap, heapOver, type Precision, type WasmMemory } from './heap.js'
import type { Kernels } from './kernels.js'
import { createPortable } from './portable/index.js'
import {
  adoptCompiledKernels,
  type CompiledKernels,
  compiledKernels,
  createSimd,
  createSimdMemory,
  simdSupported,
} from './simd.js'

/** Which implementation runs: SIMD WebAssembly, the TypeScript reference, or the best the machine and model allow. */
export type KernelChoice = 'auto' | 'simd' | 'portable'

/** Which of the two that is, once it is settled. */
export type KernelKind = 'simd' | 'portable'

/**
 * Resolves `auto`: SIMD for float32 where the engine has it, else portable.
 * @throws UsageError where SIMD is asked for and cannot be had.
 */
export function resolveKernels(choice: KernelChoice, precision: Precision): KernelKind {
  if (!['auto', 'simd', 'portable'].includes(choice)) {
    throw new UsageError(`kernels is ${JSON.stringify(choice)}; expected "auto", "simd" or "portable".`)
  }
  if (choice === 'portable' || (choice === 'auto' && (precision === 'float64' || !simdSupported()))) return 'portable'
  if (precision === 'float64') {
    throw new UsageError('The SIMD kernels compute in float32, and this flow is float64: use kernels "portable".')
  }
  if (!simdSupported()) throw new UsageError('This engine has no WebAssembly SIMD: use kernels "portable".')
  return 'simd'
}

/** Creates the heap that an arena has laid out; `shared` makes it visible to other threads. */
export function createHeap(arena: Arena, kind: KernelKind, shared: boolean): Heap {
  if (kind === 'simd') return heapOverMemory(createSimdMemory(arena.bytes, shared))
  const bytes = Math.ceil(arena.bytes / 8) * 8
  return heapOver(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), arena.precision)
}

function heapOverMemory(memory: WasmMemory): Heap {
  return heapOver(memory.buffer, 'float32', memory)
}

/** What another thread needs to see the same heap. */
export interface SharedHeap {
  readonly precision: Precision
  readonly storage: WasmMemory | ArrayBufferLike
  readonly compiled?: CompiledKernels
}

export function shareHeap(heap: Heap): SharedHeap {
  if (!heap.memory) return { precision: heap.precision, storage: heap.buffer }
  return { precision: heap.precision, storage: heap.memory, compiled: compiledKernels(true) }
}

export function openHeap({ precision, storage, compiled }: SharedHeap): Heap {
  if (compiled) adoptCompiledKernels(compiled)
  return 'buffer' in storage ? heapOverMemory(storage) : heapOver(storage, precision)
}

/** The kernels over a heap: SIMD where it is a WebAssembly memory, portable elsewhere. */
export function createKernels(heap: Heap): Kernels {
  return heap.memory ? createSimd(heap) : createPortable(heap)
}

import { UsageError } from '../errors.js'
import type { Heap, WasmMemory } from './heap.js'
import type { Kernels } from './kernels.js'
import { type OperationName, operationNamed } from './program.js'
import { sharedWasm, unsharedWasm } from './wasm.generated.js'

const PAGE = 65_536
/** What a 32-bit address space holds. */
const MAX_PAGES = 65_536

/** What the build has embedded as text. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  // Uint8Array.from would walk over the text character by character, which took 20 ms of every start.
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

const modules = new Map<boolean, WebAssembly.Module>()

/** The compiled kernels for shared or unshared memory, once a thread. */
function moduleFor(shared: boolean): WebAssembly.Module {
  let module = modules.get(shared)
  if (!module) {
    if (!simdSupported()) throw new UsageError('This engine has no WebAssembly SIMD: use kernels "portable".')
    module = new WebAssembly.Module(bytesOf(shared ? sharedWasm : unsharedWasm))
    modules.set(shared, module)
  }
  return module
}

/** The kernels as compiled for shared or unshared memory: what one thread compiles, others need not compile again. */
export interface CompiledKernels {
  readonly shared: boolean
  readonly module: object
}

export function compiledKernels(shared: boolean): CompiledKernels {
  return { shared, module: moduleFor(shared) }
}

/** Takes over what another thread has compiled. */
export function adoptCompiledKernels({ shared, module }: CompiledKernels): void {
  modules.set(shared, module as WebAssembly.Module)
}

let supported: boolean | undefined

/** Whether this engine runs 128-bit SIMD WebAssembly. */
export function simdSupported(): boolean {
  supported ??= typeof WebAssembly === 'object' && WebAssembly.validate(bytesOf(unsharedWasm))
  return supported
}

/**
 * A memory of at least `bytes`, at its final size; `shared` lets other threads see it.
 * @throws UsageError beyond the 4 GiB that WebAssembly addresses, or where the machine does not have that much.
 */
export function createSimdMemory(bytes: number, shared: boolean): WasmMemory {
  const pages = Math.ceil(bytes / PAGE)
  const gibibytes = (bytes / 2 ** 30).toFixed(1)
  if (pages > MAX_PAGES) {
    throw new UsageError(`This plan needs ${gibibytes} GiB, but WebAssembly addresses 4: use fewer rows or threads.`)
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (cause) {
    throw new UsageError(`Cannot reserve ${gibibytes} GiB of memory: use fewer rows or threads.`, { cause })
  }
}

/**
 * The SIMD kernels over a heap in WebAssembly memory. The module's exports take the contract's own arguments, element
 * offsets included, so they are the kernels: a call costs no wrapper.
 */
export function createSimd(heap: Heap): Kernels {
  if (!heap.memory) throw new UsageError('The SIMD kernels need a heap in WebAssembly memory: use kernels "portable".')
  const memory = heap.memory as WebAssembly.Memory
  const shared = typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer
  const instance = new WebAssembly.Instance(moduleFor(shared), { env: { memory } })
  const { memory: _, ...kernels } = instance.exports as unknown as Omit<Kernels, 'name' | 'heap' | 'call'> & {
    memory: unknown
  }
  const exported = kernels as unknown as Record<OperationName, (...args: number[]) => void>
  return {
    ...kernels,
    name: 'simd',
    heap,
    call(name, args) {
      const { counts, operands } = operationNamed(name)
      const given = args as Record<string, number>
      exported[name](...[...counts, ...Object.keys(operands)].map((key) => given[key]))
    },
  }
}

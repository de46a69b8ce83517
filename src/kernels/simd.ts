import { UsageError } from '../errors.js'
import { type Heap, NONE, type WasmMemory } from './heap.js'
import type { Kernels } from './kernels.js'
import { sharedWasm, unsharedWasm } from './wasm.generated.js'

const PAGE = 65_536
/** What a 32-bit address space holds. */
const MAX_PAGES = 65_536

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

const modules = new Map<boolean, WebAssembly.Module>()

/** The compiled kernels for shared or unshared memory, once a thread. */
function moduleFor(shared: boolean): WebAssembly.Module {
  let module = modules.get(shared)
  if (!module) {
    module = new WebAssembly.Module(bytesOf(shared ? sharedWasm : unsharedWasm))
    modules.set(shared, module)
  }
  return module
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
    return new WebAssembly.Memory(shared ? { initial: pages, maximum: pages, shared } : { initial: pages })
  } catch (cause) {
    throw new UsageError(`Cannot reserve ${gibibytes} GiB of memory: use fewer rows or threads.`, { cause })
  }
}

/** The module's functions: as the contract's, with byte addresses for offsets and 0 for NONE. */
type Exports = Record<Exclude<keyof Kernels, 'name' | 'heap'>, (...values: number[]) => void>

/** The SIMD kernels over a heap in WebAssembly memory. Offsets become byte addresses here and nowhere else. */
export function createSimd(heap: Heap): Kernels {
  const memory = heap.memory as WebAssembly.Memory
  const shared = typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer
  const wasm = new WebAssembly.Instance(moduleFor(shared), { env: { memory } }).exports as unknown as Exports
  return {
    name: 'simd',
    heap,
    fill: (n, value, y) => wasm.fill(n, value, y * 4),
    copy: (n, x, y) => wasm.copy(n, x * 4, y * 4),
    add: (n, x, y) => wasm.add(n, x * 4, y * 4),
    sum: (n, x, total) => wasm.sum(n, x * 4, total * 8),
    gather: (columns, rows, count, source, indices, x) =>
      wasm.gather(columns, rows, count, source * 4, optional(indices), x * 4),
    scatter: (columns, rows, count, x, target) => wasm.scatter(columns, rows, count, x * 4, target * 4),
    exp: (n, x, y) => wasm.exp(n, x * 4, y * 4),
    log: (n, x, y) => wasm.log(n, x * 4, y * 4),
    sincos: (n, x, sine, cosine) => wasm.sincos(n, x * 4, sine * 4, cosine * 4),
    tanh: (n, x, y) => wasm.tanh(n, x * 4, y * 4),
    tanhBackward: (n, y, dy, dx) => wasm.tanhBackward(n, y * 4, dy * 4, dx * 4),
    relu: (n, x, y) => wasm.relu(n, x * 4, y * 4),
    reluBackward: (n, y, dy, dx) => wasm.reluBackward(n, y * 4, dy * 4, dx * 4),
    dense: (outDim, inDim, rows, x, weight, outStride, inStride, bias, y) =>
      wasm.dense(outDim, inDim, rows, x * 4, weight * 4, outStride * 4, inStride * 4, optional(bias), y * 4),
    denseWeightGradient: (outDim, inDim, rows, x, dy, dWeight, outStride, dBias) =>
      wasm.denseWeightGradient(outDim, inDim, rows, x * 4, dy * 4, dWeight * 4, outStride * 4, optional(dBias)),
    leakyReLU: (dim, rows, raw, x, z, logDet) => wasm.leakyReLU(dim, rows, raw * 4, x * 4, z * 4, logDet * 4),
    leakyReLUInverse: (dim, rows, raw, z, x, logDet) =>
      wasm.leakyReLUInverse(dim, rows, raw * 4, z * 4, x * 4, logDet * 4),
    leakyReLUBackward: (dim, rows, raw, z, dz, dLogDet, dx, dRaw) =>
      wasm.leakyReLUBackward(dim, rows, raw * 4, z * 4, dz * 4, dLogDet * 4, dx * 4, dRaw * 4),
    leakyReLUInverseBackward: (dim, rows, raw, x, dx, dLogDet, dz, dRaw) =>
      wasm.leakyReLUInverseBackward(dim, rows, raw * 4, x * 4, dx * 4, dLogDet * 4, dz * 4, dRaw * 4),
    affineCouple: (rows, f, a, t, x, z, logDet, u, e) =>
      wasm.affineCouple(rows, f * 4, a * 4, t * 4, x * 4, z * 4, logDet * 4, u * 4, e * 4),
    affineCoupleInverse: (rows, f, a, t, z, x, logDet, u, e) =>
      wasm.affineCoupleInverse(rows, f * 4, a * 4, t * 4, z * 4, x * 4, logDet * 4, u * 4, e * 4),
    affineCoupleBackward: (rows, f, a, u, e, z, dz, dLogDet, dx, da, dt, df) =>
      wasm.affineCoupleBackward(
        rows, f * 4, a * 4, u * 4, e * 4, z * 4, dz * 4, dLogDet * 4, dx * 4, da * 4, dt * 4, df * 4,
      ),
    affineCoupleInverseBackward: (rows, f, a, t, u, e, x, dx, dLogDet, dz, da, dt, df) =>
      wasm.affineCoupleInverseBackward(
        rows, f * 4, a * 4, t * 4, u * 4, e * 4, x * 4, dx * 4, dLogDet * 4, dz * 4, da * 4, dt * 4, df * 4,
      ),
    gaussian: (dim, rows, z, logDet, logProb) => wasm.gaussian(dim, rows, z * 4, logDet * 4, logProb * 4),
    gaussianBackward: (dim, rows, z, dLogProb, dz) => wasm.gaussianBackward(dim, rows, z * 4, dLogProb * 4, dz * 4),
    philox: (rows, keyLow, keyHigh, indexLow, indexHigh, purpose, draw, words) =>
      wasm.philox(rows, keyLow, keyHigh, indexLow, indexHigh, purpose, draw, words * 4),
    normal: (dim, rows, keyLow, keyHigh, indexLow, indexHigh, purpose, z) =>
      wasm.normal(dim, rows, keyLow, keyHigh, indexLow, indexHigh, purpose, z * 4),
    adamw: (n, theta, gradient, m, v, scale, learningRate, beta1, beta2, epsilon, weightDecay, c1, c2) =>
      wasm.adamw(
        n, theta * 4, gradient * 4, m * 4, v * 4, scale, learningRate,
        beta1, 1 - beta1, beta2, 1 - beta2, epsilon, weightDecay, c1, c2,
      ),
  }
}

function optional(offset: number): number {
  return offset === NONE ? 0 : offset * 4
}

import { UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { createHeap } from '#kernels/create.js'
import { Arena, heapOver, NONE } from '#kernels/heap.js'
import { createSimd, createSimdMemory, simdSupported } from '#kernels/simd.js'
import { sharedWasm, unsharedWasm } from '#kernels/wasm.generated.js'
import { titleOf } from './case.js'
import { Stage } from './stage.js'
import { table } from './table.js'

const DATA_SECTION = 11
const DATA_COUNT_SECTION = 12
const CODE_SECTION = 10

/** Ids of a module's sections: after the 8 bytes of the preamble, each is (id, size in LEB128, body). */
function sectionsOf(bytes: Uint8Array): number[] {
  const ids: number[] = []
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++])
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      size += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    at += size
  }
  return ids
}

describe.each([
  ['shared', sharedWasm],
  ['unshared', unsharedWasm],
])('the %s module', (_, base64) => {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
  const module = new WebAssembly.Module(bytes)

  it('imports a memory and nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
  })

  it('has no data segment', () => {
    const sections = sectionsOf(bytes)
    expect(sections).toContain(CODE_SECTION)
    expect(sections).not.toContain(DATA_SECTION)
    expect(sections).not.toContain(DATA_COUNT_SECTION)
  })

  it('leaves memory as it was when it starts', () => {
    const shared = base64 === sharedWasm
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared })
    new Uint8Array(memory.buffer).fill(0xa5)
    new WebAssembly.Instance(module, { env: { memory } })
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0xa5)).toBe(true)
  })

  it('has no byte sequence of a relaxed SIMD instruction (0xfd, 0x80 … 0x93, 0x02)', () => {
    const at = bytes.findIndex(
      (b, i) => b === 0xfd && bytes[i + 1] >= 0x80 && bytes[i + 1] <= 0x93 && bytes[i + 2] === 2,
    )
    expect(at).toBe(-1)
  })
})

describe('shared and unshared modules give the same bits', () => {
  const shared = new Stage('simd', true)
  const unshared = new Stage('simd', false)
  it.each(table.map((given) => [titleOf(given), given] as const))('%s', (_, given) => {
    for (const size of given.sizes.slice(-10)) {
      const arrays = given.arrays(...size)
      expect(shared.run(given, size, arrays, 'unaligned')).toEqual(unshared.run(given, size, arrays, 'unaligned'))
    }
  })
})

describe('memory', () => {
  it('this engine runs 128-bit SIMD', () => {
    expect(simdSupported()).toBe(true)
  })

  it.each([false, true])('beyond 4 GiB is refused (shared: %s)', (shared) => {
    expect(() => createSimdMemory(2 ** 32 + 1, shared)).toThrow(UsageError)
    expect(() => createSimdMemory(2 ** 33, shared)).toThrow('This plan needs 8.0 GiB, but WebAssembly addresses 4')
  })

  it('holds at least the bytes asked for, and is shared where asked', () => {
    const arena = new Arena('float32')
    arena.real(40_000)
    for (const shared of [false, true]) {
      const { buffer } = createHeap(arena, 'simd', shared)
      expect(buffer.byteLength).toBeGreaterThanOrEqual(arena.bytes)
      expect(buffer instanceof SharedArrayBuffer).toBe(shared)
    }
  })

  it('a heap that is no WebAssembly memory is refused', () => {
    expect(() => createSimd(heapOver(new ArrayBuffer(64), 'float32'))).toThrow(UsageError)
  })

  it('is usable to its last word where it spans all 4 GiB', (context) => {
    let memory: ReturnType<typeof createSimdMemory> | undefined
    try {
      memory = createSimdMemory(2 ** 32, false)
    } catch {
      return context.skip('This machine does not lend 4 GiB of addresses.')
    }
    const kernels = createSimd(heapOver(memory.buffer, 'float32', memory))
    const { real } = kernels.heap
    const [n, end] = [13, 2 ** 30]
    const [low, x, y] = [64, end - 2 * n, end - n]
    for (let i = 0; i < n; i++) real[low + i] = real[x + i] = i / 7 - 1
    kernels.call('tanh', { n, x: low, y: low + n })
    kernels.call('tanh', { n, x, y })
    const expected = [...real.subarray(low + n, low + 2 * n)]
    expect([...real.subarray(y, end)]).toEqual(expected)
    const single = { outDim: 1, inDim: 1, rows: n, outStride: 1, bias: NONE }
    kernels.call('dense', { ...single, x: low + n, weight: low + 7, y: low })
    kernels.call('dense', { ...single, x: y, weight: x + 7, y: y - n })
    expect([...real.subarray(y - n, y)]).toEqual([...real.subarray(low, low + n)])
    expect(expected[7]).toBe(0)

    const [hidden, rows] = [2, 8]
    const h = end - hidden * rows
    for (const at of [256, h]) {
      // What the coupling reads and writes beside its hidden units lies low.
      const arrays = Array.from({ length: 9 }, (_, i) => 64 + i * 16)
      for (const array of arrays) for (let i = 0; i < 16; i++) real[array + i] = (i - 5) / 9
      const [params, kept, x, zKept, z, logDet, a, u, e] = arrays
      kernels.call('narrowCoupling', { hidden, rows, params, kept, x, zKept, z, logDet, h: at, a, u, e })
    }
    expect([...real.subarray(h, end)]).toEqual([...real.subarray(256, 256 + hidden * rows)])
    expect(real[256]).toBeCloseTo(Math.tanh((real[64] * -5) / 9 + real[66]), 6)
  })
})

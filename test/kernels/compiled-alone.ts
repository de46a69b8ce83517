// Declared operations by themselves: their assembly compiled alone, their reference kernels over a heap, both on the same
// arrays.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { Arena, type Heap, heapOver, type Offset } from '#kernels/heap.js'
import { type Counts, type Declaration, type Operand, sizeOf } from '#kernels/operation.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Reals of each heap. */
const LENGTH = 1 << 16
const BYTES = LENGTH * 8
/** Where arrays of reals begin, and words of keys. */
const REALS = 1 << 10
const WORDS = 65
/** Words left free between two arrays. */
const GAP = 8
/**
 * A float32 NaN where no array lies: what is read there by mistake shows in the result. A signalling one, whose bits change
 * where a kernel calculates with it and writes it back.
 */
const GUARD = 0x7fa0beef

/** The module of an entry's source, which lies in test/kernels; flags as in src/kernels/assembly/build.mjs. */
export async function compile(source: string): Promise<WebAssembly.Module> {
  const entry = 'test/kernels/entry.ts'
  let wasm: Uint8Array<ArrayBuffer> | undefined
  const flags = [
    '--runtime',
    'stub',
    '--importMemory',
    '--noAssert',
    '-O3',
    '--converge',
    '--enable',
    'simd,bulk-memory',
  ]
  const { error, stderr } = await asc.main([entry, '--baseDir', root, '--outFile', 'entry.wasm', ...flags], {
    readFile: (name: string, baseDir: string) =>
      name === entry ? source : readFile(join(baseDir, name), 'utf8').catch(() => null),
    listFiles: () => [],
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== 'string') wasm = Uint8Array.from(contents)
    },
  })
  if (error || !wasm) throw new Error(`AssemblyScript: ${error?.message}\n${stderr.toString()}`)
  return new WebAssembly.Module(wasm)
}

/** The module that exports what these files of src/kernels/assembly do. */
export const compileFiles = (...names: string[]): Promise<WebAssembly.Module> =>
  compile(names.map((name) => `export * from '../../src/kernels/assembly/${name}'`).join('\n'))

type Kernel = (...args: never[]) => void
type Kernels = Readonly<Record<string, Kernel>>
type Reals = ArrayLike<number>

/** What operands hold before the call: reals, a key's words, a number. Outputs that are only written need nothing. */
export type Inputs = Readonly<Record<string, Reals | number>>
export type Outputs = Readonly<Record<string, Float64Array>>

/** Offsets that are no multiple of 4, and operands that lie where others do. */
export interface Layout {
  readonly unaligned?: boolean
  readonly same?: Readonly<Record<string, string>>
}

const isOutput = ({ role }: Operand) => role === 'write' || role === 'add' || role === 'update'

/** Kernels of one kind over a heap whose every word is known before a call and compared after it. */
export class Trial {
  readonly #kernels: Kernels
  readonly #heap: Heap
  readonly #simd: boolean

  /** SIMD kernels of a module, or reference kernels over a heap of a precision. */
  constructor(from: WebAssembly.Module | ((heap: Heap) => object), precision: 'float32' | 'float64' = 'float32') {
    this.#simd = from instanceof WebAssembly.Module
    if (from instanceof WebAssembly.Module) {
      const memory = new WebAssembly.Memory({ initial: BYTES / 65_536 })
      this.#heap = heapOver(memory.buffer, 'float32', memory)
      this.#kernels = new WebAssembly.Instance(from, { env: { memory } }).exports as unknown as Kernels
    } else {
      this.#heap = heapOver(new ArrayBuffer(BYTES), new Arena(precision).precision)
      this.#kernels = from(this.#heap) as Kernels
    }
  }

  /** The outputs of a call; throws where another word of memory has changed. */
  run(operation: Declaration, counts: Counts, inputs: Inputs, layout: Layout = {}): Outputs {
    const { real, i32, buffer } = this.#heap
    const { at, lengths } = this.#place(operation, counts, layout)
    i32.fill(GUARD)
    for (const [name, given] of Object.entries(inputs)) {
      if (typeof given === 'number') continue
      if (operation.operands[name].role === 'key') i32.set(given, at[name])
      else real.set(given, at[name])
    }
    const before = Buffer.from(new Uint8Array(buffer.slice(0)))
    this.#call(operation, counts, inputs, at)
    const outputs: Record<string, Float64Array> = {}
    const names = Object.keys(operation.operands).filter((name) => isOutput(operation.operands[name]))
    for (const name of names) outputs[name] = Float64Array.from(real.subarray(at[name], at[name] + lengths[name]))
    const original = new Uint8Array(buffer)
    for (const name of names) {
      const first = at[name] * real.BYTES_PER_ELEMENT
      original.set(before.subarray(first, first + lengths[name] * real.BYTES_PER_ELEMENT), first)
    }
    if (!before.equals(original)) throw new Error(`${operation.id} wrote outside of its outputs.`)
    return outputs
  }

  #call(operation: Declaration, counts: Counts, inputs: Inputs, at: Readonly<Record<string, Offset>>): void {
    const kernel = this.#kernels[operation.id] as unknown as (...args: unknown[]) => void
    if (!kernel) throw new Error(`There is no kernel ${operation.id}.`)
    const args = { ...counts, ...at, ...inputs }
    const names = Object.keys(operation.operands)
    const values = names.map((name) => (operation.operands[name].role === 'value' ? inputs[name] : at[name]))
    if (this.#simd) kernel(...operation.counts.map((name) => counts[name]), ...values)
    else kernel({ ...args, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) })
  }

  #place(operation: Declaration, counts: Counts, { unaligned, same = {} }: Layout) {
    const at: Record<string, Offset> = {}
    const lengths: Record<string, number> = {}
    let next = REALS
    for (const [name, { role, shape }] of Object.entries(operation.operands)) {
      lengths[name] = shape.reduce((product: number, size) => product * sizeOf(size, counts), 1)
      if (role === 'key') at[name] = WORDS
      else if (role !== 'value') {
        next = Math.ceil((next + GAP) / 16) * 16 + (unaligned ? 1 + (Object.keys(at).length % 3) : 0)
        at[name] = next
        next += lengths[name]
      }
    }
    for (const [name, other] of Object.entries(same)) at[name] = at[other]
    return { at, lengths }
  }
}

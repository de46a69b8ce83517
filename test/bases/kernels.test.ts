// The SIMD kernels of bases against their reference kernels in float64 on the same arrays.
import { describe, expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE, type Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { type Counts, type Operand, sizeOf } from '#kernels/operation.js'
import { type OperationName, operationNamed } from '#kernels/program.js'
import { EPS } from '../kernels/ulp.js'
import { type KernelCase, kernelCases, type Read } from './kernel-cases.js'

/** Reals of each heap. */
const LENGTH = 1 << 16
/** A float32 NaN where no array lies: what is read there by mistake shows in the result. */
const GUARD = 0x7fa0beef
/** Words left free between two arrays. */
const GAP = 8
/** Offsets that are no multiple of 4, or one array up against the end of memory, where reading on traps. */
type Layout = 'aligned' | 'unaligned' | { readonly atEnd: string }

function heapOf(kind: 'simd' | 'portable'): Kernels {
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const used = arena.real(0)
  arena.real(LENGTH - used)
  return createKernels(createHeap(arena, kind, false))
}

const [simd, portable] = [heapOf('simd'), heapOf('portable')]

const isArray = ({ role }: Operand) => role !== 'value' && role !== 'stride'
const isOutput = ({ role }: Operand) => role === 'write' || role === 'update'

function place(operands: readonly (readonly [string, number])[], layout: Layout): Record<string, Offset> {
  const at: Record<string, Offset> = {}
  let next = 64
  for (const [i, [name, length]] of operands.entries()) {
    next = Math.ceil((next + GAP) / 16) * 16 + (layout === 'unaligned' ? 1 + (i % 3) : 0)
    const atEnd = typeof layout === 'object' && layout.atEnd === name
    at[name] = atEnd ? LENGTH - length : next
    next += atEnd ? 0 : length
  }
  return at
}

type Values = Readonly<Record<string, Float64Array>>

/** The outputs of a call, without those `left` out; throws where another word of memory has changed. */
function run(
  kernels: Kernels,
  given: KernelCase,
  counts: Counts,
  layout: Layout,
  left: readonly string[] = [],
): Values {
  const { counts: names, operands } = operationNamed(given.kernel)
  const arrays = Object.entries(operands).filter(([name, operand]) => isArray(operand) && !left.includes(name))
  const lengths = arrays.map(([name, { shape }]) => {
    return [name, shape.reduce((product: number, size) => product * sizeOf(size, counts), 1)] as const
  })
  const at = place(lengths, layout)
  const inputs = given.inputs(counts)
  const { real, i32, buffer } = kernels.heap
  i32.fill(GUARD)
  for (const [name, values] of Object.entries(inputs)) if (typeof values === 'object') real.set(values, at[name])
  const before = new Uint8Array(buffer.slice(0))
  const offsets = Object.keys(operands).map((name) => [name, at[name] ?? inputs[name] ?? NONE])
  const call: (name: OperationName, args: never) => void = kernels.call
  call(given.kernel, {
    ...Object.fromEntries(names.map((name) => [name, counts[name]])),
    ...Object.fromEntries(offsets),
  } as never)
  const results: Record<string, Float64Array> = {}
  const after = new Uint8Array(buffer)
  for (const [name, length] of lengths) {
    if (!isOutput(operands[name])) continue
    results[name] = Float64Array.from(real.subarray(at[name], at[name] + length))
    const [first, end] = [at[name], at[name] + length].map((offset) => offset * real.BYTES_PER_ELEMENT)
    after.set(before.subarray(first, end), first)
  }
  if (Buffer.compare(before, after) !== 0) throw new Error(`${given.kernel} wrote outside of its outputs.`)
  return results
}

const arraysOf = ({ kernel }: KernelCase): string[] => {
  const { operands } = operationNamed(kernel)
  return Object.keys(operands).filter((name) => isArray(operands[name]))
}

/** Reads what is [numbers, rows], [numbers, 1] or [numbers]. */
function reader(given: KernelCase, counts: Counts, reference: Values): Read {
  const { operands } = operationNamed(given.kernel)
  const inputs = given.inputs(counts)
  return (name, j, t) => {
    const values = (inputs[name] ?? reference[name]) as Float32Array | Float64Array
    const { shape } = operands[name]
    const width = shape.length > 1 ? sizeOf(shape[1], counts) : 0
    if (width === 0) return values[shape[0] === 'rows' ? t : j]
    return values[j * width + (width === 1 ? 0 : t)]
  }
}

function misses(given: KernelCase, counts: Counts): string[] {
  const reference = run(portable, given, counts, 'aligned')
  const read = reader(given, counts, reference)
  const layouts: Layout[] = ['aligned', 'unaligned', ...arraysOf(given).map((atEnd) => ({ atEnd }))]
  return layouts.flatMap((layout) => {
    const got = run(simd, given, counts, layout)
    return Object.entries(given.outputs).flatMap(([name, { k, of }]) => {
      const { shape } = operationNamed(given.kernel).operands[name]
      const rows = counts.rows ?? 1
      return Array.from(reference[name], (expected, i) => {
        const [j, t] = shape.length > 1 ? [Math.floor(i / rows), i % rows] : shape[0] === 'rows' ? [0, i] : [i, 0]
        const error = got[name][i] === expected ? 0 : Math.abs(got[name][i] - expected)
        const bound = k * EPS * of(read, j, t, counts) + 2 ** -149
        return error <= bound
          ? undefined
          : `${name}[${i}] of ${JSON.stringify(counts)}, ${JSON.stringify(layout)}: ${got[name][i]}, the reference ${expected}: ${error / (bound - 2 ** -149)} times the bound`
      }).filter((text) => text !== undefined)
    })
  })
}

const ROWS = [0, 1, 2, 3, 4, 5, 8, 31, 127, 128, 129]

/** Every dimension with every number of rows, numbers shared and each row's own. */
function sizesOf({ kernel }: KernelCase): Counts[] {
  const { counts } = operationNamed(kernel)
  if (counts.includes('n')) return ROWS.map((n) => ({ n }))
  const each = (rows: number) => (counts.includes('each') ? [1, rows] : [0])
  return [1, 2, 5]
    .flatMap((dim) =>
      ROWS.flatMap((rows) => each(rows).map((one) => ({ [counts[0]]: dim, rows, ...(one > 0 && { each: one }) }))),
    )
    .filter((size) => !counts.includes('each') || size.each !== undefined)
}

describe('SIMD kernels agree with the reference and write nothing else', () => {
  for (const given of kernelCases) {
    const claims = Object.entries(given.outputs).map(([name, { k }]) => `${name} within ${k}ε`)
    it(`${given.kernel}: ${claims.join(', ')}`, () => {
      expect(
        sizesOf(given)
          .flatMap((counts) => misses(given, counts))
          .slice(0, 5),
      ).toEqual([])
    })
  }
})

it.each(
  kernelCases.flatMap((given) => {
    const { operands } = operationNamed(given.kernel)
    const optional = Object.keys(operands).filter((name) => operands[name].optional)
    return optional.length > 0 ? [[given.kernel, optional, given] as const] : []
  }),
)('%s leaves out %s and has the bits of the rest', (_, optional, given) => {
  for (const counts of sizesOf(given).slice(-3)) {
    for (const kernels of [simd, portable]) {
      const whole = run(kernels, given, counts, 'aligned')
      for (const left of [...optional.map((name) => [name]), optional]) {
        const kept = Object.entries(whole).filter(([name]) => !left.includes(name))
        expect(run(kernels, given, counts, 'aligned', left)).toEqual(Object.fromEntries(kept))
      }
    }
  }
})

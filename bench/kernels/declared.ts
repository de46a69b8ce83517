import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { type Counts, type Declaration, type Operand, sizeOf } from '#kernels/operation.js'
import { type Call, countsOf, lengthOf, type Span } from '#kernels/pass.js'
import { encode } from '#kernels/program.js'

/** So many calls of a kernel at once at most, as in a pass, or so many operations: short calls are as long as the clock. */
const MOST = { calls: 64, operations: 2 ** 19 }

/** A kernel with what it works on. */
export interface Prepared {
  readonly calls: number
  /** Makes so many of them. */
  run(): void
  /** What lies where the kernel writes. */
  results(): number[]
}

/** What is no array, or none that a result lies in. */
const RESULTS = ['write', 'add', 'update', 'gradient']
const NUMBERS = ['stride', 'value', 'key']

/** Between −1 and 1, and of either sign; where an operation takes positive numbers only, their absolute values. */
const POSITIVE: Readonly<Record<string, readonly string[]>> = { log: ['x'] }
const VALUE = 0.5

function input(operation: Declaration, name: string, position: number): (i: number) => number {
  const number = (i: number) => ((i * (37 + 2 * position)) % 801) / 400 - 0.999
  return POSITIVE[operation.id]?.includes(name) ? (i) => Math.abs(number(i)) : number
}

/** Calls of an operation of these counts on arrays of the declared shapes, all of which hold numbers between −1 and 1. */
export function prepare(kind: KernelKind, operation: Declaration, counts: Counts): Prepared {
  const arena = new Arena('float32')
  const arrays = Object.entries(operation.operands).filter(([, { role }]) => !NUMBERS.includes(role))
  const place = ({ role, shape }: Operand): Span => {
    const lengths = shape.map((size) => sizeOf(size, counts))
    return { at: arena.real(lengthOf(lengths)), shape: lengths, ...(role === 'gradient' && { gradient: true }) }
  }
  const spans = Object.fromEntries(arrays.map(([name, operand]) => [name, place(operand)]))
  const values = Object.entries(operation.operands).flatMap(([name, { role }]) =>
    role === 'value' ? [[name, VALUE]] : [],
  )
  const given = { ...spans, ...Object.fromEntries(values) }
  const call: Call = { operation, given, counts: countsOf(operation, given) }
  const calls = Math.min(MOST.calls, Math.ceil(MOST.operations / (1 + (operation.cost?.(counts) ?? 0))))
  const words = encode(Array.from({ length: calls }, () => call))
  const program = arena.int(words.length)
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real, i32 } = kernels.heap
  i32.set(words, program)
  const valuesOf = ({ at, shape }: Span) => real.subarray(at, at + lengthOf(shape))
  for (const [position, [name]] of arrays.entries()) {
    const of = input(operation, name, position)
    valuesOf(spans[name]).forEach((_, i, array) => {
      array[i] = of(i)
    })
  }
  const results = arrays.filter(([, { role }]) => RESULTS.includes(role)).map(([name]) => spans[name])
  return {
    calls,
    // Gradients lie where their offsets say, counted from the beginning of the heap.
    run: () => kernels.run(program, program + words.length, 0),
    results: () => results.flatMap((span) => [...valuesOf(span)]),
  }
}

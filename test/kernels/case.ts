import type { Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import type { OperationName } from '#kernels/program.js'
import { EPS, ulp } from './ulp.js'

/** Kernels that are called outside of passes, with arguments by position. */
export type DirectName = Exclude<keyof Kernels, 'name' | 'heap' | 'run' | 'call'>

export type KernelName = OperationName | DirectName

/** By type: float32 arrays lie in `heap.real`, float64 in `heap.f64`, integers in `heap.i32`. */
export type Values = Float32Array | Float64Array | Int32Array

export type Arrays = Readonly<Record<string, Values>>

/** Where arrays lie, by name. */
export type Offsets = Readonly<Record<string, Offset>>

/** What a tolerance may look at: the call's counts, the arrays before it, and the reference's outputs after it. */
export interface Outcome {
  readonly size: readonly number[]
  readonly before: Arrays
  readonly reference: Readonly<Record<string, Float64Array>>
}

/** How far from the reference element i of an output may be, and that in words. */
export interface Bound {
  readonly claim: string
  tolerance(i: number, outcome: Outcome): number
}

/** What all cases have. */
interface Common<Name extends KernelName> {
  readonly kernel: Name
  /** What sets it apart from the kernel's other cases. */
  readonly variant?: string
  /** Of every call: an operation's counts in the order of its declaration, then whatever else its arrays go by. */
  readonly sizes: readonly (readonly number[])[]
  /** Inputs, and outputs as they stand before the call; of an operation, by the names of its operands. */
  arrays(...size: number[]): Arrays
  /** The arrays that the kernel writes; it must leave every other word of memory alone. */
  outputs(...size: number[]): Readonly<Record<string, Bound>>
}

/**
 * A declared operation under law 9: one line of the table, from which follow all tests of its kernels. How it is called
 * follows from its declaration: an operand is the array of its name, an optional one is missing where there is no such
 * array, and slices lie side by side.
 */
export interface OperationCase extends Common<OperationName> {
  /**
   * Operands that are something else: a value, a stride, the place of an operand that lies in another one's array or not
   * at the beginning of its own.
   */
  operands?(at: Offsets, ...size: number[]): Readonly<Record<string, number>>
}

/** A kernel that is called outside of passes. */
export interface DirectCase extends Common<KernelName> {
  run(kernels: Kernels, at: Offsets, ...size: number[]): void
}

export type Case = OperationCase | DirectCase

export const isDirect = (given: Case): given is DirectCase => 'run' in given

/** How tests call it. */
export const titleOf = ({ kernel, variant }: Case): string => (variant ? `${kernel}, ${variant}` : kernel)

export const exact: Bound = { claim: 'exact', tolerance: () => 0 }

/** Of scratch: what it holds afterwards is nobody's business. */
export const anything: Bound = { claim: 'anything', tolerance: () => Number.POSITIVE_INFINITY }

/** Within k ulps of each output. */
export function ulps(output: string, k: number): Bound {
  return { claim: `${k} ulp`, tolerance: (i, { reference }) => k * ulp(reference[output][i]) }
}

/** Within k·ε·magnitude, ε = 2⁻²⁴; underflow adds the smallest float. */
export function bounded(claim: string, k: number, magnitude: (i: number, outcome: Outcome) => number): Bound {
  return { claim, tolerance: (i, outcome) => k * EPS * magnitude(i, outcome) + 2 ** -149 }
}

import type { Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { EPS, ulp } from './ulp.js'

/** All but the one that runs recorded calls of the others, which recording.test.ts tries. */
export type KernelName = Exclude<keyof Kernels, 'name' | 'heap' | 'run'>

/** By type: float32 arrays lie in `heap.real`, float64 in `heap.f64`, integers in `heap.i32`. */
export type Values = Float32Array | Float64Array | Int32Array

export type Arrays = Readonly<Record<string, Values>>

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

/** A kernel of the contract under law 9: one line of the table. */
export interface Case {
  readonly kernel: KernelName
  /** What sets it apart from the kernel's other cases. */
  readonly variant?: string
  /** Counts and other plain numbers of every call. */
  readonly sizes: readonly (readonly number[])[]
  /** Inputs, and outputs as they stand before the call. */
  arrays(...size: number[]): Arrays
  run(kernels: Kernels, at: Readonly<Record<string, Offset>>, ...size: number[]): void
  /** The arrays that the kernel writes; it must leave every other word of memory alone. */
  outputs(...size: number[]): Readonly<Record<string, Bound>>
}

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

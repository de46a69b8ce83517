import type { Offset } from './heap.js'
import type { Pass, Span } from './pass.js'

/** How many of what an operation goes through, by name. */
export type Counts = Readonly<Record<string, number>>

/** A length of an operand: a count by its name, a number, or what follows from the counts. */
export type Size = string | number | ((counts: Counts) => number)

/**
 * What an operation does with an operand: `write` overwrites all of it, `add` adds to it, `update` reads and writes it,
 * `gradient` adds to the gradient of parameters, `scratch` is nobody's business afterwards. `stride` is the distance
 * between the slices of another operand, `value` a number that is no array, and `key` where the words stand that address
 * a pass's random numbers.
 */
export type Role = 'read' | 'write' | 'add' | 'update' | 'gradient' | 'scratch' | 'stride' | 'value' | 'key'

export interface Operand<R extends Role = Role, Optional extends boolean = boolean> {
  readonly role: R
  readonly shape: readonly Size[]
  readonly optional: Optional
  /** Of a stride: the operand that it is the stride of. */
  readonly of?: string
}

const operand =
  <R extends Role>(role: R) =>
  (...shape: Size[]): Operand<R, false> => ({ role, shape, optional: false })

export const read = operand('read')
export const write = operand('write')
export const add = operand('add')
export const update = operand('update')
export const gradient = operand('gradient')
export const scratch = operand('scratch')
export const value = operand('value')
export const key = operand('key')
export const strideOf = (of: string): Operand<'stride', false> => ({ role: 'stride', shape: [], optional: false, of })
/** An array that need not be there. */
export const optional = <R extends Role>({ role, shape }: Operand<R>): Operand<R, true> => ({
  role,
  shape,
  optional: true,
})

type Operands = Readonly<Record<string, Operand>>

/** What a caller gives for each operand: where it lies, or the number itself. */
type Given<O extends Operand> = O['role'] extends 'value' ? number : Span

/** The named operands of a call; strides and counts follow from their shapes. */
export type Named<O extends Operands> = {
  readonly [K in keyof O as O[K]['role'] extends 'stride' | 'key'
    ? never
    : true extends O[K]['optional']
      ? never
      : K]: Given<O[K]>
} & {
  readonly [K in keyof O as true extends O[K]['optional'] ? K : never]?: Given<O[K]> | undefined
}

export interface Facts {
  /** What it computes, as the documentation has it. */
  readonly formula: string
  /**
   * Operations that the mathematics asks for: a multiplication, an addition, a comparison count 1, exp, log and tanh what
   * COST has, whatever ours take. None where numbers are only moved.
   */
  readonly cost?: (counts: Counts) => number
}

/** What a good vector evaluation of an elementary function takes. */
export const COST = { exp: 17, log: 20, tanh: 23, sqrt: 1, softplus: 40, sincos: 20 }

/** An operation on arrays of a heap, declared once: its kernels take the counts and then the operands, in this order. */
export interface Declaration extends Facts {
  readonly id: string
  readonly counts: readonly string[]
  readonly operands: Operands
}

/**
 * Writes a call of the operation down. Throws where shapes do not fit, or where a gradient is taken for an array or an
 * array for a gradient.
 */
export interface Operation<C extends string, O extends Operands> extends Declaration {
  (pass: Pass, operands: Named<O>): void
  readonly counts: readonly C[]
  readonly operands: O
}

/** What a reference kernel is given: counts, offsets and values by name. */
export type Arguments<T> =
  T extends Operation<infer C, infer O> ? Readonly<Record<C | (keyof O & string), number>> : never

/** The reference kernels of a family of operations. */
export type Portable<Family> = {
  readonly [K in keyof Family as Family[K] extends Declaration ? K : never]: (args: Arguments<Family[K]>) => void
}

/**
 * Declares an operation. From this follow what writes its calls down, the case in the assembly's dispatcher, what tests
 * hold its kernels to, the cost in benchmarks and the line in the documentation.
 */
export function operation<C extends string, O extends Operands>(
  id: string,
  counts: readonly C[],
  operands: O,
  facts: Facts,
): Operation<C, O> {
  const call = (pass: Pass, given: Named<O>) => pass.write(declared, given as Record<string, Span | number | undefined>)
  const declared = Object.assign(call, { id, counts, operands, ...facts })
  return declared
}

/** The length of an operand, given the counts. */
export function sizeOf(size: Size, counts: Counts): number {
  if (typeof size === 'number') return size
  return typeof size === 'string' ? counts[size] : size(counts)
}

/** Words that an operand takes in a recorded call. */
export const wordsOf = ({ role }: Operand): number => (role === 'value' ? 2 : 1)

/** Where an array lies and how far it reaches: from the first number to behind the last. */
export interface Range {
  readonly from: Offset
  readonly to: Offset
}

import { type Heap, NONE, type Offset } from './heap.js'
import type { Arguments, Declaration, Portable } from './operation.js'
import * as declared from './operations/index.js'
import { type Call, strideIn } from './pass.js'

/** Every operation by its name. */
export type Operations = typeof declared
export type OperationName = keyof Operations

/** All operations by their names' order, which bundlers leave alone: a place in this list is a code in recorded calls. */
export const operations: readonly Declaration[] = Object.values(declared).sort((a, b) => (a.id < b.id ? -1 : 1))

const codes = new Map(operations.map((operation, code) => [operation.id, code]))

export const operationNamed = (name: OperationName): Declaration => operations[codes.get(name) as number]

/** What a call of an operation by itself is given: counts, offsets and values by name. */
export type ArgumentsOf<Name extends OperationName> = Arguments<Operations[Name]>

const halves = new Int32Array(2)
const whole = new Float64Array(halves.buffer)

/** A call's arguments in the order that kernels take them: counts, then operands. */
export function argumentsOf(call: Call): number[] {
  const { operation, counts, given } = call
  const operands = Object.entries(operation.operands).map(([name, operand]) => {
    if (operand.role === 'stride') return strideIn(call, operand)
    const value = given[name]
    return typeof value === 'object' ? value.at : (value ?? NONE)
  })
  return [...operation.counts.map((name) => counts[name]), ...operands]
}

/**
 * Calls as words for `Kernels.run`, which runs them all at once: of each 256 times their number and its code, then its
 * arguments, those in the gradient counted from where it begins, numbers that need not be whole as two words.
 */
export function encode(calls: readonly Call[]): Int32Array {
  return Int32Array.from(calls.flatMap(encodeCall))
}

function encodeCall(call: Call): number[] {
  const { id, counts, operands } = call.operation
  const args = argumentsOf(call)
  const words = args.slice(0, counts.length)
  for (const [i, { role }] of Object.values(operands).entries()) {
    whole[0] = args[counts.length + i]
    if (role === 'value') words.push(...halves)
    else words.push(whole[0])
  }
  return [256 * (1 + words.length) + (codes.get(id) as number), ...words]
}

/** The operation of the recorded call that begins with this word, and how many words the call has. */
export function headOf(word: number): { operation: Declaration; words: number } {
  return { operation: operations[word & 255], words: word >>> 8 }
}

/** The counts and operands of the recorded call in `words`, by name. */
export function decode(words: Int32Array, gradient: Offset): Record<string, number> {
  const { counts, operands } = headOf(words[0]).operation
  const args: Record<string, number> = {}
  let at = 1
  for (const name of counts) args[name] = words[at++]
  for (const [name, { role }] of Object.entries(operands)) {
    const word = words[at++]
    args[name] = role === 'gradient' && word !== NONE ? gradient + word : word
    if (role === 'value') {
      halves.set([word, words[at++]])
      args[name] = whole[0]
    }
  }
  return args
}

type Runnable = (args: Record<string, number>) => void

/** A recorded program as calls of reference kernels, for the words and the gradient that it was read with. */
interface Reading {
  readonly words: Int32Array
  readonly gradient: Offset
  readonly calls: readonly { readonly run: Runnable; readonly args: Record<string, number> }[]
}

/** `Kernels.run` by calls of the single reference kernels; what was read once is not read again while it stands. */
export function replayer(kernels: Portable<Operations>, { i32 }: Heap) {
  const readings = new Map<Offset, Reading>()
  function read(program: Offset, end: Offset, gradient: Offset): Reading {
    const calls: { run: Runnable; args: Record<string, number> }[] = []
    for (let at = program; at < end; at += i32[at] >>> 8) {
      const { operation, words } = headOf(i32[at])
      const run = kernels[operation.id as OperationName] as Runnable
      calls.push({ run, args: decode(i32.subarray(at, at + words), gradient) })
    }
    return { words: i32.slice(program, end), gradient, calls }
  }
  return (program: Offset, end: Offset, gradient: Offset): void => {
    let reading = readings.get(program)
    if (!reading || reading.gradient !== gradient || !stands(reading.words, i32, program, end)) {
      reading = read(program, end, gradient)
      readings.set(program, reading)
    }
    for (const { run, args } of reading.calls) run(args)
  }
}

function stands(words: Int32Array, i32: Int32Array, program: Offset, end: Offset): boolean {
  if (words.length !== end - program) return false
  for (let i = 0; i < words.length; i++) if (words[i] !== i32[program + i]) return false
  return true
}

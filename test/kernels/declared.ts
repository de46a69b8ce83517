import { NONE } from '#kernels/heap.js'
import { type Counts, type Operand, sizeOf } from '#kernels/operation.js'
import { type Call, lengthOf, Pass, Region, type Span } from '#kernels/pass.js'
import { operationNamed } from '#kernels/program.js'
import type { Arrays, Offsets, OperationCase } from './case.js'

// What follows from an operation's declaration and the arrays of a case.

/** Operands that a kernel changes. */
export const CHANGED = ['write', 'add', 'update', 'gradient', 'scratch']

export const isArray = ({ role }: Operand): boolean => !['stride', 'value', 'key'].includes(role)

export function countsOf({ kernel }: OperationCase, size: readonly number[]): Counts {
  return Object.fromEntries(operationNamed(kernel).counts.map((name, i) => [name, size[i]]))
}

export const shapeOf = ({ shape }: Operand, counts: Counts): number[] => shape.map((size) => sizeOf(size, counts))

/** As `Kernels.call` takes them: counts, offsets, strides and values by name. */
export function argumentsOf(given: OperationCase, at: Offsets, size: readonly number[]): Record<string, number> {
  const { operands } = operationNamed(given.kernel)
  const counts = countsOf(given, size)
  const own = given.operands?.(at, ...size) ?? {}
  const argument = (name: string, operand: Operand): number => {
    const value = own[name] ?? at[name]
    if (value !== undefined) return value
    if (operand.role === 'stride') return lengthOf(shapeOf(operands[operand.of as string], counts).slice(1))
    if (operand.optional) return NONE
    throw new Error(`The case of ${given.kernel} says nothing about ${name}.`)
  }
  return {
    ...counts,
    ...Object.fromEntries(Object.entries(operands).map(([name, operand]) => [name, argument(name, operand)])),
  }
}

/** Where the arrays among the operands lie; missing ones are left out, and a gradient's offsets are as they are. */
export function spansOf(given: OperationCase, at: Offsets, size: readonly number[]): Record<string, Span> {
  const args = argumentsOf(given, at, size)
  const counts = countsOf(given, size)
  const operands = Object.entries(operationNamed(given.kernel).operands)
  const spans = operands
    .filter(([name, operand]) => isArray(operand) && args[name] !== NONE)
    .map(([name, operand]) => {
      const [stride] = operands.find(([, { role, of }]) => role === 'stride' && of === name) ?? []
      const shape = shapeOf(operand, counts)
      return [
        name,
        {
          at: args[name],
          shape,
          ...(stride && { stride: args[stride] }),
          ...(operand.role === 'gradient' && { gradient: true }),
        },
      ]
    })
  return Object.fromEntries(spans)
}

/** The case written down by a pass, with its gradients counted from `gradient`. */
export function recorded(given: OperationCase, at: Offsets, size: readonly number[], gradient: number): Call {
  const operation = operationNamed(given.kernel)
  const spans = Object.entries(spansOf(given, at, size)).map(([name, span]) => [
    name,
    span.gradient ? { ...span, at: span.at - gradient } : span,
  ])
  const args = argumentsOf(given, at, size)
  const values = Object.entries(operation.operands).flatMap(([name, { role }]) =>
    role === 'value' ? [[name, args[name]]] : [],
  )
  const pass = new Pass(1, new Region(0), new Region(0))
  const [call] = pass.record(() => pass.write(operation, Object.fromEntries([...spans, ...values])))
  return call
}

/** Far more than any array is long. */
const APART = 2 ** 20

/** The array that each operand lies in, by the operands' names, and its span counted from the array's beginning. */
export function placesOf(
  given: OperationCase,
  arrays: Arrays,
  size: readonly number[],
): Record<string, { readonly array: string; readonly span: Span }> {
  const names = Object.keys(arrays)
  const at = Object.fromEntries(names.map((name, i) => [name, i * APART]))
  const places = Object.entries(spansOf(given, at, size)).map(([name, span]) => [
    name,
    { array: names[Math.floor(span.at / APART)], span: { ...span, at: span.at % APART } },
  ])
  return Object.fromEntries(places)
}

import type { Offset } from '../kernels/heap.js'
import { lengthOf, type Span } from '../kernels/pass.js'

/** A named slice of a flat parameter array. */
export interface ParameterSlot {
  readonly name: string
  readonly shape: readonly number[]
}

/** The arrays of slots in a heap, by name. */
export type Spans = Readonly<Record<string, Span>>

/** The numbers of slots, by name. */
export type Values = Readonly<Record<string, Float32Array | Float64Array>>

/** The number of values in a slot. */
export function slotLength(slot: ParameterSlot): number {
  return lengthOf(slot.shape)
}

/** The number of values in all slots together. */
export function parameterCount(slots: readonly ParameterSlot[]): number {
  return slots.reduce((total, slot) => total + slotLength(slot), 0)
}

/** Slots of a part, under its name: "weight" of "conditioner" is "conditioner.weight". */
export function prefixed(prefix: string, slots: readonly ParameterSlot[]): ParameterSlot[] {
  return slots.map(({ name, shape }) => ({ name: `${prefix}.${name}`, shape }))
}

/** What a part finds under its own names, from what stands under prefixed ones. */
export function under<T>(prefix: string, named: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const start = `${prefix}.`
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) =>
      name.startsWith(start) ? [[name.slice(start.length), value]] : [],
    ),
  )
}

/** Where slots lie that are stored one after another from `at` on. */
export function spansOf(slots: readonly ParameterSlot[], at: Offset, gradient: boolean): Spans {
  let next = at
  return Object.fromEntries(
    slots.map(({ name, shape }) => {
      const span: Span = { at: next, shape, ...(gradient && { gradient }) }
      next += lengthOf(shape)
      return [name, span]
    }),
  )
}

/** The numbers of slots that are stored one after another. */
export function valuesOf(slots: readonly ParameterSlot[], array: Float32Array | Float64Array): Values {
  let next = 0
  return Object.fromEntries(
    slots.map((slot) => {
      const first = next
      next += slotLength(slot)
      return [slot.name, array.subarray(first, next)]
    }),
  )
}

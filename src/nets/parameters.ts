/** A named slice of a flat parameter array. */
export interface ParameterSlot {
  readonly name: string
  readonly shape: readonly number[]
}

/** The number of values in a slot. */
export function slotLength(slot: ParameterSlot): number {
  return slot.shape.reduce((product, size) => product * size, 1)
}

/** The number of values in all slots together. */
export function parameterCount(slots: readonly ParameterSlot[]): number {
  return slots.reduce((total, slot) => total + slotLength(slot), 0)
}

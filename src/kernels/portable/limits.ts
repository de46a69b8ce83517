import type { Precision } from '../heap.js'

/** What bounds an open interval in a precision: the nearest number below 1, the smallest normal one, the largest. */
export interface Limits {
  readonly belowOne: number
  readonly smallest: number
  readonly largest: number
}

const LIMITS: Readonly<Record<Precision, Limits>> = {
  float32: { belowOne: 1 - 2 ** -24, smallest: 2 ** -126, largest: 2 ** 128 - 2 ** 104 },
  float64: { belowOne: 1 - 2 ** -53, smallest: 2 ** -1022, largest: Number.MAX_VALUE },
}

/** Of what a heap of that precision stores. */
export const limitsOf = (precision: Precision): Limits => LIMITS[precision]

/** NaN stays NaN. */
export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

import type { Interval } from './interval.js'

/** Places along an axis and what is written there. */
export interface Ticks {
  readonly values: readonly number[]
  /** What is written at one of them. */
  readonly format: (value: number) => string
}

/** About `count` round numbers (1, 2 or 5 times a power of ten apart) within the domain. */
export function ticks([low, high]: Interval, count: number): Ticks {
  const rough = (high - low) / Math.max(1, count)
  const exponent = Math.floor(Math.log10(rough))
  const power = 10 ** exponent
  const factor =
    rough / power < Math.SQRT2 ? 1 : rough / power < Math.sqrt(10) ? 2 : rough / power < Math.sqrt(50) ? 5 : 10
  const step = factor * power
  const values: number[] = []
  // Multiples of the step rather than sums of it: 0.1 + 0.2 is no tick.
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    values.push(step < 1 ? i / Math.round(1 / step) : i * step)
  }
  return { values, format: tickFormat(step, Math.max(Math.abs(low), Math.abs(high))) }
}

/** Asked for more than this, a domain of any use has two ticks. */
const ENOUGH = 6

/** The same, but two at least: one number alone tells no scale. */
export function twoTicks(domain: Interval, count: number): Ticks {
  let found = ticks(domain, count)
  for (let more = count + 1; found.values.length < 2 && more <= ENOUGH; more++) found = ticks(domain, more)
  return found
}

const PLAIN = { largest: 1e12, smallestStep: 1e-6, grouped: 1e4 }

function tickFormat(step: number, largest: number): (value: number) => string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step * 1.001)))
  if (largest < PLAIN.largest && step >= PLAIN.smallestStep) {
    // 2026 is a year more often than not.
    const useGrouping = largest >= PLAIN.grouped
    const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping }
    return (value) => (value === 0 ? 0 : value).toLocaleString('en-US', options).replace('-', '−')
  }
  const digits = Math.min(15, Math.max(0, Math.floor(Math.log10(largest)) - Math.floor(Math.log10(step * 1.001))))
  return (value) => (value === 0 ? '0' : value.toExponential(digits).replace('-', '−'))
}

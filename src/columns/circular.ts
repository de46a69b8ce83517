import type { Circular } from './kinds.js'
import { gridOf, isRounded } from './number-kinds.js'
import type { NumberShape } from './number-shape.js'

const TURN = { degrees: 360, radians: 2 * Math.PI }
/** Parts of a turn among which the cut is looked for. */
const PARTS = 72

/**
 * Angles by their period: 360 where values are further than 2π from 0, else 2π. They are cut in the middle of the longest run
 * of the parts that have the fewest values, and given back from 0 or, where some are negative, from half a turn below.
 */
export function circularOf(shape: NumberShape, asked: number | undefined, sorted: Float64Array): Circular {
  const { min, max, decimals } = shape
  const period = asked ?? (Math.max(Math.abs(min), Math.abs(max)) > TURN.radians ? TURN.degrees : TURN.radians)
  const from = min >= 0 ? 0 : -period / 2
  const grid = isRounded(shape, sorted) ? gridOf(shape, sorted) : undefined
  return {
    ...{ kind: 'circular', period, cut: cutOf(sorted, period), from, decimals },
    ...(grid && { grid: { low: grid.low, step: grid.step } }),
  }
}

function cutOf(values: Float64Array, period: number): number {
  const counts = new Array<number>(PARTS).fill(0)
  for (const value of values) counts[Math.min(PARTS - 1, Math.floor((turned(value, 0, period) / period) * PARTS))]++
  const fewest = Math.min(...counts)
  let best = { first: 0, length: 0 }
  for (let first = 0; first < PARTS; first++) {
    let length = 0
    while (length < PARTS && counts[(first + length) % PARTS] === fewest) length++
    if (length > best.length) best = { first, length }
  }
  return (((best.first + best.length / 2) % PARTS) / PARTS) * period
}

/** x modulo the period, in [from, from + period). */
export function turned(x: number, from: number, period: number): number {
  const turns = Math.floor((x - from) / period)
  const value = x - turns * period
  if (value >= from + period) return from
  return Math.max(value, from)
}

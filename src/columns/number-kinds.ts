import { exp, ln } from '../random/elementary.js'
import { ZEROS } from './gathered.js'
import { fewSteps, type Grid, type Positive } from './kinds.js'
import type { NumberShape } from './number-shape.js'

/** Steps that a uniform number of 20 bits can be added to, within the 53 bits of a double. */
const MOST_STEPS = 2 ** 31
/** How far quantiles lean to one side for the tail of the other to be long, and which quantiles. */
const LEANING = { share: 0.05, least: 0.5 }
/** Numbers are rounded where different values are at most so many for each row: of others hardly any comes twice. */
const VALUES_PER_ROW = 0.9
/** Places of a grid for each value that is there, at most: 12.7 and 12.73333333 do not lie on steps of 10⁻⁸. */
const PLACES_PER_VALUE = 50
/** Values by which that is told, at least. */
const LEAST_VALUES = 20
/** The narrowest interval for zeros, in units of the logarithm. */
const LEAST_WIDTH = 0.5

/** Whether the upper tail is by far the longer one. */
export function isLongTailed(sorted: Float64Array): boolean {
  if (sorted.length < LEAST_VALUES) return false
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
  const [low, middle, high] = [at(LEANING.share), at(0.5), at(1 - LEANING.share)]
  return high - middle - (middle - low) > LEANING.least * (high - low)
}

/** Whether numbers are whole, or have few decimals and repeat, on a grid that they fill more or less. */
export function isRounded(shape: NumberShape, sorted: Float64Array): boolean {
  const { decimals } = shape
  if (decimals === undefined || !fillsGrid(shape, sorted)) return false
  return decimals === 0 || distinct(sorted) <= VALUES_PER_ROW * sorted.length
}

/** Whether the places of a grid are not far more than values that are there: then its steps say nothing of these. */
export function fillsGrid({ min, max, step }: NumberShape, sorted: Float64Array): boolean {
  return step !== undefined && (max - min) / step <= PLACES_PER_VALUE * distinct(sorted)
}

function distinct(sorted: Float64Array): number {
  let count = 0
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) count++
  return count
}

/** The grid that numbers lie on, where there is one: by the greatest step that all differences are multiples of. */
export function gridOf({ min, max, decimals, step }: NumberShape, sorted: Float64Array): Grid | undefined {
  if (decimals === undefined || step === undefined) return undefined
  if (Math.max(Math.abs(min), Math.abs(max)) / step >= MOST_STEPS) return undefined
  const grid = {
    kind: decimals === 0 ? ('integer' as const) : ('rounded' as const),
    low: min,
    high: max,
    step,
    decimals,
  }
  if (fewSteps(grid)) return { ...grid, support: { low: min, high: max + step } }
  return min >= 0 && isLongTailed(sorted) ? { ...grid, support: { low: 0 } } : grid
}

/** Positive numbers with a place for zeros: where they lie in it is as wide as the logarithms of the others scatter, so that none is a needle. */
export function positiveOf({ decimals, leastPositive }: NumberShape, positive: Float64Array): Positive {
  const at = (share: number) => ln(positive[Math.round(share * (positive.length - 1))])
  const width = Math.max(LEAST_WIDTH, (at(0.84) - at(0.16)) / 2) / (ZEROS[1] - ZEROS[0])
  return { kind: 'positive', decimals, zeros: { below: leastPositive, width } }
}

/** A zero as a number of (below·e^−width, below), u ∈ (0, 1). */
export function zeroAt({ below, width }: NonNullable<Positive['zeros']>, u: number): number {
  return below * exp(-width * u)
}

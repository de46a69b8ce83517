import type { Support } from '../data/support.js'
import { cos, ln, sin } from '../random/elementary.js'
import { turned } from './circular.js'
import { type Part, ZEROS, ZEROS_OF_A_GRID } from './gathered.js'
import { formatDate } from './iso-dates.js'
import {
  type Bounded,
  type Category,
  type Circular,
  type ColumnKind,
  type Continuous,
  type DateKind,
  type Grid,
  levelAt,
  levelEdges,
  type Positive,
} from './kinds.js'
import { zeroAt } from './number-kinds.js'

/**
 * How values of a column become numbers of a flow, and back. A value is a number itself, the place of a level in its list, or a
 * date in units since 1970. Every map has the slope 1, so that densities are those of the values.
 */
export interface ColumnCodec {
  /** What is behind the column's name in the names of its numbers; one that stays one number has nothing. */
  readonly endings: readonly string[]
  /** Whether encoding takes a uniform number on (0, 1). */
  readonly uniform: boolean
  encode(value: number, u: number, out: Float64Array, at: number): void
  /** The part of (0, 1) that u is taken from in rows that a flow is fitted to; default all of it. */
  readonly part?: (value: number) => Part | undefined
  decode(row: Float64Array, at: number): number
  /** ln of what makes of the density at an encoded number the mass of its value; 0 of a density, −∞ where it cannot be. */
  logMass(value: number, encoded: number): number
  /** How a value is written; undefined of a number. */
  readonly text: ((value: number) => string) | undefined
}

/** Of a column that is modelled, or that the others are given. */
export function columnCodec(kind: ColumnKind, given: boolean): ColumnCodec {
  if (kind.kind === 'category') return given ? oneHot(kind) : places(kind)
  if (given) return kind.kind === 'circular' ? onCircle(kind) : asGiven(kind)
  switch (kind.kind) {
    case 'positive':
      return kind.zeros ? withZeros(kind, kind.zeros) : asItIs(kind)
    case 'circular':
      return cutOpen(kind)
    case 'integer':
    case 'rounded':
      return onGrid(kind)
    case 'date':
      return dates(kind)
    default:
      return asItIs(kind)
  }
}

const ONE = ['']

/** Rounded as the column's numbers are written. */
function rounded(value: number, decimals: number | undefined): number {
  return decimals === undefined || !(Math.abs(value) < 1e21) ? value : Number(value.toFixed(decimals))
}

/** A number stays what it is. */
function asGiven(kind: ColumnKind): ColumnCodec {
  return {
    endings: ONE,
    uniform: false,
    encode(value, _, out, at) {
      out[at] = value
    },
    decode: (row, at) => row[at],
    logMass: () => 0,
    text: kind.kind === 'date' ? (value) => formatDate(Math.round(value), kind.format) : undefined,
  }
}

/** The same, and drawn ones with the decimals of the file; rounding does not lead to a bound that is excluded. */
function asItIs({ kind, decimals, ...bounds }: Continuous | Positive | Bounded): ColumnCodec {
  const { low, high } = { low: kind === 'positive' ? 0 : undefined, high: undefined, ...bounds } as Support
  const least = decimals === undefined ? 0 : Number(`1e-${decimals}`)
  return {
    ...asGiven({ kind: 'continuous' }),
    decode(row, at) {
      const value = rounded(row[at], decimals)
      if (low !== undefined && value <= low) return rounded(low + least, decimals)
      return high !== undefined && value >= high ? rounded(high - least, decimals) : value
    },
  }
}

/** x + step·u ↔ the number of the grid at or below; beyond its ends the ends. */
function onGrid({ low, high, step, decimals, support }: Grid): ColumnCodec {
  const most = Math.round((high - low) / step)
  const byLogarithm = low === 0 && support?.low === 0 && support.high === undefined
  const part = byLogarithm ? (value: number) => (value === 0 ? ZEROS_OF_A_GRID : undefined) : undefined
  return {
    ...(part && { part }),
    endings: ONE,
    uniform: true,
    encode(value, u, out, at) {
      out[at] = value + step * u
    },
    decode: (row, at) => rounded(low + step * stepsBelow((row[at] - low) / step, most), decimals),
    logMass: (value) => (isOn((value - low) / step) ? ln(step) : Number.NEGATIVE_INFINITY),
    text: undefined,
  }
}

const stepsBelow = (steps: number, most: number) => Math.max(0, Math.min(most, Math.floor(steps)))

/** Whether a number is whole, but for what is rounded. */
const isOn = (steps: number) => Math.abs(steps - Math.round(steps)) <= 1e-6

/** Zeros in an interval below the least positive number: of density p there, their mass is p·|dx/du| = p·x·width. */
function withZeros(kind: Positive, zeros: NonNullable<Positive['zeros']>): ColumnCodec {
  const positive = asItIs({ kind: 'positive', decimals: kind.decimals })
  return {
    endings: ONE,
    uniform: true,
    part: (value) => (value === 0 ? ZEROS : undefined),
    encode(value, u, out, at) {
      out[at] = value === 0 ? zeroAt(zeros, u) : value
    },
    decode: (row, at) => (row[at] < zeros.below ? 0 : positive.decode(row, at)),
    logMass: (value, encoded) => (value === 0 ? ln(encoded) + ln(zeros.width) : 0),
    text: undefined,
  }
}

/** An angle from the cut on ↔ from where the file's begin. */
function cutOpen({ period, cut, from, decimals, grid }: Circular): ColumnCodec {
  return {
    endings: ONE,
    uniform: grid !== undefined,
    encode(value, u, out, at) {
      // Angles at the very cut are taken off it: their logit is infinite.
      const shifted = turned(grid ? value + grid.step * u : value, cut, period)
      out[at] = shifted === cut ? cut + period * Number.EPSILON * (1 + u) : shifted
    },
    decode(row, at) {
      if (!grid) return turned(rounded(turned(row[at], from, period), decimals), from, period)
      const steps = Math.floor((row[at] - grid.low) / grid.step)
      return rounded(turned(grid.low + grid.step * steps, from, period), decimals)
    },
    logMass: () => (grid ? ln(grid.step) : 0),
    text: undefined,
  }
}

/** A number of the interval of a level ↔ the level. */
function places(category: Category): ColumnCodec {
  const { levels } = category
  const edges = levelEdges(category)
  return {
    endings: ONE,
    uniform: true,
    encode(value, u, out, at) {
      out[at] = edges[value] + (edges[value + 1] - edges[value]) * u
    },
    decode: (row, at) => levelAt(edges, row[at]),
    logMass: (value) => ln(edges[value + 1] - edges[value]),
    text: (value) => levels[value],
  }
}

/** Since `low`, and u of a step. */
function dates({ low, high, step, format, fine }: DateKind): ColumnCodec {
  const grid = onGrid({ kind: 'integer', low: 0, high: high - low, step, decimals: 0 })
  return {
    ...grid,
    uniform: fine !== true,
    // In the middle of a step that nothing is spread over, so that no rounding leads to the one before.
    encode: (value, u, out, at) => grid.encode(value - low, fine ? 0.5 : u, out, at),
    decode: (row, at) => low + grid.decode(row, at),
    logMass: (value, encoded) => grid.logMass(value - low, encoded),
    text: (value) => formatDate(value, format),
  }
}

/** 1 in the column of its level, 0 in the others; the first level has none. */
function oneHot({ levels }: Category): ColumnCodec {
  return {
    endings: levels.slice(1).map((level) => `=${level}`),
    uniform: false,
    encode(value, _, out, at) {
      for (let level = 1; level < levels.length; level++) out[at + level - 1] = value === level ? 1 : 0
    },
    decode(row, at) {
      for (let level = 1; level < levels.length; level++) if (row[at + level - 1] > 0.5) return level
      return 0
    },
    logMass: () => 0,
    text: (value) => levels[value],
  }
}

/** A given angle as cosine and sine, which know no cut. */
function onCircle({ period, from, decimals }: Circular): ColumnCodec {
  const scale = (2 * Math.PI) / period
  return {
    endings: [' cos', ' sin'],
    uniform: false,
    encode(value, _, out, at) {
      const angle = scale * turned(value, 0, period)
      out[at] = cos(angle)
      out[at + 1] = sin(angle)
    },
    decode: (row, at) => rounded(turned(Math.atan2(row[at + 1], row[at]) / scale, from, period), decimals),
    logMass: () => 0,
    text: undefined,
  }
}

import { type ColumnKind, valueWidth } from '../columns/kinds.js'
import { angleTicks, dateTicks, levelTicks, type TickMaker, wholeTicks } from './axis-ticks.js'
import { commonDomain } from './columns.js'
import { binCount } from './histogram-marks.js'
import type { Interval } from './interval.js'

/** How values of a column stand at an axis, where that is not as numbers do. */
export interface ColumnAxis {
  /** Where all that there can be stands. */
  readonly domain?: Interval
  /** The values that there are, each in the middle of as much room: bins of a histogram are in step with them. */
  readonly grid?: { readonly low: number; readonly step: number }
  /** What is written there. */
  readonly ticks?: TickMaker
  /** Whether values are names, so that a bar is a share. */
  readonly names?: boolean
}

/** Places differ by more than this many steps where they differ at all. */
const ROUNDING = 1e-6
/** How many times as wide as they have to be bins may get for having equally many steps. */
const MOST_WIDER = 3

/** The axis of a column of a table. */
export function axisOf(kind: ColumnKind): ColumnAxis {
  switch (kind.kind) {
    case 'category': {
      const { levels } = kind
      return {
        ...{ domain: [-0.5, levels.length - 0.5], grid: { low: 0, step: 1 } },
        ...{ ticks: levelTicks(levels), names: true },
      }
    }
    case 'date':
      return {
        ticks: dateTicks(kind.format),
        ...(valueWidth(kind) > 0 && { grid: { low: kind.low, step: kind.step } }),
      }
    case 'circular': {
      const { from, period, grid } = kind
      const low = from - (grid ? grid.step / 2 : 0)
      return { domain: [low, low + period], ticks: angleTicks(period), ...(grid && { grid }) }
    }
    case 'integer':
      return { grid: { low: kind.low, step: kind.step }, ticks: wholeTicks }
    case 'rounded':
      return { grid: { low: kind.low, step: kind.step } }
    default:
      return {}
  }
}

/** What an axis has to hold of data and samples, and how many bins it is divided into. */
export interface AxisBins {
  readonly domain: Interval
  readonly bins: number
}

/** Of a column's data and samples; bins hold whole steps of a grid, names one each. */
export function axisBins(data: Float64Array, samples: Float64Array, axis: ColumnAxis = {}): AxisBins {
  const most = binCount(data.length)
  const { domain, grid, names } = axis
  if (!grid) return { domain: domain ?? commonDomain(data, samples), bins: most }
  if (domain) return { domain, bins: names ? stepsIn(domain, grid.step) : evenBins(stepsIn(domain, grid.step), most) }
  const [low, high] = commonDomain(data, samples)
  const width = grid.step * Math.max(1, Math.ceil((high - low) / grid.step / most - ROUNDING))
  const origin = grid.low - grid.step / 2
  const first = Math.floor((low - origin) / width + ROUNDING)
  const last = Math.ceil((high - origin) / width - ROUNDING)
  return { domain: [origin + first * width, origin + last * width], bins: last - first }
}

const stepsIn = ([low, high]: Interval, step: number) => Math.max(1, Math.round((high - low) / step))

/** Bins of equally many steps, where such a number of bins is near the most. */
function evenBins(steps: number, most: number): number {
  const least = Math.ceil(steps / most)
  for (let each = least; each <= MOST_WIDER * least; each++) if (steps % each === 0) return steps / each
  return most
}

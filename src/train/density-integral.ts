import type { RowBlock, RowSource } from '../data/row-source.js'
import { joined } from '../flow/context.js'
import type { Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { logProbTo } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { exp } from '../random/elementary.js'
import { type EachBlock, type GridAxis, gridAxis } from './grid-axis.js'

/** ∫ p over a box that holds nearly all of a two-dimensional density, on grids refined until they agree. */
export interface DensityIntegral {
  readonly value: number
  /** Cells of the finest grid along each axis; they are narrower where the mass is. */
  readonly side: number
  /** What the last refinement changed; null where there was none. */
  readonly lastDifference: number | null
  /** Whether that is within the tolerance; a density that jumps along curves may need more than the finest grid. */
  readonly converged: boolean
  /** [low, high] of each axis, original units. */
  readonly box: readonly [Interval, Interval]
}

type Interval = readonly [low: number, high: number]

/** Memory for a block of grid points, one for all of them. */
interface Block {
  readonly points: Float64Array
  readonly logDensity: Reals
}

export const GRID = { coarsest: 256, finest: 8192, tolerance: 2e-4 }
/** Grid points held at a time; whole cycles of shifts. */
const BLOCK_ROWS = 2 ** 17
/** Of a column of points, likewise. */
const COLUMN_ROWS = 8192
/** Shares of a cell, evenly spread about 0, neighbours far apart. */
const SHIFTS = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15].map((k) => (k + 0.5) / 16 - 0.5)

/** What an integral may cost beside what one calls for. */
export interface IntegralOptions extends ParallelOptions {
  /** Points of the finest grid, at most; default GRID.finest². */
  mostPoints?: number
}

/**
 * Integrates the density of a flow on two columns, without a context, by the midpoint rule; `points`, a large sample say, tell where
 * the mass is and the cells are to be small.
 * @throws signal.reason when aborted.
 */
export async function integrateDensity(
  flow: Flow,
  points: readonly RowSource[],
  { mostPoints = GRID.finest ** 2, ...options }: IntegralOptions = {},
): Promise<DensityIntegral> {
  const axes = [await gridAxis(columnOf(points, 0)), await gridAxis(columnOf(points, 1))] as const
  const block = {
    points: sharedLike(flow.scaler.mean, 2 * BLOCK_ROWS),
    logDensity: sharedLike<Reals>(flow.parameters, BLOCK_ROWS),
  }
  let side = GRID.coarsest
  let value = await onGrid(flow, axes, side, block, options)
  let lastDifference: number | null = null
  while (4 * side ** 2 <= mostPoints && !(lastDifference !== null && lastDifference <= GRID.tolerance)) {
    side *= 2
    const finer = await onGrid(flow, axes, side, block, options)
    lastDifference = Math.abs(finer - value)
    value = finer
  }
  const converged = lastDifference !== null && lastDifference <= GRID.tolerance
  return { value, side, lastDifference, converged, box: [bounds(axes[0]), bounds(axes[1])] }
}

function bounds({ low, high }: GridAxis): Interval {
  return [low, high]
}

function columnOf(points: readonly RowSource[], column: number): EachBlock {
  const values = new Float64Array(COLUMN_ROWS)
  return async (visit) => {
    for (const source of points) {
      for await (const block of source.blocks(COLUMN_ROWS)) {
        visit(values.subarray(0, takeColumn(block, source.columns, column, values)))
      }
    }
  }
}

/** The finite numbers of a column → values; how many. */
function takeColumn(block: RowBlock, columns: number, column: number, values: Float64Array): number {
  let count = 0
  for (let at = column; at < block.length; at += columns) if (Number.isFinite(block[at])) values[count++] = block[at]
  return count
}

/**
 * Σ p · cell area over side² cells, a block of whole grid lines at a time.
 *
 * A density that jumps along a straight line of the grid would cost the midpoint rule half a cell's width all along it.
 * Every line has its cells shifted by another share of a cell, and every column likewise, so that such errors cancel.
 */
async function onGrid(
  flow: Flow,
  axes: readonly [GridAxis, GridAxis],
  side: number,
  { points, logDensity }: Block,
  options: ParallelOptions,
): Promise<number> {
  const [across, up] = axes.map((axis) => SHIFTS.map((shift) => cellsOf(axis.edges(side, shift))))
  const grid = { side, across, up }
  const lines = Math.min(side, Math.floor(BLOCK_ROWS / side))
  const rows = lines * side
  const block = { points: points.subarray(0, 2 * rows), logDensity: logDensity.subarray(0, rows) }
  let sum = 0
  for (let first = 0; first < side; first += lines) {
    placePoints(grid, first, block.points)
    await logProbTo(flow, joined({ data: block.points, rows, columns: 2 }), block.logDensity, options)
    sum += massOf(grid, first, block.logDensity)
  }
  return sum
}

/** side² cells, in lines across; the widths and middles of each line and of each column, which repeat. */
interface Grid {
  readonly side: number
  readonly across: readonly Cells[]
  readonly up: readonly Cells[]
}

interface Cells {
  readonly middles: Float64Array
  readonly widths: Float64Array
}

// Loops over points in functions of their own: in an asynchronous one engines box every number that passes through.

/** The middles of the cells in the lines from `first` on → points [lines · side, 2]. */
function placePoints({ side, across, up }: Grid, first: number, points: Float64Array): void {
  for (let at = 0, line = 0; at < points.length; line++) {
    const { middles } = across[line % SHIFTS.length]
    for (let i = 0; i < side; i++) {
      points[at++] = middles[i]
      points[at++] = up[i % SHIFTS.length].middles[first + line]
    }
  }
}

/** Σ p · cell area over those cells, of which ln p [lines · side] is given. */
function massOf({ side, across, up }: Grid, first: number, logDensity: Reals): number {
  let mass = 0
  for (let at = 0, line = 0; at < logDensity.length; line++) {
    const { widths } = across[line % SHIFTS.length]
    for (let i = 0; i < side; i++) {
      mass += exp(logDensity[at++]) * widths[i] * up[i % SHIFTS.length].widths[first + line]
    }
  }
  return mass
}

function cellsOf(edges: Float64Array): Cells {
  const middles = edges.slice(1)
  const widths = edges.slice(1)
  for (let i = 0; i < middles.length; i++) {
    middles[i] = (edges[i] + edges[i + 1]) / 2
    widths[i] = edges[i + 1] - edges[i]
  }
  return { middles, widths }
}

import type { RowBlock, RowSource } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import { isBent } from '../data/scaler.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import type { Reals } from '../flow/evaluator.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
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
 * Integrates the density of a flow on two columns, without a context, by the midpoint rule; `points`, a large sample say,
 * tell where the mass is and the cells are to be small. Where columns pass more than lines before the flow, the grid lies
 * behind that, so that neither a tail nor a narrow ridge across the axes asks for a finer one.
 * @throws signal.reason when aborted.
 */
export async function integrateDensity(
  flow: Model,
  points: readonly RowSource[],
  { mostPoints = GRID.finest ** 2, ...options }: IntegralOptions = {},
): Promise<DensityIntegral> {
  const transform = isBent(flow.scaler) ? new RowTransform(flow.scaler, flow.dim) : undefined
  const placed = transform ? points.map((source) => transformed(source, transform)) : points
  const axes = [await gridAxis(columnOf(placed, 0)), await gridAxis(columnOf(placed, 1))] as const
  const block = {
    points: sharedLike(flow.scaler.mean, 2 * BLOCK_ROWS),
    logDensity: densityRoom(flow, BLOCK_ROWS),
  }
  let side = GRID.coarsest
  let value = await onGrid(flow, transform, axes, side, block, options)
  let lastDifference: number | null = null
  while (4 * side ** 2 <= mostPoints && !(lastDifference !== null && lastDifference <= GRID.tolerance)) {
    side *= 2
    const finer = await onGrid(flow, transform, axes, side, block, options)
    lastDifference = Math.abs(finer - value)
    value = finer
  }
  const converged = lastDifference !== null && lastDifference <= GRID.tolerance
  return { value, side, lastDifference, converged, box: boxOf(axes, transform) }
}

/** In original units: the corners of the grid are the furthest along either axis, as what rows pass is triangular. */
function boxOf([across, up]: readonly [GridAxis, GridAxis], transform: RowTransform | undefined): [Interval, Interval] {
  const corners = Float64Array.of(across.low, up.low, across.low, up.high, across.high, up.low, across.high, up.high)
  transform?.inverse(corners, corners)
  const [x, y] = [0, 1].map((j) => [...corners].filter((_, at) => at % 2 === j))
  return [
    [Math.min(...x), Math.max(...x)],
    [Math.min(...y), Math.max(...y)],
  ]
}

/** What the rows of a source pass before the flow; NaN for those beyond the bound. */
function transformed(source: RowSource, transform: RowTransform): RowSource {
  const { rows, columns } = source
  async function* blocks(blockRows: number): AsyncGenerator<RowBlock> {
    for await (const block of source.blocks(blockRows)) {
      const z = new Float64Array(block.length)
      for (const t of transform.forward(block, z)) z.fill(Number.NaN, t * columns, (t + 1) * columns)
      yield z
    }
  }
  return { rows, columns, blocks }
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
  flow: Model,
  transform: RowTransform | undefined,
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
    transform?.inverse(block.points, block.points)
    await logProbTo(flow, joined({ data: block.points, rows, columns: 2 }), block.logDensity, options)
    // Cells are of the coordinates that the rows of the grid have behind what they pass.
    if (transform) for (let i = 0; i < rows; i++) block.logDensity[i] -= transform.logDets[i]
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
